//! The variance of an AUC without any distribution assumed, and the test between two AUCs.

use serde::{Deserialize, Serialize};

use super::bootstrap::Interval;
use super::error::MetricError;
use super::normal::{normal_quantile, two_sided_p};
use super::roc::{auc, both_classes};

/// An AUC with its placements, from which variances and covariances follow (DeLong, DeLong &
/// Clarke-Pearson 1988, "Comparing the areas under two or more correlated receiver operating
/// characteristic curves"). Placements come from one sort instead of all pairs, as by midranks (Sun
/// & Xu 2014, "Fast implementation of DeLong's algorithm").
///
/// Images count as independent. Where they come in groups, the variance is too small, and a
/// bootstrap by group is the honest one.
#[derive(Clone, Debug)]
pub struct DeLong {
    pub auc: f64,
    /// For each positive image, in order, the share of the negative ones below it, ties half.
    positives: Vec<f64>,
    /// For each negative image, in order, the share of the positive ones above it, ties half.
    negatives: Vec<f64>,
}

/// Two models on the same images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AucDifference {
    /// The first AUC − the second.
    pub difference: f64,
    /// `None` if a class has fewer than two images.
    pub standard_error: Option<f64>,
    pub z: Option<f64>,
    /// Two-sided. 1 for areas that are equal without any variance; `None` for areas that differ
    /// without any, since then there is nothing to measure the difference by.
    pub p: Option<f64>,
}

impl DeLong {
    /// # Errors
    /// As [`roc`](super::roc): unsound values, or an absent class.
    pub fn of(labels: &[u8], probabilities: &[f32]) -> Result<DeLong, MetricError> {
        let classes = both_classes(labels, probabilities)?;
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|&a, &b| (probabilities[a] + 0.0).total_cmp(&(probabilities[b] + 0.0)));
        let mut placements = vec![0.0; labels.len()];
        let (mut positives_below, mut negatives_below) = (0_u64, 0_u64);
        for step in order.chunk_by(|&a, &b| probabilities[a] == probabilities[b]) {
            let positives: u64 = step.iter().map(|&i| u64::from(labels[i])).sum();
            let negatives = step.len() as u64 - positives;
            let positives_above = classes.positives - positives_below - positives;
            for &i in step {
                let (halves, of) = match labels[i] {
                    1 => (2 * negatives_below + negatives, classes.negatives),
                    _ => (2 * positives_above + positives, classes.positives),
                };
                placements[i] = halves as f64 / (2 * of) as f64;
            }
            positives_below += positives;
            negatives_below += negatives;
        }
        let of_label = |label: u8| {
            let images = labels.iter().zip(&placements).filter(|(l, _)| **l == label);
            images.map(|(_, placement)| *placement).collect()
        };
        let auc = auc(labels, probabilities)?;
        Ok(DeLong { auc, positives: of_label(1), negatives: of_label(0) })
    }

    /// The variance of the AUC; `None` if a class has fewer than two images.
    pub fn variance(&self) -> Option<f64> {
        self.covariance(self)
    }

    /// The covariance with the AUC of another model on the same images; `None` if these are not
    /// the same images, or a class has fewer than two.
    pub fn covariance(&self, other: &DeLong) -> Option<f64> {
        let positives = covariance(&self.positives, &other.positives)?;
        let negatives = covariance(&self.negatives, &other.negatives)?;
        Some(positives / self.positives.len() as f64 + negatives / self.negatives.len() as f64)
    }

    /// The interval that holds the true AUC with the chance `level`, symmetric on the logit scale,
    /// on which it cannot leave 0 to 1 and covers better for high areas (Pepe 2003, "The
    /// statistical evaluation of medical tests", §5.2). `None` for an AUC of 0 or 1, and without a
    /// variance.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let spread = self.auc * (1.0 - self.auc);
        if spread <= 0.0 {
            return None;
        }
        let half = normal_quantile(0.5 + level / 2.0) * self.variance()?.sqrt() / spread;
        let center = libm::log(self.auc / (1.0 - self.auc));
        let back = |logit: f64| 1.0 / (1.0 + libm::exp(-logit));
        Some(Interval { lower: back(center - half), upper: back(center + half) })
    }

    /// The same on the plain scale, cut off at 0 and 1: what most programs print.
    pub fn plain_interval(&self, level: f64) -> Option<Interval> {
        let half = normal_quantile(0.5 + level / 2.0) * self.variance()?.sqrt();
        let (lower, upper) = ((self.auc - half).max(0.0), (self.auc + half).min(1.0));
        Some(Interval { lower, upper })
    }

    /// DeLong's paired test between two models on the same images.
    pub fn test(&self, other: &DeLong) -> AucDifference {
        let difference = self.auc - other.auc;
        // The variance of the difference of placements, which is exactly 0 for equal ones.
        let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let same = self.positives.len() == other.positives.len()
            && self.negatives.len() == other.negatives.len();
        let apart = DeLong {
            auc: difference,
            positives: minus(&self.positives, &other.positives),
            negatives: minus(&self.negatives, &other.negatives),
        };
        let standard_error = apart.variance().filter(|_| same).map(f64::sqrt);
        let z = standard_error.filter(|error| *error > 0.0).map(|error| difference / error);
        let equal = standard_error == Some(0.0) && difference == 0.0;
        let p = z.map(two_sided_p).or(equal.then_some(1.0));
        AucDifference { difference, standard_error, z, p }
    }
}

/// The covariance with n − 1 below; `None` for lengths that differ or are below 2.
fn covariance(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b));
    Some(products.sum::<f64>() / (a.len() - 1) as f64)
}
