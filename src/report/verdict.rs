//! The outcome of the experiment in one sentence.

use super::number::{count, percent, plural, score, share};
use super::ranking::{headline, ranked};
use super::scores::comparison::level;
use super::values::{EvaluationSection, ModelScores, Report};
use super::words::list;
use crate::metrics::{Metric, Scores};

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
            format!(
                "an AUC of {}{} and an accuracy of {}",
                score(auc),
                sure(best, evaluation),
                percent(accuracy)
            )
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
    let told = alike(&evaluation.indistinguishable);
    format!("{rank} {figures} on the {} split: {}.{told}", evaluation.split, sample(scores))
}

/// The interval of the AUC, where there is one.
fn sure(model: &ModelScores, evaluation: &EvaluationSection) -> String {
    let Some(interval) = model.intervals.get(&Metric::Auc) else { return String::new() };
    let (low, high) = (score(interval.lower), score(interval.upper));
    format!(" ({} interval {low} to {high})", level(evaluation))
}

/// Which models cannot be told from the best.
fn alike(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names if names.len() > 4 => {
            format!(" {} other models cannot be told from it.", count(names.len() as u64))
        }
        names => format!(" It cannot be told from {} on these images.", list(names)),
    }
}

/// `875 images, 41.1% of them positive`.
fn sample(scores: &Scores) -> String {
    let positive = share(scores.confusion.positives(), scores.images);
    format!("{}, {} of them positive", plural(scores.images, "image"), percent(positive))
}
