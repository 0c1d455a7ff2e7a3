//! A search: its trials ranked, and what each parameter did to the objective.

use maud::{Markup, html};

use super::chart::{Caption, Lollipop, Marker, Spot, dots_by_level};
use super::levels::{best, by_objective, levels, objective, studied};
use super::number::{DASH, count, plural, score};
use super::page::Section;
use super::table::{bar, table};
use super::values::{Goal, Outcome, Report, SearchSection, Trial};

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
            div.figures {
                @for parameter in studied(search) { (effect(place, search, parameter)) }
                (heat(search))
            }
            (trials(search))
        }
    };
    Section { id: format!("search-{place}"), title: format!("Search: {}", search.stage), body }
}

fn outcome(search: &SearchSection) -> String {
    let n = search.trials.len() as u64;
    let failed = search.trials.iter().filter(|t| objective(t).is_none()).count() as u64;
    let failures =
        if failed > 0 { format!(", of which {} failed", count(failed)) } else { String::new() };
    let what = format!("{}{failures}.", plural(n, "trial"));
    let goal = match search.goal {
        Goal::Maximize => "highest",
        Goal::Minimize => "lowest",
    };
    let winner = best(search).map(|place| &search.trials[place]);
    match winner.and_then(|trial| Some((trial, objective(trial)?))) {
        Some((trial, value)) => {
            format!(
                "{what} The {goal} {} is {}, reached by {}.",
                search.objective,
                score(value),
                trial.name
            )
        }
        None => format!("{what} No trial has a {} to rank by.", search.objective),
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

/// Beyond so many trials the dots of a chart hide one another, and only means are drawn.
const DOTS: usize = 300;

/// Beyond so many values the columns of a chart run into one another.
const LEVELS: usize = 40;

fn effect(place: usize, search: &SearchSection, parameter: usize) -> Markup {
    let levels = levels(search, parameter);
    let name = &search.parameters[parameter];
    if levels.len() > LEVELS {
        let values = count(levels.len() as u64);
        return html! { p.empty { (name) " took " (values) " values, too many to draw." } };
    }
    let winner = best(search);
    let mut spots = Vec::new();
    for (i, trial) in search.trials.iter().enumerate().take(DOTS) {
        let level =
            levels.iter().position(|l| trial.values.get(parameter).is_some_and(|v| v == l.value));
        let (Some(level), Some(value)) = (level, objective(trial)) else { continue };
        let (class, marker) =
            if Some(i) == winner { ("s1", Marker::Diamond) } else { ("s0", Marker::Dot) };
        let tooltip = format!("{}: {}", trial.name, score(value));
        spots.push(Spot { place: level, value, class: class.to_owned(), marker, tooltip });
    }
    if search.trials.len() > DOTS {
        spots.clear();
    }
    let means: Vec<Lollipop> =
        levels.iter().map(|l| Lollipop { label: l.value.to_owned(), mean: l.mean }).collect();
    let caption = Caption {
        id: format!("search-{place}-{parameter}"),
        title: &format!("{} by {name}", search.objective),
        description: format!("A dot for each trial by its {name}, and the mean of each value."),
    };
    dots_by_level(&caption, name, &search.objective, &means, &spots)
}

/// The colour of a cell, stronger for a better mean.
fn tint(search: &SearchSection, mean: f64) -> String {
    format!("--share:{:.3}", quality(search, mean))
}

/// Means over two parameters, where exactly two vary.
fn heat(search: &SearchSection) -> Markup {
    let [down, across] = studied(search)[..] else { return html! {} };
    let (rows, columns) = (levels(search, down), levels(search, across));
    if rows.len() > 12 || columns.len() > 12 {
        return html! {}; // cells would be too small to read
    }
    let value = |trial: &Trial, place: usize, level: &str| {
        trial.values.get(place).is_some_and(|v| v == level)
    };
    let mean = |row: &str, column: &str| {
        let here = search.trials.iter().filter(|t| value(t, down, row) && value(t, across, column));
        let scores: Vec<f64> = here.filter_map(objective).collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    };
    let (objective, names) = (&search.objective, &search.parameters);
    let title = format!("Mean {objective}: {} down, {} across", names[down], names[across]);
    html! {
        figure.chart {
            figcaption { (title) }
            table.matrix.heat {
                // The same words, for tables are looked up by their captions.
                caption.quiet { (title) }
                thead { tr { td {} @for c in &columns { th scope="col" { (c.value) } } } }
                tbody {
                    @for r in &rows {
                        tr {
                            th scope="row" { (r.value) }
                            @for c in &columns {
                                @match mean(r.value, c.value) {
                                    Some(m) => td.right style=(tint(search, m)) { b { (score(m)) } },
                                    None => td { (DASH) },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Trials listed; a larger search names how many it leaves out.
const LISTED: usize = 100;

fn trials(search: &SearchSection) -> Markup {
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
