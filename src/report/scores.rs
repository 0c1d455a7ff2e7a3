//! Models side by side on one split: their scores, ROC curves and confusion matrices.

use maud::{Markup, html};

use super::chart::{Caption, Key, Roc, Spot, dots_by_metric, hue, roc};
use super::helped::{colour_alone, standard_error};
use super::number::{DASH, count, or_dash, percent, plural, score, share};
use super::page::Section;
use super::ranking::ranked;
use super::table::table;
use super::values::{ColourScore, EvaluationSection, Goal, ModelScores, Report};
use crate::metrics::{Confusion, Scores, thin};

/// A column of the table: heading, value, how it is written, which is better.
type Column = (&'static str, fn(&Scores) -> Option<f64>, fn(f64) -> String, Goal);

const COLUMNS: [Column; 8] = [
    ("AUC", |s| s.auc, score, Goal::Maximize),
    ("Accuracy", |s| s.accuracy, percent, Goal::Maximize),
    ("Balanced", |s| s.balanced_accuracy, percent, Goal::Maximize),
    ("Sensitivity", |s| s.sensitivity, percent, Goal::Maximize),
    ("Specificity", |s| s.specificity, percent, Goal::Maximize),
    ("Precision", |s| s.precision, percent, Goal::Maximize),
    ("F1", |s| s.f1, score, Goal::Maximize),
    ("Log loss", |s| s.log_loss, score, Goal::Minimize),
];

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
                ". The range after an AUC is 1.96 standard errors."
            }
            (scores_table(evaluation, &models))
            @if let Some(colour) = colour {
                p {
                    "For comparison: on the same images a logistic regression on nothing but mean colours "
                    "and their spread reaches an AUC of " (score(colour.auc.value)) " (95% interval "
                    (score(colour.auc.low)) " to " (score(colour.auc.high)) ", groups taken as independent)."
                }
            }
            div.figures { (dots(place, evaluation, &models)) (curves(place, evaluation, &models)) }
            (matrices(&models))
        }
    };
    Section {
        id: format!("scores-{place}"),
        title: format!("Scores on the {} split", evaluation.split),
        body,
    }
}

fn scores_table(evaluation: &EvaluationSection, models: &[&ModelScores]) -> Markup {
    let mut headings = vec!["Model"];
    headings.extend(COLUMNS.map(|column| column.0));
    headings.push("Threshold");
    let rows = html! {
        @for model in models {
            tr {
                th scope="row" { (model.model) }
                @for column in &COLUMNS {
                    td { (cell(model, models, column)) }
                }
                td { (model.scores.threshold) }
            }
        }
    };
    table(&format!("Each model on the {} split", evaluation.split), &headings, rows)
}

/// A model's value, bold if no other is better.
fn cell(model: &ModelScores, models: &[&ModelScores], column: &Column) -> Markup {
    let (name, value, write, goal) = *column;
    let text = or_dash(value(&model.scores), write);
    let others = models.iter().filter_map(|m| value(&m.scores)).filter(|v| v.is_finite());
    let best = match goal {
        Goal::Maximize => others.reduce(f64::max),
        Goal::Minimize => others.reduce(f64::min),
    };
    let range = standard_error(model).filter(|_| name == "AUC");
    html! {
        @if models.len() > 1 && best.is_some() && value(&model.scores) == best {
            strong { (text) }
        } @else {
            (text)
        }
        @if let Some(error) = range { small { " ± " (format!("{:.3}", 1.96 * error)) } }
    }
}

/// The model's colour and name. Colours go by the order of the evaluation, not by rank, so that a
/// model keeps its colour from one split to the next.
fn key(evaluation: &EvaluationSection, model: &ModelScores) -> Key {
    let place = evaluation.models.iter().position(|m| std::ptr::eq(m, model));
    Key { class: hue(place.unwrap_or(0)), text: model.model.clone() }
}

fn dots(place: usize, evaluation: &EvaluationSection, models: &[&ModelScores]) -> Markup {
    let shown: Vec<&Column> =
        COLUMNS.iter().filter(|c| c.3 == Goal::Maximize && c.0 != "Balanced").collect();
    let mut spots = Vec::new();
    for model in models {
        for (row, (name, value, write, _)) in shown.iter().enumerate() {
            let Some(value) = value(&model.scores) else { continue };
            let tooltip = format!("{}: {name} {}", model.model, write(value));
            spots.push(Spot { place: row, value, class: key(evaluation, model).class, tooltip });
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
            "A row for each metric and a dot for each model; the table above has the numbers."
                .to_owned(),
    };
    let metrics: Vec<&str> = shown.iter().map(|c| c.0).collect();
    dots_by_metric(&caption, &metrics, &spots, &keys)
}

/// Points drawn of each ROC curve: more would not be seen.
const CURVE_POINTS: usize = 200;

fn curves(place: usize, evaluation: &EvaluationSection, models: &[&ModelScores]) -> Markup {
    let drawn = |model: &&ModelScores| -> Option<Roc> {
        let curve = thin(model.roc.as_ref()?, CURVE_POINTS);
        let text = format!("{}, AUC {}", model.model, score(curve.auc));
        let scores = &model.scores;
        let operating = scores.specificity.zip(scores.sensitivity).map(|(sp, se)| (1.0 - sp, se));
        Some(Roc { key: Key { text, ..key(evaluation, model) }, curve, operating })
    };
    let curves: Vec<Roc> = models.iter().filter_map(drawn).collect();
    if curves.is_empty() {
        return html! { p.empty { "There is no ROC curve: it needs images of both classes." } };
    }
    let names: Vec<&str> = curves.iter().map(|curve| curve.key.text.as_str()).collect();
    let caption = Caption {
        id: format!("roc-{place}"),
        title: "ROC curves; a dot marks the threshold in use",
        description: format!("Sensitivity against false positive rate for {}.", names.join("; ")),
    };
    roc(&caption, &curves)
}

fn matrices(models: &[&ModelScores]) -> Markup {
    html! {
        h3 { "Confusion matrices" }
        p {
            "Counts, and the share of each row; "
            "the shares on the diagonal are specificity and sensitivity."
        }
        div.matrices { @for model in models { (matrix(&model.model, &model.scores.confusion)) } }
    }
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
