//! Means, differences and areas with the error that images of one group leave: they resemble one
//! another, so groups and not images are what was drawn at random. Knows nothing of images.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A number that was estimated, with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    pub value: f64,
    /// Standard error, groups being what was drawn at random.
    pub error: f64,
    /// `value - 1.96 error`.
    pub low: f64,
    /// `value + 1.96 error`.
    pub high: f64,
}

/// Standard errors to either side that hold 95% of a normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

impl Estimate {
    fn new(value: f64, variance: f64) -> Estimate {
        let error = variance.max(0.0).sqrt();
        Estimate { value, error, low: value - Z * error, high: value + Z * error }
    }

    /// An area lies between 0 and 1.
    fn area(value: f64, variance: f64) -> Estimate {
        let wide = Estimate::new(value, variance);
        Estimate { low: wide.low.max(0.0), high: wide.high.min(1.0), ..wide }
    }
}

/// What was measured in an image, its class and its group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Observed {
    pub value: f64,
    /// Whether it is of class 1.
    pub label: u8,
    pub group: usize,
}

/// The mean of the values; none with fewer than two groups.
///
/// The error is that of a ratio of two sums over groups (Cochran 1977, "Sampling techniques",
/// section 2.11).
pub(super) fn mean(observed: &[Observed]) -> Option<Estimate> {
    let n = observed.len() as f64;
    let mean = observed.iter().map(|o| o.value).sum::<f64>() / n;
    let residuals = by_group(observed.iter().map(|o| (o.group, (o.value - mean) / n)));
    Some(Estimate::new(mean, spread(&residuals)?))
}

/// The mean of class 1 less the mean of class 0; none without either, or with fewer than two
/// groups.
///
/// The error is that of a regression on the class, clustered by group (Liang and Zeger 1986,
/// "Longitudinal data analysis using generalized linear models").
pub(super) fn difference(observed: &[Observed]) -> Option<Estimate> {
    let of = |label| observed.iter().filter(move |o| o.label == label);
    let count = [0, 1].map(|label| of(label).count() as f64);
    if count.contains(&0.0) {
        return None;
    }
    let means =
        [0, 1].map(|label| of(label).map(|o| o.value).sum::<f64>() / count[usize::from(label)]);
    let residuals = by_group(observed.iter().map(|o| {
        let class = usize::from(o.label);
        let sign = if class == 1 { 1.0 } else { -1.0 };
        (o.group, sign * (o.value - means[class]) / count[class])
    }));
    Some(Estimate::new(means[1] - means[0], spread(&residuals)?))
}

/// The chance that an image of class 1 has a higher value than one of class 0, ties counted half;
/// none without either, or where fewer than two groups hold one of them.
///
/// The error is that of Obuchowski 1997, "Nonparametric analysis of clustered ROC curve data".
pub(super) fn auc(observed: &[Observed]) -> Option<Estimate> {
    let mut order: Vec<&Observed> = observed.iter().collect();
    order.sort_by(|a, b| a.value.total_cmp(&b.value));
    let total = [0, 1].map(|label| observed.iter().filter(|o| o.label == label).count());
    if total.contains(&0) {
        return None;
    }
    // The share of the other class that each image outranks, or is outranked by.
    let mut placed: Vec<(&Observed, f64)> = Vec::with_capacity(order.len());
    let mut below = [0; 2];
    for ties in order.chunk_by(|a, b| a.value == b.value) {
        let tied = [0, 1].map(|label| ties.iter().filter(|o| o.label == label).count());
        for &o in ties {
            let halves = match o.label {
                1 => 2 * below[0] + tied[0],
                _ => 2 * (total[1] - below[1] - tied[1]) + tied[1],
            };
            placed.push((o, halves as f64 / 2.0 / total[usize::from(1 - o.label)] as f64));
        }
        below = [below[0] + tied[0], below[1] + tied[1]];
    }
    let wins = placed.iter().filter(|(o, _)| o.label == 1).map(|(_, share)| share).sum::<f64>();
    let area = wins / total[1] as f64;
    let of = |label| {
        let centred = placed.iter().filter(move |(o, _)| o.label == label);
        by_group(centred.map(|(o, share)| (o.group, share - area)))
    };
    let (negative, positive) = (of(0), of(1));
    let [n, m] = total.map(|count| count as f64);
    let groups = by_group(placed.iter().map(|(o, _)| (o.group, 0.0))).len() as f64;
    let both: f64 =
        positive.iter().filter_map(|(group, sum)| Some(sum * negative.get(group)?)).sum();
    let covariance = both * groups / (groups - 1.0);
    let variance =
        spread(&positive)? / (m * m) + spread(&negative)? / (n * n) + 2.0 * covariance / (m * n);
    Some(Estimate::area(area, variance))
}

/// How much of the values' variance lies between the parts, from 0 to 1: one way to tell whether
/// images of a group, or of a class, resemble one another (ε², Kelley 1935, which unlike η² is not
/// larger for more parts). None where there is nothing to compare.
pub(super) fn share_between(values: &[(usize, f64)]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().map(|v| v.1).sum::<f64>() / n;
    let sums = by_group(values.iter().copied());
    let counts = by_group(values.iter().map(|v| (v.0, 1.0)));
    let parts = counts.len() as f64;
    let square = |x: f64| x * x;
    let total: f64 = values.iter().map(|v| square(v.1 - mean)).sum();
    let within: f64 = values.iter().map(|v| square(v.1 - sums[&v.0] / counts[&v.0])).sum();
    if parts < 2.0 || n <= parts || total <= 0.0 {
        return None;
    }
    Some((1.0 - (within / (n - parts)) / (total / (n - 1.0))).max(0.0))
}

/// How many different groups there are.
pub(super) fn distinct(groups: impl Iterator<Item = usize>) -> usize {
    groups.collect::<BTreeSet<_>>().len()
}

/// Sums by group, in the order in which the values come.
fn by_group(values: impl Iterator<Item = (usize, f64)>) -> BTreeMap<usize, f64> {
    let mut sums = BTreeMap::new();
    for (group, value) in values {
        *sums.entry(group).or_insert(0.0) += value;
    }
    sums
}

/// `G / (G - 1) · Σ r²` over the G groups' residuals; none with fewer than two groups.
fn spread(residuals: &BTreeMap<usize, f64>) -> Option<f64> {
    let groups = residuals.len() as f64;
    let squares: f64 = residuals.values().map(|r| r * r).sum();
    (groups > 1.0).then(|| groups / (groups - 1.0) * squares)
}

/// The 95% interval of a share of which `n` were looked at (Wilson 1927, "Probable inference").
/// From 0 to 1 where nothing was.
pub(super) fn wilson(share: f64, n: f64) -> [f64; 2] {
    if n <= 0.0 {
        return [0.0, 1.0];
    }
    let (square, shrink) = (Z * Z, 1.0 + Z * Z / n);
    let middle = (share + square / (2.0 * n)) / shrink;
    let half = Z / shrink * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(rows: &[(f64, u8, usize)]) -> Vec<Observed> {
        rows.iter().map(|&(value, label, group)| Observed { value, label, group }).collect()
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn a_mean_of_independent_values_has_the_usual_error() {
        // Mean 2, variance (1 + 0 + 1) / 2, over 3 values.
        let alone = observed(&[(1.0, 0, 0), (2.0, 0, 1), (3.0, 0, 2)]);
        let found = mean(&alone).unwrap();
        close(found.value, 2.0);
        close(found.error, (1.0f64 / 3.0).sqrt());
        close(found.high - found.low, 2.0 * 1.959963984540054 * found.error);
        // Each value ten times in its group tells no more than once.
        let tenfold: Vec<Observed> = alone.iter().flat_map(|o| [*o; 10]).collect();
        close(mean(&tenfold).unwrap().error, found.error);
        assert_eq!(mean(&alone[..1]), None);
    }

    #[test]
    fn a_difference_between_classes_by_hand() {
        // Means 2 and 5. Groups: 0 has 1 and 4, 1 has 3 and 6: residuals (-1 - -1)/2 = 0 each.
        let paired = observed(&[(1.0, 0, 0), (4.0, 1, 0), (3.0, 0, 1), (6.0, 1, 1)]);
        let found = difference(&paired).unwrap();
        assert_eq!((found.value, found.error), (3.0, 0.0));
        // In groups of their own: 4/3 · (4 · 1/4).
        let apart = observed(&[(1.0, 0, 0), (4.0, 1, 1), (3.0, 0, 2), (6.0, 1, 3)]);
        close(difference(&apart).unwrap().error, (4.0f64 / 3.0).sqrt());
        assert_eq!(difference(&apart[..1]), None);
    }

    #[test]
    fn an_area_by_hand() {
        // Of the four pairs 0.35 loses to 0.4; each image is a group.
        let rows = [(0.1, 0, 0), (0.4, 0, 1), (0.35, 1, 2), (0.8, 1, 3)];
        let found = auc(&observed(&rows)).unwrap();
        close(found.value, 0.75);
        // Shares won: positives ½ and 1, negatives 1 and ½: residuals ±¼, so 2·(2/16)/4 twice.
        close(found.error, (0.0625f64 + 0.0625).sqrt());
        let tied = observed(&[(0.5, 0, 0), (0.5, 1, 1), (0.5, 0, 2), (0.5, 1, 3)]);
        assert_eq!(auc(&tied).unwrap().value, 0.5);
        assert_eq!(auc(&observed(&rows[..2])), None, "one class");
        // Groups that hold one of each cancel: residuals of a group add up.
        let paired = observed(&[(0.1, 0, 0), (0.4, 0, 1), (0.35, 1, 0), (0.8, 1, 1)]);
        // (¼·-¼ + -¼·¼) · 2 / 4 · 2 = -⅛ on top of ⅛.
        close(auc(&paired).unwrap().error, 0.0);
    }

    #[test]
    fn variance_between_parts_by_hand() {
        // Total 5 over 3, within 1 over 2: 1 - 0.5 / (5/3).
        let values = [(0, 1.0), (0, 2.0), (1, 3.0), (1, 4.0)];
        close(share_between(&values).unwrap(), 0.7);
        assert_eq!(share_between(&[(0, 1.0), (1, 1.0), (1, 1.0)]), None, "nothing varies");
        assert_eq!(share_between(&[(0, 1.0), (1, 2.0)]), None, "nothing repeats");
    }

    #[test]
    fn wilsons_intervals() {
        // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
        for (positive, n, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (15.0, 148.0, 0.0624, 0.1605), (0.0, 20.0, 0.0, 0.1611)]
        {
            let found = wilson(positive / n, n).map(|bound| (bound * 1e4).round() / 1e4);
            assert_eq!(found, [low, high]);
        }
        assert_eq!(wilson(0.5, 0.0), [0.0, 1.0]);
    }
}
