//! What made a difference in this experiment, in sentences that cite the figures.

mod differences;
mod searches;

use super::number::{p_value, plural, score, signed};
use super::ranking::ranked;
use super::scores::comparison::level;
use super::values::{ColourScore, EvaluationSection, ModelPair, ModelScores, ModelSection, Report};
use crate::metrics::auc_standard_error;

/// Plain sentences; none where nothing can be compared.
pub fn helped(report: &Report) -> Vec<String> {
    let models = report.evaluations.iter().filter_map(best_against_second);
    let differences = report.evaluations.iter().flat_map(|e| differences::sentences(report, e));
    let searches = report.searches.iter().flat_map(searches::sentences);
    let epochs = report.models.iter().filter_map(best_against_last_epoch);
    let colour = report.evaluations.iter().filter_map(|e| best_against_colour(report, e));
    models.chain(differences).chain(colour).chain(searches).chain(epochs).collect()
}

/// How far the best model is ahead of what colour alone tells on the same images.
fn best_against_colour(report: &Report, evaluation: &EvaluationSection) -> Option<String> {
    let colour = colour_alone(report, evaluation)?;
    let best = ranked(evaluation).into_iter().next()?;
    let auc = best.scores.auc?;
    let ahead = auc - colour.auc.value;
    let error = against_colour_error(best, colour)?;
    let judgement = if ahead > 1.96 * error {
        "It sees more than stain and brightness".to_owned()
    } else {
        format!(
            "That is no more than chance could give (the standard error of the difference is about \
             {}), so it is not shown to see more than stain and brightness",
            score(error)
        )
    };
    Some(format!(
        "Beyond colour: a regression on mean colours reaches an AUC of {} on the {} split, {} one of \
         {}. {judgement}.",
        score(colour.auc.value),
        evaluation.split,
        best.model,
        score(auc),
    ))
}

/// What colour alone scores on the images of an evaluation, if it was scored on the same.
pub(super) fn colour_alone<'a>(
    report: &'a Report,
    evaluation: &EvaluationSection,
) -> Option<&'a ColourScore> {
    let scores = &report.exploration.as_ref()?.colour;
    let counts = evaluation.models.first()?.scores.confusion;
    let same = |score: &&ColourScore| {
        score.on == evaluation.split
            && (score.negative, score.positive) == (counts.negatives(), counts.positives())
    };
    scores.iter().find(same)
}

/// Standard error of a model's lead over colour, as if measured on different images: cautious.
/// That of colour takes groups as independent, and so is the larger of the two as a rule.
pub(super) fn against_colour_error(model: &ModelScores, colour: &ColourScore) -> Option<f64> {
    let (a, b) = (standard_error(model)?, (colour.auc.high - colour.auc.low) / (2.0 * 1.96));
    Some((a * a + b * b).sqrt())
}

/// How far the best model is ahead, and whether chance could have done it.
fn best_against_second(evaluation: &EvaluationSection) -> Option<String> {
    let models = ranked(evaluation);
    let [first, second, ..] = models[..] else { return None };
    let (a, b) = (first.scores.auc?, second.scores.auc?);
    let lead = format!(
        "Choice of model: {} is ahead of {} by {} AUC on the {} split ({} against {}).",
        first.model,
        second.model,
        score(a - b),
        evaluation.split,
        score(a),
        score(b)
    );
    if let Some(paired) = paired(evaluation, first, second) {
        return Some(format!("{lead} {paired}"));
    }
    if let Some(how) = evaluation.resampling {
        // The images of a group resemble one another: what follows takes them for independent.
        return Some(format!(
            "{lead} Images of {} are too few to tell whether that is more than chance.",
            plural(how.groups, "group")
        ));
    }
    let error = difference_error(first, second)?;
    let judgement = if a - b > 2.0 * error {
        "more than chance would explain"
    } else {
        "no more than chance could give"
    };
    Some(format!(
        "{lead} With {} that is {judgement}: the standard error of the difference is about {}.",
        plural(first.scores.images, "image"),
        score(error),
    ))
}

/// The pair of two models, whichever is named first.
fn pair<'a>(evaluation: &'a EvaluationSection, a: &str, b: &str) -> Option<&'a ModelPair> {
    let is = |pair: &&ModelPair| {
        (pair.first == a && pair.second == b) || (pair.first == b && pair.second == a)
    };
    evaluation.pairs.iter().find(is)
}

/// Whether two models can be told apart, by their difference on the same groups of images.
fn paired(evaluation: &EvaluationSection, a: &ModelScores, b: &ModelScores) -> Option<String> {
    let pair = pair(evaluation, &a.model, &b.model)?;
    let (interval, p, how) = (pair.interval?, pair.p?, evaluation.resampling?);
    let (low, high) = match pair.first == a.model {
        true => (interval.lower, interval.upper),
        false => (-interval.upper, -interval.lower),
    };
    let judgement = if p < 1.0 - how.level { "can be told apart" } else { "cannot be told apart" };
    Some(format!(
        "They {judgement}: the {} interval of the difference, from drawing {} anew, is {} to {}, and \
         p is {} after Holm's correction over {}.",
        level(evaluation),
        plural(how.groups, "group"),
        signed(low),
        signed(high),
        p_value(p),
        plural(evaluation.pairs.len() as u64, "pair")
    ))
}

/// Standard error of the difference of two areas, as if measured on different images: cautious,
/// since on the same images they rise and fall together.
pub(super) fn difference_error(a: &ModelScores, b: &ModelScores) -> Option<f64> {
    let (a, b) = (standard_error(a)?, standard_error(b)?);
    Some((a * a + b * b).sqrt())
}

/// Standard error of a model's AUC.
pub(super) fn standard_error(model: &ModelScores) -> Option<f64> {
    let counts = &model.scores.confusion;
    let auc = model.scores.auc.filter(|auc| (0.0..=1.0).contains(auc))?;
    auc_standard_error(auc, counts.positives(), counts.negatives())
}

/// What keeping the best epoch's weights gained over the last epoch's.
fn best_against_last_epoch(model: &ModelSection) -> Option<String> {
    let last = model.history.last()?;
    let best = model.history.iter().find(|row| Some(row.epoch) == model.best_epoch)?;
    let (kept, lost) = (best.valid_auc?, last.valid_auc?);
    (kept > lost).then(|| {
        format!(
            "Keeping the best weights: {} keeps those of epoch {}, with a validation AUC of {}; \
             after epoch {} it was {}.",
            model.stage,
            best.epoch,
            score(kept),
            last.epoch,
            score(lost),
        )
    })
}
