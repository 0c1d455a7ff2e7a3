//! Charts of dots: models by metric, trials by the value of a parameter.

use maud::{Markup, html};

use super::plot::{Plot, shift};
use super::{Axis, Caption, Key, Marker, figure};
use crate::report::number::{coordinate as c, score};

/// A dot with its tooltip.
pub(in crate::report) struct Spot {
    /// The place of its metric or level.
    pub place: usize,
    pub value: f64,
    pub class: String,
    pub marker: Marker,
    pub tooltip: String,
}

/// A level's mean.
pub(in crate::report) struct Lollipop {
    pub label: String,
    pub mean: f64,
}

/// A row for each metric from the top down, a dot for each model.
pub(in crate::report) fn dots_by_metric(
    caption: &Caption,
    metrics: &[&str],
    spots: &[Spot],
    keys: &[Key],
) -> Markup {
    let plot = Plot {
        width: 440.0,
        height: 68.0 + 40.0 * metrics.len() as f64,
        left: 128.0,
        x: Axis::around(spots.iter().map(|s| s.value)),
        y: Axis::places(metrics.iter().rev().copied()),
        x_name: String::new(),
        y_name: String::new(),
    };
    let row = |place: usize| plot.py((metrics.len() - 1 - place) as f64);
    let marks = html! {
        @for place in 0..metrics.len() {
            // A thin line between the lowest and the highest dot makes their distance visible.
            @let ends = [f64::min, f64::max].map(|end| {
                spots.iter().filter(|s| s.place == place).map(|s| s.value).reduce(end)
            });
            @if let [Some(low), Some(high)] = ends {
                path.span d=(plot.path([low, high].map(|x| (x, (metrics.len() - 1 - place) as f64)))) {}
            }
        }
        @for spot in spots.iter().rev().filter(|s| s.value.is_finite()) {
            g class=(spot.class) {
                path.spot transform=(shift(plot.px(spot.value), row(spot.place)))
                    d=(spot.marker.outline()) { title { (spot.tooltip) } }
            }
        }
    };
    figure(caption, keys, plot.draw(caption, marks))
}

/// More labels than this would run into one another.
const LABELS: usize = 8;

/// A label cut to the width of a column; the tooltip has it whole.
fn short(label: &str) -> String {
    if label.chars().count() <= 9 {
        return label.to_owned();
    }
    label.chars().take(8).chain(['…']).collect()
}

/// A column for each value of a parameter: a dot for each trial, a bar at their mean, the means
/// joined.
pub(in crate::report) fn dots_by_level(
    caption: &Caption,
    parameter: &str,
    objective: &str,
    levels: &[Lollipop],
    spots: &[Spot],
) -> Markup {
    let values = levels.iter().map(|l| l.mean).chain(spots.iter().map(|s| s.value));
    let mut x = Axis::places(levels.iter().map(|l| l.label.as_str()));
    let every = levels.len().div_ceil(LABELS);
    for (i, (_, label)) in x.ticks.iter_mut().enumerate() {
        *label = if i % every == 0 { short(label) } else { String::new() };
    }
    let plot = Plot {
        width: 440.0,
        height: 270.0,
        left: 60.0,
        x,
        y: Axis::around(values),
        x_name: parameter.to_owned(),
        y_name: objective.to_owned(),
    };
    let means = levels.iter().enumerate().map(|(i, l)| (i as f64, l.mean));
    let marks = html! {
        g.means {
            path.line.dotted d=(plot.path(means)) {}
            @for (i, level) in levels.iter().enumerate() {
                @let (x, y) = (plot.px(i as f64), c(plot.py(level.mean)));
                line.mean x1=(c(x - 14.0)) x2=(c(x + 14.0)) y1=(y) y2=(y) {
                    title { "mean with " (level.label) ": " (score(level.mean)) }
                }
            }
        }
        @for spot in spots.iter().filter(|s| s.value.is_finite()) {
            g class=(spot.class) {
                path.trial transform=(shift(plot.px(spot.place as f64), plot.py(spot.value)))
                    d=(spot.marker.outline()) { title { (spot.tooltip) } }
            }
        }
    };
    let keys = [
        Key { marker: Some(Marker::Dot), ..Key::new("s0 only", "trial") },
        Key { marker: Some(Marker::Diamond), ..Key::new("s1 only", "best trial") },
        Key::new("means solid", "mean of comparable trials"),
    ];
    figure(caption, &keys, plot.draw(caption, marks))
}
