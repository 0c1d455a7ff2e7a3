//! Charts of many points, each series with a shape of its own, so that they can be told apart
//! without colour.

use maud::{Markup, html};

use super::plot::Plot;
use super::{Axis, Caption};
use crate::report::number::coordinate as c;

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) enum Marker {
    Dot,
    Cross,
    Ring,
    Triangle,
    Square,
    Plus,
    Diamond,
}

impl Marker {
    /// Those that tell series apart, the plain dot left for the rest.
    pub const SHAPES: [Marker; 6] = [
        Marker::Ring,
        Marker::Cross,
        Marker::Triangle,
        Marker::Square,
        Marker::Plus,
        Marker::Diamond,
    ];

    /// The shape as a letter, for the legend.
    fn glyph(self) -> &'static str {
        match self {
            Marker::Dot => "●",
            Marker::Cross => "×",
            Marker::Ring => "○",
            Marker::Triangle => "△",
            Marker::Square => "□",
            Marker::Plus => "+",
            Marker::Diamond => "◇",
        }
    }

    /// The shape around the origin, large enough to stand on a line.
    pub fn outline(self) -> &'static str {
        match self {
            Marker::Dot => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
            Marker::Ring => "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
            Marker::Cross => {
                "M-4.2-2.4L-2.4-4.2L0-1.8L2.4-4.2L4.2-2.4L1.8 0L4.2 2.4L2.4 4.2L0 1.8L-2.4 4.2L-4.2 2.4L-1.8 0z"
            }
            Marker::Triangle => "M0-5.4L5 3.6H-5z",
            Marker::Square => "M-4-4H4V4H-4z",
            Marker::Plus => "M-1.4-5H1.4V-1.4H5V1.4H1.4V5H-1.4V1.4H-5V-1.4H-1.4z",
            Marker::Diamond => "M0-5.6L5.2 0L0 5.6L-5.2 0z",
        }
    }

    /// The shape around where the pen is, as a relative SVG path. A dot is a line of no length
    /// with a round end, which takes few bytes.
    fn path(self) -> &'static str {
        match self {
            Marker::Dot => "h0",
            Marker::Cross => "m-2.5-2.5l5 5m0-5l-5 5",
            Marker::Ring => "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
            Marker::Triangle => "m0-3.5l3.2 5.8h-6.4z",
            Marker::Square => "m-2.7-2.7h5.4v5.4h-5.4z",
            Marker::Plus => "m-3 0h6m-3-3v6",
            Marker::Diamond => "m0-3.7l3.1 3.7l-3.1 3.7l-3.1-3.7z",
        }
    }
}

/// Points of one kind.
pub(in crate::report) struct Series {
    pub name: String,
    pub class: String,
    pub marker: Marker,
    pub points: Vec<(f64, f64)>,
    /// Shown next to each point, if there are any; as many as there are points.
    pub labels: Vec<String>,
}

/// More points than this are see-through, so that those below can be seen.
const DENSE: usize = 250;

/// Points by two numbers; later series lie on top.
pub(in crate::report) fn scatter(
    caption: &Caption,
    x_name: &str,
    y_name: &str,
    series: &[Series],
) -> Markup {
    let points = || series.iter().flat_map(|s| s.points.iter());
    let plot = Plot {
        width: 440.0,
        height: 340.0,
        left: 54.0,
        x: Axis::around(points().map(|p| p.0)),
        y: Axis::around(points().map(|p| p.1)),
        x_name: x_name.to_owned(),
        y_name: y_name.to_owned(),
    };
    let finite = |p: &&(f64, f64)| p.0.is_finite() && p.1.is_finite();
    let path = |series: &Series| -> String {
        let mark = |&(x, y): &(f64, f64)| {
            format!("M{} {}{}", c(plot.px(x)), c(plot.py(y)), series.marker.path())
        };
        series.points.iter().filter(finite).map(mark).collect()
    };
    let marks = html! {
        @for one in series {
            g class=(one.class) {
                @let dots = one.marker == Marker::Dot;
                @let dense = one.points.len() > DENSE;
                path class={ "points" @if dots { " dots" } @if dense { " dense" } } d=(path(one)) {
                    title { (one.name) }
                }
                @for ((x, y), label) in one.points.iter().zip(&one.labels) {
                    text.tag x=(c(plot.px(*x) + 7.0)) y=(c(plot.py(*y) + 4.0)) { (label) }
                }
            }
        }
    };
    html! {
        figure.chart {
            figcaption { (caption.title) }
            (plot.draw(caption, marks))
            ul.legend {
                @for one in series {
                    li { span class={ "glyph " (one.class) } { (one.marker.glyph()) } " " (one.name) }
                }
            }
        }
    }
}
