//! Binary cross-entropy of logits, and the sigmoid: `exp` and `ln` from `libm`, as dfdx's own
//! loss takes them from the system, whose bits differ between machines.

use dfdx::shapes::Rank0;
use dfdx::tensor::{Cpu, CpuError, Tape, Tensor, TensorFromVec};

use crate::nn::tensor::{Activation, Compute, put};

/// `1 / (1 + e^−logit)`, without overflow.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    let small = libm::expf(-logit.abs());
    if logit < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) }
}

/// `−ln p(label)`, stable for any logit: `max(z, 0) − z·y + ln(1 + e^−|z|)`.
pub(crate) fn cross_entropy(logit: f32, label: u8) -> f32 {
    let linear = if label == 1 { -logit } else { logit };
    // `f32::max` would turn NaN into 0 and hide that the training diverged.
    let linear = if linear < 0.0 { 0.0 } else { linear };
    linear + libm::log1pf(libm::expf(-logit.abs()))
}

/// The mean cross-entropy of a batch: an ordinary dfdx scalar, so that dfdx's `backward` starts
/// from it. Added in the order of images, in f64.
pub(crate) fn mean_cross_entropy<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    logits: &Activation,
    labels: &[u8],
) -> Result<Tensor<Rank0, f32, Cpu>, CpuError> {
    let sum: f64 = logits
        .values
        .iter()
        .zip(labels)
        .map(|(logit, label)| f64::from(cross_entropy(*logit, *label)))
        .sum();
    let loss = cx.device.try_tensor_from_vec(vec![(sum / labels.len() as f64) as f32], ())?;
    if T::OWNS_TAPE {
        let (cx, logits, labels, loss) =
            (cx.clone(), logits.clone(), labels.to_vec(), loss.clone());
        tape.add_backward_op(move |grads| {
            let upstream = grads.get_or_alloc_mut(&loss)?[0] / labels.len() as f32;
            let mut dx = cx.buffers.take(labels.len());
            for (dx, (logit, label)) in dx.iter_mut().zip(logits.values.iter().zip(&labels)) {
                *dx = (sigmoid(*logit) - f32::from(*label)) * upstream;
            }
            put(&cx, grads, &logits.tag, dx)
        });
    }
    Ok(loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_and_probability_are_stable() {
        for logit in [-200.0f32, -20.0, -1.5, -1e-3, 0.0, 0.3, 9.0, 50.0, 200.0] {
            let z = f64::from(logit);
            let expected =
                [z.max(0.0) + (-z.abs()).exp().ln_1p(), (-z).max(0.0) + (-z.abs()).exp().ln_1p()];
            for label in [0, 1] {
                let loss = f64::from(cross_entropy(logit, label));
                let expected = expected[usize::from(label)];
                assert!(
                    (loss - expected).abs() <= 1e-6 * expected.max(1e-30),
                    "{logit} {label}: {loss} {expected}"
                );
            }
            let probability = f64::from(sigmoid(logit));
            assert!(
                (probability - 1.0 / (1.0 + (-z).exp())).abs() < 1e-7,
                "{logit}: {probability}"
            );
        }
        assert!(cross_entropy(f32::NAN, 0).is_nan() && cross_entropy(f32::NAN, 1).is_nan());
    }
}
