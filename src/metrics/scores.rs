//! All scores of one model on one split, as they are written to `metrics.json`.

use serde::{Deserialize, Serialize};

use super::confusion::Confusion;
use super::error::{MetricError, check};
use super::roc::auc;

/// What a model scored. A quantity that the images leave undefined is `None` (`null` in JSON).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Images scored.
    pub images: u64,
    /// Images whose probability is at least this are called positive.
    pub threshold: f32,
    pub auc: Option<f64>,
    pub log_loss: Option<f64>,
    pub accuracy: Option<f64>,
    pub balanced_accuracy: Option<f64>,
    pub sensitivity: Option<f64>,
    pub specificity: Option<f64>,
    pub precision: Option<f64>,
    pub f1: Option<f64>,
    pub confusion: Confusion,
}

impl Scores {
    /// Scores probabilities, deciding "positive" from `threshold` upwards.
    ///
    /// # Errors
    /// Lengths that differ, a label that is not 0 or 1, a probability outside 0 to 1. An absent
    /// class is no error here: it leaves `auc` and what else needs it `None`.
    pub fn of(labels: &[u8], probabilities: &[f32], threshold: f32) -> Result<Self, MetricError> {
        let area = match auc(labels, probabilities) {
            Err(MetricError::OneClass { .. } | MetricError::NoImages) => None,
            area => Some(area?),
        };
        let loss = match log_loss(labels, probabilities) {
            Err(MetricError::NoImages) => None,
            loss => Some(loss?),
        };
        let confusion = Confusion::at(labels, probabilities, threshold)?;
        Ok(Self {
            images: confusion.images(),
            threshold,
            auc: area,
            log_loss: loss,
            accuracy: confusion.accuracy(),
            balanced_accuracy: confusion.balanced_accuracy(),
            sensitivity: confusion.sensitivity(),
            specificity: confusion.specificity(),
            precision: confusion.precision(),
            f1: confusion.f1(),
            confusion,
        })
    }
}

/// Probabilities are kept this far from 0 and 1 (f32's own resolution at 1), so that one confident
/// mistake costs 15.9 nats and not infinity.
const CLIP: f64 = f32::EPSILON as f64;

/// The mean binary cross-entropy, in nats: −ln of the probability given to the true label.
///
/// # Errors
/// Unsound values as in [`MetricError`], and [`MetricError::NoImages`].
pub fn log_loss(labels: &[u8], probabilities: &[f32]) -> Result<f64, MetricError> {
    check(labels, probabilities)?;
    if labels.is_empty() {
        return Err(MetricError::NoImages);
    }
    let mut sum = 0.0;
    for (&label, &probability) in labels.iter().zip(probabilities) {
        let positive = f64::from(probability).clamp(CLIP, 1.0 - CLIP);
        sum -= libm::log(if label == 1 { positive } else { 1.0 - positive });
    }
    Ok(sum / labels.len() as f64)
}
