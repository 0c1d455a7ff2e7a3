//! The table of scores, and the same as dots.

use maud::{Markup, html};

use super::comparison::level;
use super::key;
use crate::metrics::{Metric, Scores};
use crate::report::chart::{Caption, Key, Marker, Spot, dots_by_metric};
use crate::report::helped::standard_error;
use crate::report::number::{or_dash, percent, score};
use crate::report::table;
use crate::report::values::{EvaluationSection, ModelScores};

/// A metric's name on the page, and how it is written.
pub(super) fn words(metric: Metric) -> (&'static str, fn(f64) -> String) {
    match metric {
        Metric::Auc => ("AUC", score),
        Metric::AveragePrecision => ("Average precision", score),
        Metric::Accuracy => ("Accuracy", percent),
        Metric::BalancedAccuracy => ("Balanced accuracy", percent),
        Metric::Sensitivity => ("Sensitivity", percent),
        Metric::Specificity => ("Specificity", percent),
        Metric::Precision => ("Precision (PPV)", percent),
        Metric::Npv => ("NPV", percent),
        Metric::F1 => ("F1", score),
        Metric::Mcc => ("MCC", score),
        Metric::Brier => ("Brier", score),
        Metric::LogLoss => ("Log loss", score),
        Metric::Ece => ("ECE", score),
    }
}

/// The metrics that some model has.
fn known(models: &[&ModelScores]) -> Vec<Metric> {
    let some = |metric: &Metric| models.iter().any(|m| m.scores.get(*metric).is_some());
    Metric::ALL.into_iter().filter(some).collect()
}

/// Those in the first table; all others stand in the second, with their intervals.
const FIRST: [Metric; 7] = [
    Metric::Auc,
    Metric::AveragePrecision,
    Metric::Accuracy,
    Metric::Sensitivity,
    Metric::Specificity,
    Metric::LogLoss,
    Metric::Ece,
];

/// Every metric of every model with its interval, folded.
pub(super) fn intervals(evaluation: &EvaluationSection, models: &[&ModelScores]) -> Markup {
    let rows = html! {
        @for model in models {
            @for metric in known(models) {
                @let (name, write) = words(metric);
                @let interval = model.intervals.get(&metric);
                tr {
                    th scope="row" { (model.model) }
                    td.words { (name) }
                    td { (or_dash(model.scores.get(metric), write)) }
                    td { (or_dash(interval.map(|i| i.lower), write)) }
                    td { (or_dash(interval.map(|i| i.upper), write)) }
                }
            }
        }
    };
    let level = level(evaluation);
    let (from, to) = (format!("{level} from"), format!("{level} to"));
    html! {
        details {
            summary { "All metrics with their intervals" }
            (table::table("All metrics with their intervals", &["Model", "Metric", "Value", &from, &to], rows))
        }
    }
}

pub(super) fn table(evaluation: &EvaluationSection, models: &[&ModelScores]) -> Markup {
    let metrics = known(models).into_iter().filter(|metric| FIRST.contains(metric));
    let metrics: Vec<Metric> = metrics.collect();
    let mut headings = vec!["Model"];
    headings.extend(metrics.iter().map(|metric| words(*metric).0));
    headings.push("Threshold");
    let rows = html! {
        @for model in models {
            tr {
                th scope="row" { (model.model) }
                @for metric in &metrics { td { (cell(model, models, *metric)) } }
                td { (model.scores.threshold) }
            }
        }
    };
    table::table(&format!("Each model on the {} split", evaluation.split), &headings, rows)
}

/// A model's value, bold if no other is better.
fn cell(model: &ModelScores, models: &[&ModelScores], metric: Metric) -> Markup {
    let value = |scores: &Scores| scores.get(metric).filter(|v| v.is_finite());
    let text = or_dash(model.scores.get(metric), words(metric).1);
    let others = models.iter().filter_map(|m| value(&m.scores));
    let best = if metric.falls() { others.reduce(f64::min) } else { others.reduce(f64::max) };
    let range = range(model).filter(|_| metric == Metric::Auc);
    html! {
        @if models.len() > 1 && best.is_some() && value(&model.scores) == best {
            strong { (text) }
        } @else {
            (text)
        }
        @if let Some(range) = range { small { " " (range) } }
    }
}

/// The interval of a model's AUC, or else what its standard error makes of it.
fn range(model: &ModelScores) -> Option<String> {
    match model.intervals.get(&Metric::Auc) {
        Some(interval) => Some(format!("({:.3} to {:.3})", interval.lower, interval.upper)),
        None => standard_error(model).map(|error| format!("± {:.3}", 1.96 * error)),
    }
}

/// Those drawn: shares of which more is better.
const DRAWN: [Metric; 7] = [
    Metric::Auc,
    Metric::AveragePrecision,
    Metric::Accuracy,
    Metric::Sensitivity,
    Metric::Specificity,
    Metric::Precision,
    Metric::F1,
];

pub(super) fn dots(
    place: usize,
    evaluation: &EvaluationSection,
    models: &[&ModelScores],
) -> Markup {
    let known = known(models);
    let shown: Vec<Metric> = DRAWN.into_iter().filter(|metric| known.contains(metric)).collect();
    let mut spots = Vec::new();
    for model in models {
        let key = key(evaluation, model);
        for (row, metric) in shown.iter().enumerate() {
            let Some(value) = model.scores.get(*metric) else { continue };
            let (name, write) = words(*metric);
            let tooltip = format!("{}: {name} {}", model.model, write(value));
            let marker = key.marker.unwrap_or(Marker::Dot);
            spots.push(Spot { place: row, value, class: key.class.clone(), marker, tooltip });
        }
    }
    if spots.is_empty() {
        return html! {};
    }
    let keys: Vec<Key> = models.iter().map(|model| key(evaluation, model)).collect();
    let caption = Caption {
        id: format!("dots-{place}"),
        title: "Metrics by model",
        description:
            "A row for each metric and a point for each model; the table above has the numbers."
                .to_owned(),
    };
    let metrics: Vec<&str> = shown.iter().map(|metric| words(*metric).0).collect();
    dots_by_metric(&caption, &metrics, &spots, &keys)
}
