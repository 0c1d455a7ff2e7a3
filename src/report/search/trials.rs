//! The table of all trials.

use maud::{Markup, html};

use super::quality;
use crate::report::levels::{best, by_objective};
use crate::report::number::{DASH, plural, score};
use crate::report::table::{bar, table};
use crate::report::values::{Outcome, SearchSection, Trial};

/// Trials listed; a larger search names how many it leaves out.
const LISTED: usize = 100;

pub(super) fn trials(search: &SearchSection) -> Markup {
    let order = by_objective(search);
    let winner = best(search);
    let extra: Vec<&str> = search.trials.iter().find_map(metrics).unwrap_or_default();
    let mut headings = vec!["Trial"];
    headings.extend(search.parameters.iter().map(String::as_str));
    headings.push(&search.objective);
    headings.extend(&extra);
    let rows = html! {
        @for &i in order.iter().take(LISTED) {
            @let trial = &search.trials[i];
            tr.best[Some(i) == winner] {
                th scope="row" { (trial.name) @if Some(i) == winner { " (best)" } }
                @for place in 0..search.parameters.len() {
                    td { (trial.values.get(place).map_or(DASH, String::as_str)) }
                }
                (results(search, trial, &extra))
            }
        }
    };
    let left_out = order.len().saturating_sub(LISTED) as u64;
    html! {
        (table(&format!("Trials of {}, best first", search.stage), &headings, rows))
        @if left_out > 0 { p.empty { "And " (plural(left_out, "more trial")) "." } }
    }
}

/// The names of a trial's further metrics.
fn metrics(trial: &Trial) -> Option<Vec<&str>> {
    match &trial.outcome {
        Outcome::Scored { metrics, .. } => Some(metrics.iter().map(|m| m.0.as_str()).collect()),
        Outcome::Failed { .. } => None,
    }
}

fn results(search: &SearchSection, trial: &Trial, extra: &[&str]) -> Markup {
    match &trial.outcome {
        Outcome::Failed { error } => html! {
            td.failed colspan=(1 + extra.len()) { strong { "failed" } ": " (error) }
        },
        Outcome::Scored { objective, metrics } => html! {
            td { (bar(&score(*objective), quality(search, *objective))) }
            @for name in extra {
                @let value = metrics.iter().find(|m| m.0 == *name);
                td { (value.map_or(DASH.to_owned(), |m| score(m.1))) }
            }
        },
    }
}
