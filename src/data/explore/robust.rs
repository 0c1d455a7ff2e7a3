//! The middle of numbers, how far they spread, and what lies far out; a few wild ones change
//! little. Knows nothing of images.

use serde::{Deserialize, Serialize};

/// How some numbers are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    pub p5: f64,
    pub p25: f64,
    pub median: f64,
    pub p75: f64,
    pub p95: f64,
}

impl Quantiles {
    /// Of these numbers, none of them NaN; none of none.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Quantiles> {
        values.sort_by(f64::total_cmp);
        let at = |share| quantile(&values, share);
        Some(Quantiles {
            p5: at(0.05)?,
            p25: at(0.25)?,
            median: at(0.5)?,
            p75: at(0.75)?,
            p95: at(0.95)?,
        })
    }
}

/// Between the two nearest of sorted numbers in proportion (Hyndman and Fan 1996, type 7).
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let low = place as usize;
    let high = (low + 1).min(sorted.len() - 1);
    Some(sorted[low] + (place - low as f64) * (sorted[high] - sorted[low]))
}

/// Further from the median than this in robust standard deviations is outlying (Iglewicz and
/// Hoaglin 1993, "How to detect and handle outliers").
pub(super) const OUTLYING: f64 = 3.5;

/// The robust standard score of each number: its distance from the median over 1.4826 times the
/// median distance. All 0 where more than half of the numbers are alike.
pub(super) fn scores(values: &[f64]) -> Vec<f64> {
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        quantile(&values, 0.5).unwrap_or(0.0)
    };
    let median = middle(values.to_vec());
    let spread = 1.4826 * middle(values.iter().map(|value| (value - median).abs()).collect());
    let score = |value: &f64| if spread > 0.0 { (value - median) / spread } else { 0.0 };
    values.iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        let of = Quantiles::of(vec![4.0, 1.0, 3.0, 2.0, 5.0]).unwrap();
        assert_eq!((of.p25, of.median, of.p75), (2.0, 3.0, 4.0));
        assert!((of.p5 - 1.2).abs() < 1e-12 && (of.p95 - 4.8).abs() < 1e-12);
        assert_eq!(Quantiles::of(Vec::new()), None);
    }

    #[test]
    fn a_wild_number_stands_out_and_moves_nothing() {
        // Median 3, distances 2 1 0 1 97: their median is 1.
        let scores = scores(&[1.0, 2.0, 3.0, 4.0, 100.0]);
        let expected = [-2.0, -1.0, 0.0, 1.0, 97.0].map(|distance| distance / 1.4826);
        assert_eq!(scores, expected);
        assert!(scores[4] > OUTLYING && scores[0] > -OUTLYING);
        assert_eq!(super::scores(&[1.0, 1.0, 1.0, 9.0]), [0.0; 4]);
    }
}
