//! Charts as thin SVG: shapes carry classes, the style sheet gives them colour in light and dark.

mod axis;
mod bundle;
mod curves;
mod lines;
mod panels;
mod plot;
mod scatter;
mod spans;

pub(super) use axis::Axis;
pub(super) use bundle::{Bundled, bundle};
pub(super) use curves::{Curve, Ground, curves};
pub(super) use lines::{Line, Stroke, histogram, lines};
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
    /// The shape of its points, where it has any: then the legend shows line and point.
    pub marker: Option<Marker>,
}

impl Key {
    pub fn new(class: impl Into<String>, text: impl Into<String>) -> Key {
        Key { class: class.into(), text: text.into(), marker: None }
    }

    /// That of the n-th of several models: a colour, a dash and a shape, so that no two are told
    /// apart by colour alone.
    pub fn nth(n: usize, text: impl Into<String>) -> Key {
        let marker = Marker::SHAPES[n % Marker::SHAPES.len()];
        Key { class: hue(n), text: text.into(), marker: Some(marker) }
    }

    /// The line and the point, or the patch of colour, beside the text.
    fn swatch(&self) -> Markup {
        let Some(marker) = self.marker else {
            return html! { span class={ "swatch " (self.class) } {} };
        };
        html! {
            svg class={ "swatch " (self.class) } viewBox="0 0 30 12" aria-hidden="true" {
                path.line d="M1 6H29" {}
                path.spot transform="translate(15 6)" d=(marker.outline()) {}
            }
        }
    }
}

/// The class of the n-th model's colour and dash; both repeat after eight.
pub(super) fn hue(n: usize) -> String {
    format!("s{}", n % 8)
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
                        li { (key.swatch()) (key.text) }
                    }
                }
            }
        }
    }
}
