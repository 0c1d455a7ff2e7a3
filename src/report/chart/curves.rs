//! Curves in the unit square: ROC, precision and recall, reliability. Each has a line and a shape of
//! its own, and points that a script may move.

use maud::{Markup, html};

use super::plot::{Plot, shift};
use super::{Axis, Caption, Key, Marker, figure};

/// One curve with its key.
pub(in crate::report) struct Curve {
    pub key: Key,
    /// From 0 to 1 on both axes.
    pub points: Vec<(f64, f64)>,
    /// What each point says, where each is drawn.
    pub tooltips: Vec<String>,
    /// Where the model is used, in words too.
    pub operating: Option<((f64, f64), String)>,
    /// Ties the operating point to the slider that moves it.
    pub handle: String,
}

/// What lies below the curves.
#[derive(Clone, Copy)]
pub(in crate::report) enum Ground<'a> {
    /// The diagonal, with what it means.
    Diagonal(&'a str),
    /// A level line, with what it means.
    Level(f64, &'a str),
}

/// Curves over one another, the first on top.
pub(in crate::report) fn curves(
    caption: &Caption,
    (x_name, y_name): (&str, &str),
    ground: Ground,
    curves: &[Curve],
) -> Markup {
    let plot = Plot {
        width: 440.0,
        height: 426.0, // with the margins of a plot this makes the inside a square
        left: 54.0,
        x: Axis::unit(),
        y: Axis::unit(),
        x_name: x_name.to_owned(),
        y_name: y_name.to_owned(),
    };
    let (line, meaning) = match ground {
        Ground::Diagonal(meaning) => ([(0.0, 0.0), (1.0, 1.0)], meaning),
        Ground::Level(level, meaning) => ([(0.0, level), (1.0, level)], meaning),
    };
    let marks = html! {
        path.diagonal d=(plot.path(line)) { title { (meaning) } }
        @for curve in curves.iter().rev() {
            g class=(curve.key.class) {
                path.line d=(plot.path(curve.points.iter().copied())) { title { (curve.key.text) } }
                @let marker = curve.key.marker.unwrap_or(Marker::Dot);
                @for ((x, y), tooltip) in curve.points.iter().zip(&curve.tooltips) {
                    path.spot d=(marker.outline()) transform=(shift(plot.px(*x), plot.py(*y))) {
                        title { (tooltip) }
                    }
                }
            }
        }
        @for curve in curves.iter().rev() {
            @if let Some(((x, y), words)) = &curve.operating {
                @let marker = curve.key.marker.unwrap_or(Marker::Dot);
                g class=(curve.key.class) {
                    path.spot data-handle=(curve.handle) data-square=(square(&plot))
                        d=(marker.outline()) transform=(shift(plot.px(*x), plot.py(*y))) {
                        title { (words) }
                    }
                }
            }
        }
    };
    let mut keys: Vec<Key> = curves.iter().map(|curve| curve.key.clone()).collect();
    keys.push(Key::new("diagonal dashed", meaning));
    figure(caption, &keys, plot.draw(caption, marks))
}

/// For the script: where (0, 0) lies in pixels, and how long an axis is.
fn square(plot: &Plot) -> String {
    let (left, bottom) = (plot.px(0.0), plot.py(0.0));
    format!("{left} {bottom} {}", plot.px(1.0) - left)
}
