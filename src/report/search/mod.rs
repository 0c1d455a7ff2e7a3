//! A search: its combinations ranked, what each parameter did to the objective, and its trials.

mod curves;
mod effects;
pub(super) mod leaderboard;
mod trials;
pub(super) mod values;

use maud::{Markup, html};

use super::levels::{best, objective, studied};
use super::number::{count, plural, score};
use super::page::Section;
use super::table::{bar, table};
use super::values::{Goal, Report, SearchSection};

/// A section for each search.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    report.searches.iter().enumerate().map(|(i, search)| section(i, search)).collect()
}

fn section(place: usize, search: &SearchSection) -> Section {
    let body = html! {
        @if search.trials.is_empty() {
            p.empty { "This search had no trials." }
        } @else {
            p { (outcome(search)) }
            @for sentence in leaderboard::sentences(search) { p { (sentence) } }
            (leaderboard::markup(search))
            (importance(search))
            div.figures {
                @for parameter in studied(search) { (effects::effect(place, search, parameter)) }
                (effects::heat(search))
                (curves::markup(place, search))
            }
            (trials::trials(search))
        }
    };
    Section { id: format!("search-{place}"), title: format!("Search: {}", search.stage), body }
}

fn outcome(search: &SearchSection) -> String {
    let n = search.trials.len() as u64;
    let failed = search.trials.iter().filter(|t| objective(t).is_none()).count() as u64;
    let what = match failed {
        0 => format!("{}.", plural(n, "trial")),
        failed => format!(
            "A partial result: of {} {} failed, and all that follows rests on the others.",
            plural(n, "trial"),
            count(failed)
        ),
    };
    let goal = match search.goal {
        Goal::Maximize => "highest",
        Goal::Minimize => "lowest",
    };
    let winner = best(search).map(|place| &search.trials[place]);
    match winner.and_then(|trial| Some((trial, objective(trial)?))) {
        // With repeats the best mean decides, and its trial need not have the best single figure.
        Some((trial, value)) if !search.leaderboard.is_empty() => {
            format!(
                "{what} The model kept is {}, with a {} of {}.",
                trial.name,
                search.objective,
                score(value)
            )
        }
        Some((trial, value)) => format!(
            "{what} The {goal} {} is {}, reached by {}.",
            search.objective,
            score(value),
            trial.name
        ),
        None => format!("{what} No trial has a {} to rank by.", search.objective),
    }
}

/// The importance of each parameter, with what it does not say.
fn importance(search: &SearchSection) -> Markup {
    let Some(found) = &search.importance else { return html! {} };
    let mut shares: Vec<(&String, f64)> =
        search.parameters.iter().zip(found.shares.iter().copied()).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    let rows = html! {
        @for (name, share) in shares {
            tr { th scope="row" { (name) } td { (bar(&score(share), share)) } }
        }
    };
    html! {
        h3 { "Importance" }
        (table(&format!("Importance of each parameter by {}", found.method), &["Parameter", "Share"], rows))
        p { small { (found.limits) } }
    }
}

/// Lowest and highest objective.
fn range(search: &SearchSection) -> (f64, f64) {
    let values = search.trials.iter().filter_map(objective);
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// How good a value is among those of the search: 1 the best, 0 the worst.
fn quality(search: &SearchSection, value: f64) -> f64 {
    let (low, high) = range(search);
    let from_low = if high > low { (value - low) / (high - low) } else { 1.0 };
    match search.goal {
        Goal::Maximize => from_low,
        Goal::Minimize => 1.0 - from_low,
    }
}
