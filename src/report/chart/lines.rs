//! Charts of lines over whole numbers, and histograms.

use maud::{Markup, html};

use super::plot::Plot;
use super::{Axis, Caption, Key, figure};
use crate::report::number::{coordinate as c, score};

/// How a line is drawn, besides its colour.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::report) enum Stroke {
    Solid,
    Dashed,
    Dotted,
}

impl Stroke {
    fn class(self) -> &'static str {
        match self {
            Stroke::Solid => "solid",
            Stroke::Dashed => "dashed",
            Stroke::Dotted => "dotted",
        }
    }
}

/// A named line over whole numbers.
pub(in crate::report) struct Line {
    pub name: &'static str,
    pub class: &'static str,
    pub stroke: Stroke,
    pub points: Vec<(u32, f64)>,
}

/// Points are drawn as dots with tooltips up to so many; beyond, dots would hide the line.
const DOTS: usize = 60;

/// Lines over epochs; `mark` is an upright line with its name.
pub(in crate::report) fn lines(
    caption: &Caption,
    y_name: &str,
    lines: &[Line],
    mark: Option<(u32, String)>,
) -> Markup {
    let points = lines.iter().flat_map(|line| line.points.iter().copied());
    let plot = Plot::over_epochs(y_name, points);
    let marks = html! {
        @if let Some((epoch, name)) = &mark {
            @let x = c(plot.px(f64::from(*epoch)));
            line.mark x1=(x) x2=(x) y1=(c(plot.py(plot.y.max))) y2=(c(plot.py(plot.y.min))) {
                title { (name) }
            }
        }
        @for line in lines {
            g class=(line.class) {
                path class={ "line " (line.stroke.class()) }
                    d=(plot.path(line.points.iter().map(|&(x, y)| (f64::from(x), y)))) {}
                @if line.points.len() <= DOTS {
                    @for (epoch, value) in line.points.iter().filter(|p| p.1.is_finite()) {
                        circle.dot cx=(c(plot.px(f64::from(*epoch)))) cy=(c(plot.py(*value))) r="2.6" {
                            title { "epoch " (epoch) ": " (line.name) " " (score(*value)) }
                        }
                    }
                }
            }
        }
    };
    let key = |l: &Line| Key::new(format!("{} {}", l.class, l.stroke.class()), l.name);
    let best = mark.map(|(_, text)| Key::new("best-epoch dotted", text));
    let keys: Vec<Key> = lines.iter().map(key).chain(best).collect();
    figure(caption, &keys, plot.draw(caption, marks))
}

/// Histograms over one another as steps, from 0 to 1; each a name, a class and the height of every
/// bin.
pub(in crate::report) fn histogram(
    caption: &Caption,
    x_name: &str,
    y_name: &str,
    histograms: &[(&str, &'static str, Vec<f64>)],
) -> Markup {
    let heights = histograms.iter().flat_map(|h| h.2.iter().copied());
    let plot = Plot {
        width: 440.0,
        height: 270.0,
        left: 54.0,
        x: Axis::unit(),
        y: Axis::around(heights.chain([0.0])),
        x_name: x_name.to_owned(),
        y_name: y_name.to_owned(),
    };
    let steps = |heights: &[f64]| -> Vec<(f64, f64)> {
        let edge = |i: usize| i as f64 / heights.len() as f64;
        let tops = heights.iter().enumerate().flat_map(|(i, &h)| [(edge(i), h), (edge(i + 1), h)]);
        [(0.0, 0.0)].into_iter().chain(tops).chain([(1.0, 0.0)]).collect()
    };
    let marks = html! {
        @for (name, class, heights) in histograms {
            g class=(class) { path.area d=(plot.path(steps(heights))) { title { (name) } } }
        }
    };
    let keys: Vec<Key> = histograms.iter().map(|h| Key::new(h.1, h.0)).collect();
    figure(caption, &keys, plot.draw(caption, marks))
}
