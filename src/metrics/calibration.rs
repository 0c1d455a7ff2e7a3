//! Whether probabilities mean what they say: reliability bins and the expected calibration error.

use serde::{Deserialize, Serialize};

use super::bootstrap::percentile;
use super::error::{MetricError, check};

/// How many bins there are unless somebody says otherwise (Guo et al. 2017, "On calibration of
/// modern neural networks").
pub const BINS: usize = 15;

/// Where one bin of probabilities ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Equal parts of 0 to 1.
    EqualWidth,
    /// Equal numbers of images, as far as ties allow: edges are quantiles of the probabilities.
    EqualMass,
}

/// The images whose probability is above `lower` and at most `upper`; the first bin has its lower
/// end too. Bins are as in scikit-learn's `calibration_curve`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    pub lower: f64,
    pub upper: f64,
    pub images: u64,
    /// Their mean probability.
    pub mean_probability: f64,
    /// The share of them that is positive: equal to the mean probability if calibrated.
    pub positive_share: f64,
}

/// The reliability curve: all bins that hold images, from low to high.
///
/// # Errors
/// Unsound values as in [`MetricError`].
pub fn reliability(
    labels: &[u8],
    probabilities: &[f32],
    binning: Binning,
    bins: usize,
) -> Result<Vec<ReliabilityBin>, MetricError> {
    check(labels, probabilities)?;
    let edges = edges(binning, bins, probabilities);
    let mut sums = vec![(0_u64, 0.0, 0_u64); edges.len().saturating_sub(1)];
    for (&label, &probability) in labels.iter().zip(probabilities) {
        if let Some(sum) = sums.get_mut(place(&edges, probability)) {
            *sum = (sum.0 + 1, sum.1 + f64::from(probability), sum.2 + u64::from(label));
        }
    }
    let bin = |(i, (images, sum, positives)): (usize, (u64, f64, u64))| ReliabilityBin {
        lower: edges[i],
        upper: edges[i + 1],
        images,
        mean_probability: sum / images as f64,
        positive_share: positives as f64 / images as f64,
    };
    Ok(sums.into_iter().enumerate().filter(|(_, sum)| sum.0 > 0).map(bin).collect())
}

/// The mean over all images of |share of positives − mean probability| of their bin (Naeini et al.
/// 2015, "Obtaining well calibrated probabilities using Bayesian binning"), here of the positive
/// class; `None` without bins. It is biased upwards in small samples.
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let images: u64 = bins.iter().map(|bin| bin.images).sum();
    let gap = |bin: &ReliabilityBin| {
        bin.images as f64 * (bin.positive_share - bin.mean_probability).abs()
    };
    (images > 0).then(|| bins.iter().map(gap).sum::<f64>() / images as f64)
}

/// One more edge than there are bins, never falling.
pub(super) fn edges(binning: Binning, bins: usize, probabilities: &[f32]) -> Vec<f64> {
    let bins = bins.max(1);
    let share = |i: usize| i as f64 / bins as f64;
    match binning {
        Binning::EqualWidth => (0..=bins).map(share).collect(),
        Binning::EqualMass => {
            let mut sorted: Vec<f64> = probabilities.iter().map(|&p| f64::from(p)).collect();
            sorted.sort_by(f64::total_cmp);
            (0..=bins).filter_map(|i| percentile(&sorted, share(i))).collect()
        }
    }
}

/// The bin of a probability: the number of inner edges that lie below it.
pub(super) fn place(edges: &[f64], probability: f32) -> usize {
    let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or(&[]);
    inner.partition_point(|&edge| edge < f64::from(probability))
}
