//! What each parameter did to the objective, and two of them together.

use maud::{Markup, html};

use super::quality;
use crate::report::chart::{Caption, Lollipop, Marker, Spot, dots_by_level};
use crate::report::levels::{Level, best, levels, objective, studied};
use crate::report::number::{DASH, count, percent, score};
use crate::report::values::{Interaction, SearchSection, Trial};

/// Beyond so many trials the dots of a chart hide one another, and only means are drawn.
const DOTS: usize = 300;

/// Beyond so many values the columns of a chart run into one another.
const LEVELS: usize = 40;

pub(super) fn effect(place: usize, search: &SearchSection, parameter: usize) -> Markup {
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

/// Means over two parameters: those that the search found to matter most, or the only two.
pub(super) fn heat(search: &SearchSection) -> Markup {
    let own = || pair(search);
    let Some(found) = search.interaction.clone().or_else(own) else { return html! {} };
    if found.rows.len() > 12 || found.columns.len() > 12 {
        return html! {}; // cells would be too small to read
    }
    let name = |place: usize| search.parameters.get(place).map_or("", String::as_str);
    let title = format!(
        "Mean {}: {} down, {} across",
        search.objective,
        name(found.down),
        name(found.across)
    );
    html! {
        figure.chart {
            figcaption { (title) }
            div.scroll tabindex="0" role="region" aria-label=(title) { (cells(search, &found, &title)) }
            @if let Some(share) = found.share {
                p { small {
                    (percent(share)) " of the variance between combinations is explained only by the "
                    "two together."
                } }
            }
        }
    }
}

fn cells(search: &SearchSection, found: &Interaction, title: &str) -> Markup {
    html! {
        table.matrix.heat {
            // The same words, for tables are looked up by their captions.
            caption.quiet { (title) }
            thead { tr { td {} @for name in &found.columns { th scope="col" { (name) } } } }
            tbody {
                @for (row, means) in found.rows.iter().zip(&found.means) {
                    tr {
                        th scope="row" { (row) }
                        @for mean in means {
                            @match mean {
                                Some(m) => td.right style=(tint(search, *m)) { b { (score(*m)) } },
                                None => td { (DASH) },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The means where exactly two parameters vary.
fn pair(search: &SearchSection) -> Option<Interaction> {
    let [down, across] = studied(search)[..] else { return None };
    let (rows, columns) = (levels(search, down), levels(search, across));
    let value = |trial: &Trial, place: usize, level: &str| {
        trial.values.get(place).is_some_and(|v| v == level)
    };
    let mean = |row: &str, column: &str| {
        let here = search.trials.iter().filter(|t| value(t, down, row) && value(t, across, column));
        let scores: Vec<f64> = here.filter_map(objective).collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    };
    let names = |levels: &[Level]| -> Vec<String> {
        levels.iter().map(|level| level.value.to_owned()).collect()
    };
    let row = |r: &Level| columns.iter().map(|c| mean(r.value, c.value)).collect();
    Some(Interaction {
        down,
        across,
        share: None,
        means: rows.iter().map(row).collect(),
        rows: names(&rows),
        columns: names(&columns),
    })
}
