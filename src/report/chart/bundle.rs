//! Many lines of one kind, of which one stands out.

use maud::{Markup, html};

use super::plot::Plot;
use super::{Caption, Key, figure};

/// A line with its tooltip.
pub(in crate::report) struct Bundled {
    pub name: String,
    /// Whether it is the one that stands out.
    pub first: bool,
    pub points: Vec<(u32, f64)>,
}

/// Lines over epochs; later ones lie on top.
pub(in crate::report) fn bundle(caption: &Caption, y_name: &str, lines: &[Bundled]) -> Markup {
    let points = lines.iter().flat_map(|line| line.points.iter().copied());
    let plot = Plot::over_epochs(y_name, points);
    let marks = html! {
        @for line in lines {
            g class=(if line.first { "s1 chosen" } else { "s0 thin" }) {
                path.line d=(plot.path(line.points.iter().map(|&(x, y)| (f64::from(x), y)))) {
                    title { (line.name) }
                }
            }
        }
    };
    let mut keys = vec![Key::new("s0 solid", "trial")];
    if lines.iter().any(|line| line.first) {
        keys.push(Key::new("s1 chosen solid", "the model kept, thicker"));
    }
    figure(caption, &keys, plot.draw(caption, marks))
}
