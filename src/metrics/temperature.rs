//! Temperature scaling: one number that makes a network less, or more, sure of itself.

use super::error::{MetricError, check};

/// The temperature T at which σ(z / T) of the logits z has the smallest log loss (Guo et al. 2017,
/// "On calibration of modern neural networks"). Above 1 it softens, below 1 it sharpens; the order
/// of the images, and with it the AUC, stays.
///
/// The log loss is convex in 1 / T, so the root of its slope is bracketed and found by Newton's
/// steps, each kept inside the bracket by bisection. `None` where no finite T > 0 is best: the
/// logits' signs tell the classes apart without fault, are worse than chance, or a class is absent.
///
/// # Errors
/// Unsound values as in [`MetricError`].
pub fn fit_temperature(labels: &[u8], probabilities: &[f32]) -> Result<Option<f64>, MetricError> {
    let classes = check(labels, probabilities)?;
    if classes.negatives == 0 || classes.positives == 0 {
        return Ok(None);
    }
    let logits: Vec<f64> = probabilities.iter().map(|&p| logit(p)).collect();
    // Without an image on the wrong side of 0 a sharper answer is always better.
    let wrong = |(&z, &label): (&f64, &u8)| if label == 1 { z < 0.0 } else { z > 0.0 };
    if !logits.iter().zip(labels).any(wrong) {
        return Ok(None);
    }
    // Slope and curvature of the log loss, as a sum over the images, at the factor 1 / T.
    let slope = |factor: f64| {
        let (mut slope, mut curvature) = (0.0, 0.0);
        for (&z, &label) in logits.iter().zip(labels) {
            let p = sigmoid(factor * z);
            slope += (p - f64::from(label)) * z;
            curvature += p * (1.0 - p) * z * z;
        }
        (slope, curvature)
    };
    Ok(root(slope).map(|factor| 1.0 / factor))
}

/// The factor at which a rising slope is 0, if it lies in 0 to 10⁴.
fn root(slope: impl Fn(f64) -> (f64, f64)) -> Option<f64> {
    const LARGEST: f64 = 1e4;
    if slope(0.0).0 >= 0.0 {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while slope(high).0 < 0.0 {
        (low, high) = (high, 2.0 * high);
        if high > LARGEST {
            return None;
        }
    }
    let mut factor = 0.5 * (low + high);
    for _ in 0..200 {
        let (value, curvature) = slope(factor);
        if value < 0.0 {
            low = factor
        } else {
            high = factor
        }
        let newton = factor - value / curvature;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let done = (next - factor).abs() <= 1e-14 * factor;
        factor = next;
        if done {
            break;
        }
    }
    Some(factor)
}

/// σ(z / T) of a probability's logit z.
pub fn soften(probability: f32, temperature: f64) -> f32 {
    sigmoid(logit(probability) / temperature) as f32
}

/// ln(p / (1 − p)). Within f32 a 1 stands for all above 1 − 2⁻²⁵ and a 0 for all below 2⁻¹⁵⁰: they
/// are taken for these bounds, which keeps them finite and above, or below, all others.
fn logit(probability: f32) -> f64 {
    let p = f64::from(probability);
    let p = p.clamp(libm::exp2(-150.0), 1.0 - libm::exp2(-25.0));
    libm::log(p) - libm::log1p(-p)
}

fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + libm::exp(-z))
    } else {
        let e = libm::exp(z);
        e / (1.0 + e)
    }
}
