//! What a probability costs: the log loss and the Brier score, both proper scoring rules.

use super::error::{MetricError, check};

/// Probabilities are kept this far from 0 and 1 (f32's own resolution at 1), so that one confident
/// mistake costs 15.9 nats and not infinity.
pub(super) const CLIP: f64 = f32::EPSILON as f64;

/// The mean binary cross-entropy, in nats: −ln of the probability given to the true label.
///
/// # Errors
/// Unsound values as in [`MetricError`], and [`MetricError::NoImages`].
pub fn log_loss(labels: &[u8], probabilities: &[f32]) -> Result<f64, MetricError> {
    mean(labels, probabilities, cross_entropy)
}

/// The mean squared distance of probability and label, 0 to 1 (Brier 1950, "Verification of
/// forecasts expressed in terms of probability").
///
/// # Errors
/// As [`log_loss`].
pub fn brier(labels: &[u8], probabilities: &[f32]) -> Result<f64, MetricError> {
    mean(labels, probabilities, squared_error)
}

fn mean(
    labels: &[u8],
    probabilities: &[f32],
    cost: fn(u8, f32) -> f64,
) -> Result<f64, MetricError> {
    check(labels, probabilities)?;
    if labels.is_empty() {
        return Err(MetricError::NoImages);
    }
    let costs = labels.iter().zip(probabilities).map(|(&label, &p)| cost(label, p));
    Ok(costs.sum::<f64>() / labels.len() as f64)
}

/// One image's log loss.
pub(super) fn cross_entropy(label: u8, probability: f32) -> f64 {
    let positive = f64::from(probability).clamp(CLIP, 1.0 - CLIP);
    -libm::log(if label == 1 { positive } else { 1.0 - positive })
}

/// One image's Brier score.
pub(super) fn squared_error(label: u8, probability: f32) -> f64 {
    let distance = f64::from(probability) - f64::from(label);
    distance * distance
}
