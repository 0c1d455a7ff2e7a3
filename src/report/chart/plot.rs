//! The ground of a chart: frame, grid, ticks, axis names, and where a value lies in pixels.

use maud::{Markup, html};

use super::{Axis, Caption};
use crate::report::number::coordinate as c;

/// A rectangle with two axes; all lengths are pixels of the drawing, which scales to its column.
pub(super) struct Plot {
    pub width: f64,
    pub height: f64,
    /// Room for the labels of the vertical axis.
    pub left: f64,
    pub x: Axis,
    pub y: Axis,
    pub x_name: String,
    pub y_name: String,
}

const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// Moves a mark that is drawn around the origin.
pub(super) fn shift(x: f64, y: f64) -> String {
    format!("translate({} {})", c(x), c(y))
}

impl Plot {
    /// Room for values over epochs.
    pub fn over_epochs(y_name: &str, points: impl Iterator<Item = (u32, f64)> + Clone) -> Plot {
        let epochs = points.clone().map(|(epoch, _)| epoch);
        let y = Axis::around(points.map(|(_, value)| value));
        Plot {
            width: 440.0,
            height: 270.0,
            left: y.room(),
            x: Axis::whole(epochs.clone().min().unwrap_or(1), epochs.max().unwrap_or(1)),
            y,
            x_name: "epoch".to_owned(),
            y_name: y_name.to_owned(),
        }
    }

    /// Pixels from the left edge.
    pub fn px(&self, x: f64) -> f64 {
        self.left + self.x.at(x) * (self.width - self.left - RIGHT)
    }

    /// Pixels from the top edge.
    pub fn py(&self, y: f64) -> f64 {
        self.height - BOTTOM - self.y.at(y) * (self.height - TOP - BOTTOM)
    }

    /// An SVG path through the points, broken where a point is not finite.
    pub fn path(&self, points: impl IntoIterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        let mut pen_up = true;
        for (x, y) in points {
            if !(x.is_finite() && y.is_finite()) {
                pen_up = true;
                continue;
            }
            path.push(if pen_up { 'M' } else { 'L' });
            path.push_str(&c(self.px(x)));
            path.push(' ');
            path.push_str(&c(self.py(y)));
            pen_up = false;
        }
        path
    }

    /// The chart: `marks` drawn over grid and axes.
    pub fn draw(&self, caption: &Caption, marks: Markup) -> Markup {
        let (title, desc) = (format!("{}-title", caption.id), format!("{}-desc", caption.id));
        html! {
            svg viewBox={ "0 0 " (c(self.width)) " " (c(self.height)) } role="img"
                aria-labelledby={ (title) " " (desc) } {
                title id=(title) { (caption.title) }
                desc id=(desc) { (caption.description) }
                (self.ground())
                (marks)
            }
        }
    }

    fn ground(&self) -> Markup {
        let (left, right) = (c(self.left), c(self.width - RIGHT));
        let (top, bottom) = (c(TOP), c(self.height - BOTTOM));
        let centre = (self.left + self.width - RIGHT) / 2.0;
        let middle = (TOP + self.height - BOTTOM) / 2.0;
        html! {
            g.grid {
                @for (value, label) in &self.y.ticks {
                    @let y = self.py(*value);
                    line x1=(left) x2=(right) y1=(c(y)) y2=(c(y)) {}
                    text.end x=(c(self.left - 8.0)) y=(c(y + 4.0)) { (label) }
                }
                @for (value, label) in &self.x.ticks {
                    @let x = self.px(*value);
                    line x1=(c(x)) x2=(c(x)) y1=(top) y2=(bottom) {}
                    text.mid x=(c(x)) y=(c(self.height - BOTTOM + 17.0)) { (label) }
                }
            }
            text.name.mid x=(c(centre)) y=(c(self.height - 6.0)) { (self.x_name) }
            @if !self.y_name.is_empty() {
                text.name.mid x=(c(-middle)) y="11" transform="rotate(-90)" { (self.y_name) }
            }
        }
    }
}
