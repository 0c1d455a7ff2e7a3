//! The receiver operating characteristic and the area under it.

use serde::{Deserialize, Serialize};

use super::error::{Classes, MetricError, check};

/// What deciding "positive" at `threshold` and above gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RocPoint {
    /// `None` at the first point, where the threshold lies above every probability.
    pub threshold: Option<f32>,
    /// 1 − specificity.
    pub false_positive_rate: f64,
    /// Sensitivity.
    pub true_positive_rate: f64,
}

/// Points from (0, 0) to (1, 1) by falling threshold, and the exact area under them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RocCurve {
    pub points: Vec<RocPoint>,
    /// The area under the whole curve; thinning the points does not change it.
    pub auc: f64,
    pub positives: u64,
    pub negatives: u64,
}

impl RocCurve {
    /// The area under the points by the trapezoid rule. Equals `auc` for a curve that was not
    /// thinned.
    pub fn trapezoid(&self) -> f64 {
        let steps = self.points.windows(2).map(|pair| {
            let width = pair[1].false_positive_rate - pair[0].false_positive_rate;
            width * (pair[0].true_positive_rate + pair[1].true_positive_rate) / 2.0
        });
        steps.sum()
    }

    /// The point with the largest sensitivity + specificity (Youden 1950, "Index for rating
    /// diagnostic tests"); the first of equals, and never the first point, which has no threshold.
    pub fn youden(&self) -> Option<&RocPoint> {
        let height = |p: &RocPoint| p.true_positive_rate - p.false_positive_rate;
        let points = self.points.iter().filter(|p| p.threshold.is_some());
        points.reduce(|best, p| if height(p) > height(best) { p } else { best })
    }
}

/// The whole ROC curve; images of equal probability make one step.
///
/// # Errors
/// Unsound values as in [`MetricError`], and [`MetricError::OneClass`] or
/// [`MetricError::NoImages`] where no curve exists.
pub fn roc(labels: &[u8], probabilities: &[f32]) -> Result<RocCurve, MetricError> {
    let classes = both_classes(labels, probabilities)?;
    let mut points =
        vec![RocPoint { threshold: None, false_positive_rate: 0.0, true_positive_rate: 0.0 }];
    let mut seen = Classes { negatives: 0, positives: 0 };
    for step in steps(labels, probabilities) {
        seen.negatives += step.negatives;
        seen.positives += step.positives;
        points.push(RocPoint {
            threshold: Some(step.threshold),
            false_positive_rate: seen.negatives as f64 / classes.negatives as f64,
            true_positive_rate: seen.positives as f64 / classes.positives as f64,
        });
    }
    let auc = auc(labels, probabilities)?;
    Ok(RocCurve { points, auc, positives: classes.positives, negatives: classes.negatives })
}

/// The chance that a random positive image has a higher probability than a random negative one,
/// ties counted half (Mann & Whitney 1947; Hanley & McNeil 1982): the area under [`roc`].
///
/// Pairs are counted in whole numbers, so the result is exact up to one division.
///
/// # Errors
/// As [`roc`].
pub fn auc(labels: &[u8], probabilities: &[f32]) -> Result<f64, MetricError> {
    let classes = both_classes(labels, probabilities)?;
    let mut positives_above = 0_u64;
    let mut half_pairs = 0_u128; // a won pair counts two, a tied pair one
    for step in steps(labels, probabilities) {
        let wins = 2 * positives_above + step.positives;
        half_pairs += u128::from(step.negatives) * u128::from(wins);
        positives_above += step.positives;
    }
    let pairs = u128::from(classes.negatives) * u128::from(classes.positives);
    Ok(half_pairs as f64 / (2 * pairs) as f64)
}

/// Standard error of an area measured on so many positive and negative images (Hanley & McNeil
/// 1982, "The meaning and use of the area under a ROC curve"); `None` if a class is absent.
pub fn auc_standard_error(auc: f64, positives: u64, negatives: u64) -> Option<f64> {
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (p, n) = (positives as f64, negatives as f64);
    let two_positives = auc / (2.0 - auc); // P(two positives both outrank one negative)
    let two_negatives = 2.0 * auc * auc / (1.0 + auc); // P(one positive outranks two negatives)
    let square = auc * auc;
    let variance = auc * (1.0 - auc)
        + (p - 1.0) * (two_positives - square)
        + (n - 1.0) * (two_negatives - square);
    Some((variance.max(0.0) / (p * n)).sqrt())
}

pub(super) fn both_classes(labels: &[u8], probabilities: &[f32]) -> Result<Classes, MetricError> {
    let classes = check(labels, probabilities)?;
    match (classes.negatives, classes.positives) {
        (0, 0) => Err(MetricError::NoImages),
        (0, _) => Err(MetricError::OneClass { label: 1, images: labels.len() }),
        (_, 0) => Err(MetricError::OneClass { label: 0, images: labels.len() }),
        _ => Ok(classes),
    }
}

/// All images of one probability.
pub(super) struct Step {
    pub threshold: f32,
    pub negatives: u64,
    pub positives: u64,
}

/// The images grouped by probability, highest first.
pub(super) fn steps(labels: &[u8], probabilities: &[f32]) -> Vec<Step> {
    let mut order: Vec<(f32, u8)> =
        probabilities.iter().copied().zip(labels.iter().copied()).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    // Grouping by `==` makes −0 and 0 one step, whichever `total_cmp` puts first.
    let groups = order.chunk_by(|a, b| a.0 == b.0);
    let step = |group: &[(f32, u8)]| {
        let positives = group.iter().map(|&(_, label)| u64::from(label)).sum();
        Step { threshold: group[0].0, negatives: group.len() as u64 - positives, positives }
    };
    groups.map(step).collect()
}
