//! Models side by side on one split: their scores, curves, and decisions at a threshold.

pub(super) mod calibration;
mod columns;
pub(super) mod comparison;
mod curves;
mod slices;
mod threshold;
pub(super) mod values;

use maud::html;

use super::chart::Key;
use super::helped::colour_alone;
use super::number::{count, plural, score};
use super::page::Section;
use super::ranking::ranked;
use super::values::{ColourScore, EvaluationSection, ModelScores, Report};

/// A section for each evaluation.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let of = |(i, evaluation)| section(i, evaluation, colour_alone(report, evaluation));
    report.evaluations.iter().enumerate().map(of).collect()
}

fn section(place: usize, evaluation: &EvaluationSection, colour: Option<&ColourScore>) -> Section {
    let models = ranked(evaluation);
    let body = html! {
        @if models.is_empty() {
            p.empty { "The stage " (evaluation.stage) " evaluated no model." }
        } @else {
            p {
                (plural(models.len() as u64, "model")) " on " (plural(models[0].scores.images, "image"))
                " of the " (evaluation.split) " split, best AUC first"
                @if models.len() > 1 { "; the best value of each column is bold" }
                ". " (ranges(evaluation))
            }
            (columns::table(evaluation, &models))
            (columns::intervals(evaluation, &models))
            @if let Some(colour) = colour { p { (beyond(colour)) } }
            div.figures {
                (comparison::forest(place, evaluation, &models))
                (columns::dots(place, evaluation, &models))
                (curves::roc(place, evaluation, &models))
                (curves::precision_recall(place, evaluation, &models))
                (calibration::markup(place, evaluation, &models))
            }
            @for sentence in calibration::sentences(&models) { p { (sentence) } }
            (threshold::matrices(place, evaluation, &models))
            (comparison::gates(&evaluation.gates))
            (comparison::pairs(evaluation))
            (slices::markup(&models))
        }
    };
    Section {
        id: format!("scores-{place}"),
        title: format!("Evaluation on the {} split", evaluation.split),
        body,
    }
}

/// What the ranges after numbers are, and where thresholds came from.
fn ranges(evaluation: &EvaluationSection) -> String {
    let chosen = match evaluation.threshold.as_str() {
        "" => String::new(),
        chosen => format!(" Thresholds are {chosen}."),
    };
    match evaluation.resampling {
        Some(how) => format!(
            "Intervals are {} intervals from {} draws of the {}: images of one group \
             resemble one another, so groups are drawn, not images.{chosen}",
            comparison::level(evaluation),
            count(how.resamples),
            plural(how.groups, "group")
        ),
        None => format!("The range after an AUC is 1.96 standard errors.{chosen}"),
    }
}

fn beyond(colour: &ColourScore) -> String {
    format!(
        "For comparison: on the same images a logistic regression on nothing but mean colours and \
         their spread reaches an AUC of {} (95% interval {} to {}, groups taken as independent).",
        score(colour.auc.value),
        score(colour.auc.low),
        score(colour.auc.high)
    )
}

/// The model's colour, line and name. They go by the order of the evaluation, not by rank, so that a
/// model keeps its colour from one split to the next.
fn key(evaluation: &EvaluationSection, model: &ModelScores) -> Key {
    Key::nth(order(evaluation, model), &model.model)
}

/// The model's place in the evaluation.
fn order(evaluation: &EvaluationSection, model: &ModelScores) -> usize {
    evaluation.models.iter().position(|m| std::ptr::eq(m, model)).unwrap_or(0)
}

/// What ties a model's slider to its points on the curves.
fn handle(curve: &str, place: usize, order: usize) -> String {
    format!("{curve}-{place}-{order}")
}
