//! One axis of a chart: the range it spans, and its ticks with their labels.

use crate::report::number::plain;

/// A linear axis.
pub(in crate::report) struct Axis {
    pub min: f64,
    pub max: f64,
    /// Position and label.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Spans the values, rounded outwards to ticks at 1, 2 or 5 times a power of ten.
    pub fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let finite = values.into_iter().filter(|v| v.is_finite());
        let (low, high) =
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        match (low, high) {
            _ if low > high => Self::spanning(0.0, 1.0), // no values at all
            _ if high - low < 1e-9 * high.abs().max(1e-6) => {
                let margin = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
                Self::spanning(low - margin, high + margin)
            }
            _ => Self::spanning(low, high),
        }
    }

    fn spanning(low: f64, high: f64) -> Self {
        let (step, decimals) = nice_step((high - low) / 5.0);
        // The small slack keeps 0.30000000000000004 from starting another step.
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil();
        let count = (last - first).clamp(1.0, 20.0) as i32;
        let label = |i: i32| {
            let value = (first + f64::from(i)) * step;
            let text = if !(1e-5..1e5).contains(&step) {
                format!("{value:.1e}")
            } else {
                plain(format!("{value:.decimals$}"))
            };
            (value, text)
        };
        let ticks: Vec<_> = (0..=count).map(label).collect();
        Self { min: first * step, max: (first + f64::from(count)) * step, ticks }
    }

    /// From 0 to 1.
    pub fn unit() -> Self {
        let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
        Self { min: 0.0, max: 1.0, ticks: ticks.map(|t| (t, format!("{t:.1}"))).to_vec() }
    }

    /// Whole numbers such as epochs, a tick at each or at every second, fifth, tenth ….
    pub fn whole(first: u32, last: u32) -> Self {
        if first >= last {
            let n = f64::from(first);
            return Self { min: n - 0.5, max: n + 0.5, ticks: vec![(n, first.to_string())] };
        }
        let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
        let few = |step: &u32| (last - first) / step <= 10;
        let step = steps.into_iter().find(few).unwrap_or((last - first) / 10);
        let ticks = (first..=last).filter(|n| n % step == 0);
        let ticks = ticks.map(|n| (f64::from(n), n.to_string())).collect();
        Self { min: f64::from(first), max: f64::from(last), ticks }
    }

    /// One place for each label, at 0, 1, 2, …, with room at both ends.
    pub fn places<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        let named = labels.into_iter().enumerate();
        let ticks: Vec<_> = named.map(|(i, label)| (i as f64, label.to_owned())).collect();
        Self { min: -0.5, max: ticks.len() as f64 - 0.5, ticks }
    }

    /// Where a value lies, 0 at the start of the axis and 1 at its end.
    pub fn at(&self, value: f64) -> f64 {
        (value - self.min) / (self.max - self.min)
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `rough`, and the decimals that
/// tell its multiples apart. By repeated division, since `log10` differs between platforms.
fn nice_step(rough: f64) -> (f64, usize) {
    let (mut power, mut decimals) = (1.0_f64, 0);
    while power > rough && decimals < 300 {
        decimals += 1;
        power /= 10.0;
    }
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough);
    (step.unwrap_or(power * 10.0), decimals)
}
