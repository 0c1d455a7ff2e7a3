//! Charts as thin SVG: shapes carry classes, the style sheet gives them colour in light and dark.

mod axis;
mod lines;
mod panels;
mod plot;
mod scatter;
mod spans;

pub(super) use axis::Axis;
pub(super) use lines::{Line, Roc, Stroke, histogram, lines, roc};
pub(super) use panels::{Lollipop, Spot, dots_by_level, dots_by_metric};
pub(super) use scatter::{Marker, Series, scatter};
pub(super) use spans::{Boxes, Whisker, boxes, whiskers};

use maud::{Markup, html};

/// What a chart says to those who cannot see it, and its name on the page.
pub(super) struct Caption<'a> {
    /// Unique on the page, of letters, digits and dashes.
    pub id: String,
    pub title: &'a str,
    /// The content in words.
    pub description: String,
}

/// A colour and its name in a legend below a chart.
#[derive(Clone)]
pub(super) struct Key {
    pub class: String,
    pub text: String,
}

/// The class of the n-th model's colour; colours repeat after eight, dashes tell those apart.
pub(super) fn hue(n: usize) -> String {
    format!("s{}{}", n % 8, if n % 16 >= 8 { " again" } else { "" })
}

/// A chart with its title above and the legend below.
pub(super) fn figure(caption: &Caption, keys: &[Key], svg: Markup) -> Markup {
    html! {
        figure.chart {
            figcaption { (caption.title) }
            (svg)
            @if !keys.is_empty() {
                ul.legend {
                    @for key in keys {
                        li { span class={ "swatch " (key.class) } {} (key.text) }
                    }
                }
            }
        }
    }
}
