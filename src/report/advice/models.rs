//! Rules that read the history of one model.

use super::Advice;
use crate::report::number::{percent, points, score};
use crate::report::values::{Ending, EpochRow, ModelSection};

/// The row whose weights were kept, or the last.
fn kept(model: &ModelSection) -> Option<&EpochRow> {
    let best = model.history.iter().find(|row| Some(row.epoch) == model.best_epoch);
    best.or(model.history.last())
}

pub(super) fn diverged(model: &ModelSection) -> Option<Advice> {
    let finite =
        |row: &&EpochRow| row.train_loss.is_finite() && row.valid_loss.is_none_or(f64::is_finite);
    let row = model.history.iter().find(|row| !finite(row))?;
    Advice::new(
        format!("Lower the learning rate of {}", model.stage),
        format!("Its loss was no longer a number in epoch {}.", row.epoch),
    )
}

pub(super) fn no_validation(model: &ModelSection) -> Option<Advice> {
    let blind = |row: &EpochRow| row.valid_loss.is_none() && row.valid_auc.is_none();
    if model.history.is_empty() || !model.history.iter().all(blind) {
        return None;
    }
    Advice::new(
        format!("Give {} a validation split", model.stage),
        "Without one nothing shows when it starts to overfit.".to_owned(),
    )
}

/// A gap between training and validation accuracy that speaks of memorising.
const GAP: f64 = 0.05;

pub(super) fn overfits(model: &ModelSection) -> Option<Advice> {
    let row = kept(model)?;
    let (train, valid) = (row.train_accuracy?, row.valid_accuracy?);
    let gap = train - valid;
    if gap.is_nan() || gap <= GAP {
        return None;
    }
    Advice::new(
        format!("Give {} more augmentation, dropout or weight decay", model.stage),
        format!(
            "In epoch {} it is {} accurate on the images it trains on and {} on the validation \
             split, a gap of {}.",
            row.epoch,
            percent(train),
            percent(valid),
            points(gap)
        ),
    )
}

/// Below this validation AUC a model has learnt little.
const WEAK: f64 = 0.7;

pub(super) fn stuck(model: &ModelSection) -> Option<Advice> {
    let auc = kept(model)?.valid_auc?;
    if auc.is_nan() || auc >= WEAK {
        return None;
    }
    Advice::new(
        format!("Try another learning rate or a larger network for {}", model.stage),
        format!("Its validation AUC does not pass {}; 0.5 is guessing.", score(auc)),
    )
}

pub(super) fn still_improving(model: &ModelSection) -> Option<Advice> {
    let last = model.history.last()?;
    if model.ending == Ending::StoppedEarly
        || model.history.len() < 2
        || model.best_epoch != Some(last.epoch)
    {
        return None;
    }
    Advice::new(
        format!("Train {} for more epochs", model.stage),
        format!("Its best epoch was the last, number {}: it may not be done.", last.epoch),
    )
}
