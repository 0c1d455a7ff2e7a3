//! Binary cross-entropy of logits, and the sigmoid: `exp` and `ln` from `libm`, as dfdx's own
//! loss takes them from the system, whose bits differ between machines.

use dfdx::shapes::Rank0;
use dfdx::tensor::{Cpu, CpuError, Tape, Tensor, TensorFromVec};

use crate::nn::loss::{Loss, PositiveWeight};
use crate::nn::tensor::{Activation, Compute, put};

/// `1 / (1 + e^−logit)`, without overflow.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    let small = libm::expf(-logit.abs());
    if logit < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) }
}

/// Cross-entropy with all its numbers known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CrossEntropy {
    /// How much class 1 counts.
    positive_weight: f32,
    /// What the labels 0 and 1 stand for.
    targets: [f32; 2],
}

impl CrossEntropy {
    /// As the settings say; a balanced weight is that of `labels`, 1 where a class has none.
    pub fn of(loss: &Loss, labels: &[u8]) -> CrossEntropy {
        let Loss::BinaryCrossentropy(settings) = loss;
        let ones = labels.iter().filter(|label| **label == 1).count();
        let zeros = labels.len() - ones;
        let positive_weight = match settings.positive_weight {
            PositiveWeight::Of(weight) => weight as f32,
            PositiveWeight::Balanced if ones * zeros == 0 => 1.0,
            PositiveWeight::Balanced => (zeros as f64 / ones as f64) as f32,
        };
        let half = settings.label_smoothing / 2.0;
        CrossEntropy { positive_weight, targets: [half as f32, (1.0 - half) as f32] }
    }

    /// `−w·y·ln p − (1 − y)·ln (1 − p)`, stable for any logit z, as
    /// `−ln p = max(−z, 0) + ln(1 + e^−|z|)`.
    pub fn of_one(self, logit: f32, label: u8) -> f32 {
        let target = self.targets[usize::from(label == 1)];
        let curve = libm::log1pf(libm::expf(-logit.abs()));
        // `f32::max` would turn NaN into 0 and hide that the training diverged.
        let (up, down) = if logit < 0.0 { (0.0, -logit) } else { (logit, 0.0) };
        self.positive_weight * target * (down + curve) + (1.0 - target) * (up + curve)
    }

    /// The derivative of [`CrossEntropy::of_one`] by the logit.
    fn slope(self, logit: f32, label: u8) -> f32 {
        let target = self.targets[usize::from(label == 1)];
        let positive = self.positive_weight * target;
        sigmoid(logit) * (1.0 - target + positive) - positive
    }
}

/// The mean cross-entropy of a batch: an ordinary dfdx scalar, so that dfdx's `backward` starts
/// from it. Added in the order of images, in f64.
pub(crate) fn mean_cross_entropy<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    entropy: CrossEntropy,
    logits: &Activation,
    labels: &[u8],
) -> Result<Tensor<Rank0, f32, Cpu>, CpuError> {
    let sum: f64 = logits
        .values
        .iter()
        .zip(labels)
        .map(|(logit, label)| f64::from(entropy.of_one(*logit, *label)))
        .sum();
    let loss = cx.device.try_tensor_from_vec(vec![(sum / labels.len() as f64) as f32], ())?;
    if T::OWNS_TAPE {
        let (cx, logits, labels, loss) =
            (cx.clone(), logits.clone(), labels.to_vec(), loss.clone());
        tape.add_backward_op(move |grads| {
            let upstream = grads.get_or_alloc_mut(&loss)?[0] / labels.len() as f32;
            let mut dx = cx.buffers.take(labels.len());
            for (dx, (logit, label)) in dx.iter_mut().zip(logits.values.iter().zip(&labels)) {
                *dx = entropy.slope(*logit, *label) * upstream;
            }
            put(&cx, grads, &logits.tag, dx)
        });
    }
    Ok(loss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::loss::BinaryCrossentropy;

    fn entropy(positive_weight: PositiveWeight, label_smoothing: f64) -> CrossEntropy {
        let settings = BinaryCrossentropy { positive_weight, label_smoothing };
        CrossEntropy::of(&Loss::BinaryCrossentropy(settings), &[0, 0, 0, 1])
    }

    const LOGITS: [f32; 9] = [-200.0, -20.0, -1.5, -1e-3, 0.0, 0.3, 9.0, 50.0, 200.0];

    #[test]
    fn loss_and_probability_are_stable() {
        let plain = entropy(PositiveWeight::Of(1.0), 0.0);
        for logit in LOGITS {
            let z = f64::from(logit);
            let expected =
                [z.max(0.0) + (-z.abs()).exp().ln_1p(), (-z).max(0.0) + (-z.abs()).exp().ln_1p()];
            for label in [0, 1] {
                let loss = f64::from(plain.of_one(logit, label));
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
        assert!(plain.of_one(f32::NAN, 0).is_nan() && plain.of_one(f32::NAN, 1).is_nan());
    }

    /// Three images of class 0 and one of class 1: it counts three times. At logit 0 both −ln p
    /// and −ln(1 − p) are ln 2; with ε = 0.2 the targets are 0.1 and 0.9.
    #[test]
    fn weights_and_smoothing() {
        let ln2 = std::f32::consts::LN_2;
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        let balanced = entropy(PositiveWeight::Balanced, 0.0);
        close(balanced.of_one(0.0, 1), 3.0 * ln2);
        close(balanced.of_one(0.0, 0), ln2);
        let both = entropy(PositiveWeight::Of(2.0), 0.2);
        close(both.of_one(0.0, 1), (2.0 * 0.9 + 0.1) * ln2);
        close(both.of_one(0.0, 0), (2.0 * 0.1 + 0.9) * ln2);
    }

    #[test]
    fn slopes_are_differences_of_the_loss() {
        let both = entropy(PositiveWeight::Of(2.5), 0.1);
        for logit in [-3.0f32, -0.4, 0.0, 0.7, 4.0] {
            for label in [0, 1] {
                let difference =
                    (both.of_one(logit + 0.01, label) - both.of_one(logit - 0.01, label)) / 0.02;
                let slope = both.slope(logit, label);
                assert!((slope - difference).abs() < 1e-4, "{logit} {label}: {slope} {difference}");
            }
        }
    }
}
