//! Precision against recall, and the area under it.

use serde::{Deserialize, Serialize};

use super::error::{Classes, MetricError, check};
use super::groups::Groups;
use super::ranking::Ranking;
use super::roc::steps;

/// What deciding "positive" at `threshold` and above gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrPoint {
    pub threshold: f32,
    /// Share of the images called positive that are.
    pub precision: f64,
    /// Share of the positive images that are called so: sensitivity.
    pub recall: f64,
}

/// One point for each distinct probability, by falling threshold; empty without positive images,
/// which leave recall undefined.
///
/// # Errors
/// Unsound values as in [`MetricError`].
pub fn precision_recall(labels: &[u8], probabilities: &[f32]) -> Result<Vec<PrPoint>, MetricError> {
    let classes = check(labels, probabilities)?;
    if classes.positives == 0 {
        return Ok(Vec::new());
    }
    let mut seen = Classes { negatives: 0, positives: 0 };
    let point = |step: super::roc::Step| {
        seen.negatives += step.negatives;
        seen.positives += step.positives;
        PrPoint {
            threshold: step.threshold,
            precision: seen.positives as f64 / (seen.positives + seen.negatives) as f64,
            recall: seen.positives as f64 / classes.positives as f64,
        }
    };
    Ok(steps(labels, probabilities).into_iter().map(point).collect())
}

/// Σ (Rₙ − Rₙ₋₁)·Pₙ over the points of [`precision_recall`], as scikit-learn defines it: a step
/// function, since straight lines between points flatter a model (Davis & Goadrich 2006, "The
/// relationship between precision-recall and ROC curves"). `None` without positive images.
///
/// # Errors
/// Unsound values as in [`MetricError`].
pub fn average_precision(labels: &[u8], probabilities: &[f32]) -> Result<Option<f64>, MetricError> {
    let whole = Groups::whole(labels.len());
    let ranking = Ranking::new(labels, probabilities, &whole, 0.5)?;
    Ok(ranking.scores(&whole.once()).average_precision)
}
