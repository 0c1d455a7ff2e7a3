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
        // Nothing on a page needs more than 1e300, and short of it no sum of two overflows.
        let finite = values.into_iter().filter(|v| v.is_finite()).map(|v| v.clamp(-1e300, 1e300));
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

    /// The width of the longest label of a vertical axis, with its name beside it, in pixels.
    pub fn room(&self) -> f64 {
        let longest = self.ticks.iter().map(|tick| tick.1.chars().count()).max().unwrap_or(0);
        (26.0 + 7.0 * longest as f64).max(54.0)
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

#[cfg(test)]
mod tests {
    use super::Axis;

    fn labels(axis: &Axis) -> String {
        let labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.1.as_str()).collect();
        labels.join(" ")
    }

    fn check(values: &[f64], expected: &str) {
        assert_eq!(labels(&Axis::around(values.iter().copied())), expected, "{values:?}");
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        check(&[0.7741, 0.9739], "0.75 0.80 0.85 0.90 0.95 1.00");
        check(&[0.8712, 0.9341], "0.86 0.88 0.90 0.92 0.94");
        check(&[-3.0, 11.0], "-5 0 5 10 15");
        check(&[0.0, 30_000.0], "0 10000 20000 30000");
        check(&[0.00012, 0.00034], "0.00010 0.00015 0.00020 0.00025 0.00030 0.00035");
    }

    #[test]
    fn there_is_an_axis_for_any_values() {
        check(&[], "0.0 0.2 0.4 0.6 0.8 1.0");
        check(&[f64::NAN, f64::INFINITY], "0.0 0.2 0.4 0.6 0.8 1.0");
        check(&[0.5, 0.5], "0.46 0.48 0.50 0.52 0.54");
        check(&[0.0], "-0.6 -0.4 -0.2 0.0 0.2 0.4 0.6");
        for values in [[1e30, -1e30], [1e-300, 2e-300], [1e15, 1e15 + 1.0], [f64::MIN, f64::MAX]] {
            let axis = Axis::around(values);
            assert!(axis.at(values[0]).is_finite() && axis.max > axis.min, "{values:?}");
        }
    }

    #[test]
    fn whole_numbers_get_at_most_a_dozen_ticks() {
        assert_eq!(labels(&Axis::whole(1, 5)), "1 2 3 4 5");
        assert_eq!(labels(&Axis::whole(1, 20)), "2 4 6 8 10 12 14 16 18 20");
        assert_eq!(labels(&Axis::whole(1, 100)), "10 20 30 40 50 60 70 80 90 100");
        assert_eq!(labels(&Axis::whole(3, 3)), "3");
        for last in [1, 2, 7, 11, 12, 30, 99, 1_000, 54_321, 1_000_000] {
            assert!(Axis::whole(1, last).ticks.len() <= 12, "{last}");
        }
    }
}
