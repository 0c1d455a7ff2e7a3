//! Confusion matrices, and for readers with scripts a slider that moves the threshold.
//!
//! Each slider steps through whole-number counts that are on the page, so that what it shows is
//! exact. Without scripts the matrix of the threshold in use stands there.

use maud::{Markup, html};

use super::{EvaluationSection, ModelScores, handle, order};
use crate::metrics::{Confusion, RocCurve, thin};
use crate::report::number::{DASH, count, or_dash, percent, share};

pub(super) fn matrices(
    place: usize,
    evaluation: &EvaluationSection,
    models: &[&ModelScores],
) -> Markup {
    html! {
        h3 { "Confusion matrices" }
        p {
            "Counts, and the share of each row; the shares on the diagonal are specificity and "
            "sensitivity. "
            span.scripted hidden {
                "Move a threshold to see what it would give: the matrix, and the model's points on the "
                "curves above, follow. A threshold chosen on these images would flatter the model on them."
            }
        }
        div.matrices {
            @for model in models {
                (decision(place, order(evaluation, model), model))
            }
        }
    }
}

fn decision(place: usize, order: usize, model: &ModelScores) -> Markup {
    let scores = &model.scores;
    let counts = &scores.confusion;
    let stops = model.roc.as_ref().map(|curve| stops(curve, scores.threshold, counts));
    let id = handle("threshold", place, order);
    html! {
        div.decision data-model=(handle("", place, order)) {
            (matrix(&model.model, counts))
            p.threshold {
                span.at { "threshold " output { (scores.threshold) } }
                " · accuracy " span.accuracy { (or_dash(counts.accuracy(), percent)) }
                " · precision " span.precision { (or_dash(counts.precision(), percent)) }
            }
            @if let Some(stops) = stops {
                @let used = stops.iter().position(|stop| stop.threshold == scores.threshold);
                div.slider.scripted hidden {
                    label for=(id) { "Threshold of " (model.model) }
                    input id=(id) type="range" min="0" max=(stops.len() - 1) step="1"
                        value=(used.unwrap_or(0)) data-used=(used.unwrap_or(0))
                        data-positives=(counts.positives()) data-negatives=(counts.negatives())
                        data-stops=(written(&stops));
                    button type="button" { "Back to " (scores.threshold) }
                }
            }
        }
    }
}

/// What one threshold gives.
#[derive(Clone, Copy, PartialEq)]
struct Stop {
    threshold: f32,
    false_positives: u64,
    true_positives: u64,
}

/// Thresholds of a slider: the corners of the ROC curve, each hundredth, and the one in use; rising.
const CORNERS: usize = 150;

fn stops(curve: &RocCurve, used: f32, counts: &Confusion) -> Vec<Stop> {
    let corners = thin(curve, CORNERS).points.into_iter().filter_map(|point| point.threshold);
    let grid = (0..=100).map(|i| i as f32 / 100.0);
    let mut thresholds: Vec<f32> = corners.chain(grid).filter(|t| *t != used).collect();
    thresholds.sort_by(f32::total_cmp);
    thresholds.dedup();
    let mut stops: Vec<Stop> = thresholds.into_iter().map(|t| stop(curve, t)).collect();
    // Of the threshold in use the counts are known, however the curve was thinned.
    let own = Stop {
        threshold: used,
        false_positives: counts.false_positives,
        true_positives: counts.true_positives,
    };
    let at = stops.partition_point(|stop| stop.threshold < used);
    stops.insert(at, own);
    stops
}

/// The counts at a threshold: those of the curve's last point that is not below it.
fn stop(curve: &RocCurve, threshold: f32) -> Stop {
    let reached =
        |point: &&crate::metrics::RocPoint| point.threshold.is_none_or(|t| t >= threshold);
    let last = curve.points.iter().take_while(reached).last();
    let of = |rate: f64, whole: u64| libm::round(rate * whole as f64) as u64;
    Stop {
        threshold,
        false_positives: last.map_or(0, |p| of(p.false_positive_rate, curve.negatives)),
        true_positives: last.map_or(0, |p| of(p.true_positive_rate, curve.positives)),
    }
}

/// For the script: threshold, false and true positives of each stop.
fn written(stops: &[Stop]) -> String {
    let one = |s: &Stop| format!("{} {} {}", s.threshold, s.false_positives, s.true_positives);
    stops.iter().map(one).collect::<Vec<_>>().join(",")
}

fn matrix(model: &str, counts: &Confusion) -> Markup {
    let rows = [
        ("negative", counts.negatives(), [counts.true_negatives, counts.false_positives]),
        ("positive", counts.positives(), [counts.false_negatives, counts.true_positives]),
    ];
    html! {
        table.matrix {
            caption { (model) }
            thead {
                tr { td {} th scope="col" { "called negative" } th scope="col" { "called positive" } }
            }
            tbody {
                @for (r, (label, whole, cells)) in rows.iter().enumerate() {
                    tr {
                        th scope="row" { "is " (label) }
                        @for (c, cell) in cells.iter().enumerate() {
                            @let part = share(*cell, *whole);
                            @let class = if r == c { "right" } else { "wrong" };
                            td class=(class) style=(format!("--share:{part:.3}")) {
                                b { (count(*cell)) }
                                small { @if *whole > 0 { (percent(part)) } @else { (DASH) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
