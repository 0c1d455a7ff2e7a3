//! Rules that read the scores of evaluated models.

use super::Advice;
use crate::report::helped::standard_error;
use crate::report::number::{percent, plural, score, share};
use crate::report::ranking::ranked;
use crate::report::values::{EvaluationSection, ModelScores};

/// A difference between sensitivity and specificity that another threshold would even out.
const LOPSIDED: f64 = 0.10;

pub(super) fn lopsided(evaluation: &EvaluationSection, model: &ModelScores) -> Option<Advice> {
    let (found, spared) = (model.scores.sensitivity?, model.scores.specificity?);
    let gap = (found - spared).abs();
    if gap.is_nan() || gap <= LOPSIDED {
        return None;
    }
    let direction = if found < spared { "Lower" } else { "Raise" };
    let balance = model.roc.as_ref().and_then(|curve| curve.youden()).and_then(|point| {
        Some(format!(
            " On this split their sum would be largest at {:.2} ({} and {}).",
            point.threshold?,
            percent(point.true_positive_rate),
            percent(1.0 - point.false_positive_rate)
        ))
    });
    Advice::new(
        format!("{direction} the threshold of {}, chosen on validation images", model.model),
        format!(
            "At {} its sensitivity is {} and its specificity {} on the {} split.{}",
            model.scores.threshold,
            percent(found),
            percent(spared),
            evaluation.split,
            balance.unwrap_or_default()
        ),
    )
}

/// A ranking worth having, below which a bad log loss is no question of calibration.
const RANKS: f64 = 0.7;

pub(super) fn overconfident(evaluation: &EvaluationSection, model: &ModelScores) -> Option<Advice> {
    let (loss, auc) = (model.scores.log_loss?, model.scores.auc?);
    let positive = share(model.scores.confusion.positives(), model.scores.images);
    let entropy = -(positive * libm::log(positive) + (1.0 - positive) * libm::log(1.0 - positive));
    let at_fault = auc >= RANKS && loss > entropy;
    if !at_fault {
        return None;
    }
    Advice::new(
        format!("Regularise or calibrate {}", model.model),
        format!(
            "It ranks the {} images well (AUC {}), yet its log loss of {} is worse than the {} of \
             always answering with the share of positives: it is too sure of its mistakes.",
            evaluation.split,
            score(auc),
            score(loss),
            score(entropy)
        ),
    )
}

/// A standard error of the AUC above which differences between models drown.
const VAGUE: f64 = 0.02;

pub(super) fn too_few_to_tell(evaluation: &EvaluationSection) -> Option<Advice> {
    let models = ranked(evaluation);
    let best = models.first()?;
    let error = standard_error(best)?;
    if error <= VAGUE {
        return None;
    }
    Advice::new(
        format!("Evaluate on more images than the {} split has", evaluation.split),
        format!(
            "With {} the standard error of {}'s AUC is {}: smaller differences say little.",
            plural(best.scores.images, "image"),
            best.model,
            score(error)
        ),
    )
}
