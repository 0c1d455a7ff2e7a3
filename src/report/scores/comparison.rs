//! Which models can be told apart, and which gates were met.

use maud::{Markup, html};

use crate::metrics::{Interval, Metric};
use crate::report::chart::{Caption, Whisker, whiskers};
use crate::report::number::{DASH, count, or_dash, p_value, percent, plural, score, signed};
use crate::report::table::table;
use crate::report::values::{EvaluationSection, GateVerdict, ModelPair, ModelScores};

/// `95%`
pub(in crate::report) fn level(evaluation: &EvaluationSection) -> String {
    let level = evaluation.resampling.map_or(0.95, |how| how.level);
    let text = percent(level);
    text.strip_suffix(".0%").map_or(text.clone(), |whole| format!("{whole}%"))
}

/// The AUC of each model with its interval.
pub(super) fn forest(
    place: usize,
    evaluation: &EvaluationSection,
    models: &[&ModelScores],
) -> Markup {
    let row = |model: &&ModelScores| -> Option<Whisker> {
        let (value, Interval { lower, upper }) =
            (model.scores.auc?, *model.intervals.get(&Metric::Auc)?);
        Some(Whisker {
            label: model.model.clone(),
            class: super::key(evaluation, model).class,
            value,
            low: lower,
            high: upper,
            tooltip: format!(
                "{}: {} ({} to {})",
                model.model,
                score(value),
                score(lower),
                score(upper)
            ),
        })
    };
    let rows: Vec<Whisker> = models.iter().filter_map(row).collect();
    if rows.is_empty() {
        return html! {};
    }
    let caption = Caption {
        id: format!("forest-{place}"),
        title: &format!("AUC with its {} interval", level(evaluation)),
        description: "A row for each model; the table above has the numbers.".to_owned(),
    };
    whiskers(&caption, "AUC", &rows, None)
}

/// Every pair of models.
pub(super) fn pairs(evaluation: &EvaluationSection) -> Markup {
    if evaluation.pairs.is_empty() {
        return html! {};
    }
    let interval = format!("{} interval", level(evaluation));
    let headings = [
        "Pair",
        "AUC",
        &interval,
        "p",
        "DeLong's p",
        "Only the first right",
        "Only the second right",
        "McNemar's p",
    ];
    let rows = html! { @for pair in &evaluation.pairs { (row(pair)) } };
    html! {
        h3 { "Models against one another" }
        p {
            "Differences are of the first less the second, on the same images. " em { "p" } " and the "
            "interval come from drawing groups of images anew, DeLong's and McNemar's tests take images "
            "for independent. Every p is after Holm's correction over "
            (plural(evaluation.pairs.len() as u64, "pair")) "."
        }
        (table(&format!("Pairs of models on the {} split", evaluation.split), &headings, rows))
    }
}

fn row(pair: &ModelPair) -> Markup {
    let p = |p: Option<f64>| or_dash(p, p_value);
    html! {
        tr {
            th scope="row" { (pair.first) " less " (pair.second) }
            td { (pair.auc.map_or(DASH.to_owned(), |auc| signed(auc.difference))) }
            td { (pair.interval.map_or(DASH.to_owned(), |i| format!("{} to {}", signed(i.lower), signed(i.upper)))) }
            td { (p(pair.p)) }
            td { (p(pair.delong_p)) }
            td { (count(pair.mcnemar.first_only)) }
            td { (count(pair.mcnemar.second_only)) }
            td { (p(pair.mcnemar_p)) }
        }
    }
}

/// What had to be reached, and whether it was.
pub(super) fn gates(gates: &[GateVerdict]) -> Markup {
    if gates.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for gate in gates {
            tr {
                th scope="row" { code { (gate.gate) } }
                td.words { (gate.model.as_deref().unwrap_or(DASH)) }
                td { (or_dash(gate.value, score)) }
                td.words {
                    @if gate.met { "✓ met" } @else { strong { "✗ missed" } ": " (gate.missed_by) }
                }
            }
        }
    };
    html! {
        h3 { "Gates" }
        (table("What had to be reached", &["Gate", "Model", "Value", "Verdict"], rows))
    }
}
