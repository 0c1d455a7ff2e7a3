//! Charts of rows from the top down: numbers with their intervals, and boxes of quantiles.

use maud::{Markup, html};

use super::plot::Plot;
use super::{Axis, Caption, Key, figure};
use crate::report::number::coordinate as c;

/// A number with its 95% interval.
pub(in crate::report) struct Whisker {
    pub label: String,
    pub class: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub tooltip: String,
}

/// A row for each number; `mark` is an upright line with its name.
pub(in crate::report) fn whiskers(
    caption: &Caption,
    x_name: &str,
    rows: &[Whisker],
    mark: Option<(f64, &str)>,
) -> Markup {
    let ends = rows.iter().flat_map(|row| [row.low, row.high]).chain(mark.map(|mark| mark.0));
    let plot = Plot {
        width: 440.0,
        height: 72.0 + 30.0 * rows.len() as f64,
        left: 104.0,
        x: Axis::around(ends),
        y: Axis::places(rows.iter().rev().map(|row| row.label.as_str())),
        x_name: x_name.to_owned(),
        y_name: String::new(),
    };
    let marks = html! {
        @if let Some((value, name)) = mark {
            @let x = c(plot.px(value));
            line.mark x1=(x) x2=(x) y1=(c(plot.py(plot.y.max))) y2=(c(plot.py(plot.y.min))) {
                title { (name) }
            }
        }
        @for (place, row) in rows.iter().rev().enumerate().filter(|(_, row)| row.value.is_finite()) {
            @let y = c(plot.py(place as f64));
            g class=(row.class) {
                line.whisker x1=(c(plot.px(row.low))) x2=(c(plot.px(row.high))) y1=(y) y2=(y) {}
                circle.spot cx=(c(plot.px(row.value))) cy=(y) r="5" { title { (row.tooltip) } }
            }
        }
    };
    let key = |(_, name): (f64, &str)| Key::new("best-epoch dotted", name);
    figure(caption, &mark.map(key).into_iter().collect::<Vec<_>>(), plot.draw(caption, marks))
}

/// Quantiles at 5, 25, 50, 75 and 95% of something, in each class; each row has a scale of its own.
pub(in crate::report) struct Boxes {
    pub label: String,
    /// Name, class and quantiles.
    pub boxes: Vec<(&'static str, &'static str, [f64; 5])>,
    /// Writes a number of this row.
    pub write: fn(f64) -> String,
}

const LEFT: f64 = 104.0;
const RIGHT: f64 = 424.0;
const ROW: f64 = 56.0;
const BOX: f64 = 13.0;

/// A row for each quantity: for each class a line from 5 to 95%, a box around the middle half, and
/// a bar at the median. The ends of the scale stand below each row.
pub(in crate::report) fn boxes(caption: &Caption, rows: &[Boxes]) -> Markup {
    let height = 8.0 + ROW * rows.len() as f64;
    let (title, desc) = (format!("{}-title", caption.id), format!("{}-desc", caption.id));
    let svg = html! {
        svg viewBox={ "0 0 440 " (c(height)) } role="img" aria-labelledby={ (title) " " (desc) } {
            title id=(title) { (caption.title) }
            desc id=(desc) { (caption.description) }
            @for (place, row) in rows.iter().enumerate() {
                (row.draw(8.0 + ROW * place as f64))
            }
        }
    };
    let mut keys: Vec<Key> = Vec::new();
    for (name, class, _) in rows.iter().flat_map(|row| &row.boxes) {
        if !keys.iter().any(|key| key.class.starts_with(class)) {
            keys.push(Key::new(format!("{class} box"), *name));
        }
    }
    figure(caption, &keys, svg)
}

impl Boxes {
    fn draw(&self, top: f64) -> Markup {
        let ends = |end: fn(f64, f64) -> f64| {
            self.boxes.iter().flat_map(|b| b.2).filter(|v| v.is_finite()).reduce(end)
        };
        let (low, high) = (ends(f64::min).unwrap_or(0.0), ends(f64::max).unwrap_or(1.0));
        let wide = if high > low { high - low } else { 1.0 };
        let x = |value: f64| LEFT + (value - low) / wide * (RIGHT - LEFT);
        let bottom = top + 2.0 * (BOX + 2.0);
        html! {
            text.end x=(c(LEFT - 10.0)) y=(c(top + BOX + 5.0)) { (self.label) }
            g.grid { line x1=(c(LEFT)) x2=(c(RIGHT)) y1=(c(bottom)) y2=(c(bottom)) {} }
            @for (place, (name, class, q)) in self.boxes.iter().take(2).enumerate() {
                @let y = top + (BOX + 2.0) * place as f64;
                @let middle = c(y + BOX / 2.0);
                g class=(class) {
                    line.whisker.thin x1=(c(x(q[0]))) x2=(c(x(q[4]))) y1=(middle) y2=(middle) {}
                    rect.box x=(c(x(q[1]))) y=(c(y + 1.5)) width=(c((x(q[3]) - x(q[1])).max(1.0)))
                        height=(c(BOX - 3.0)) {
                        title {
                            (name) ": middle half " (((self.write)(q[1]))) " to " (((self.write)(q[3])))
                            ", median " (((self.write)(q[2])))
                        }
                    }
                    line.median x1=(c(x(q[2]))) x2=(c(x(q[2]))) y1=(c(y)) y2=(c(y + BOX)) {}
                }
            }
            text x=(c(LEFT)) y=(c(bottom + 12.0)) { ((self.write)(low)) }
            text.end x=(c(RIGHT)) y=(c(bottom + 12.0)) { ((self.write)(high)) }
        }
    }
}
