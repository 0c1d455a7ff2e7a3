//! The outcome of the experiment in one sentence.

use super::number::{count, percent, plural, score, share};
use super::ranking::{headline, ranked};
use super::values::Report;
use crate::metrics::Scores;

/// The best model, its figures, and on what they were measured, as plain text.
pub fn verdict(report: &Report) -> String {
    let Some(evaluation) = headline(report) else {
        return match report.models.len() {
            0 => "No model was trained or evaluated here.".to_owned(),
            n => format!("{} trained, none evaluated.", plural(n as u64, "model")),
        };
    };
    let models = ranked(evaluation);
    let best = models[0];
    let scores = &best.scores;
    let rank = match models.len() {
        1 => format!("{} reaches", best.model),
        n => format!("Of {} models {} ranks best, with", count(n as u64), best.model),
    };
    let figures = match (scores.auc, scores.accuracy) {
        (Some(auc), Some(accuracy)) => {
            format!("an AUC of {} and an accuracy of {}", score(auc), percent(accuracy))
        }
        (None, Some(accuracy)) => {
            format!(
                "an accuracy of {}; its AUC is undefined, since a class is absent,",
                percent(accuracy)
            )
        }
        _ => {
            return format!(
                "{} was evaluated on the {} split, which holds no image.",
                best.model, evaluation.split
            );
        }
    };
    format!("{rank} {figures} on the {} split: {}.", evaluation.split, sample(scores))
}

/// `875 images, 41.1% of them positive`.
fn sample(scores: &Scores) -> String {
    let positive = share(scores.confusion.positives(), scores.images);
    format!("{}, {} of them positive", plural(scores.images, "image"), percent(positive))
}
