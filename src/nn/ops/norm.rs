//! Batch normalisation on the tape, and the running statistics that inference uses.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::After;
use crate::nn::kernels::norm::{self, Saved};
use crate::nn::parameter::Parameter;
use crate::nn::tensor::{Activation, Compute, put, take};

/// Added to a variance before its root is taken, as PyTorch does.
const EPSILON: f32 = 1e-5;
/// The weight of a new batch in the running statistics, as in PyTorch.
const MOMENTUM: f32 = 0.1;

/// Means and variances by channel, averaged over the steps of training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Running {
    /// The layer's place in the model: its PyTorch name.
    pub layer: usize,
    pub mean: Vec<f32>,
    /// Unbiased.
    pub variance: Vec<f32>,
}

impl Running {
    /// PyTorch's start: mean 0, variance 1.
    pub fn new(layer: usize, channels: usize) -> Running {
        Running { layer, mean: vec![0.0; channels], variance: vec![1.0; channels] }
    }

    /// Takes in one batch of `count` values a channel, of biased variance `variance`.
    fn follow(&mut self, mean: &[f32], variance: &[f32], count: usize) {
        // One value has no unbiased variance: keep the biased one, which is 0.
        let unbias = if count > 1 { count as f32 / (count - 1) as f32 } else { 1.0 };
        for j in 0..mean.len() {
            self.mean[j] = (1.0 - MOMENTUM) * self.mean[j] + MOMENTUM * mean[j];
            self.variance[j] =
                (1.0 - MOMENTUM) * self.variance[j] + MOMENTUM * variance[j] * unbias;
        }
    }
}

/// `scale` and `shift` of the affine map that normalises by these statistics.
fn fold(
    cx: &Compute,
    mean: &[f32],
    variance: &[f32],
    weight: &Parameter,
    bias: &Parameter,
) -> Saved {
    let (gamma, beta) = (weight.read(cx), bias.read(cx));
    let inverse_sd: Vec<f32> =
        variance.iter().map(|variance| 1.0 / (variance + EPSILON).sqrt()).collect();
    let scale: Vec<f32> =
        gamma.iter().zip(&inverse_sd).map(|(gamma, inverse)| gamma * inverse).collect();
    let shift = (0..mean.len()).map(|j| beta[j] - mean[j] * scale[j]).collect();
    Saved { mean: mean.to_vec(), inverse_sd, scale, shift }
}

/// Normalises by the statistics of this batch, and lets the running ones follow.
pub(crate) fn train<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
    (weight, bias): (&Parameter, &Parameter),
    after: After,
    running: &mut Running,
) -> Result<Activation, CpuError> {
    let channels = x.shape.channels;
    let (mean, variance) = norm::statistics(cx.isa, &x.values, channels);
    running.follow(&mean, &variance, x.values.len() / channels);
    let saved = fold(cx, &mean, &variance, weight, bias);
    let mut y = cx.buffers.take(x.values.len());
    norm::affine(cx.isa, &x.values, (&saved.scale, &saved.shift), None, after, &mut y);
    let y = Activation::new(cx, y, x.images, x.shape)?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.clone(), y.tag.clone());
        let (weight, bias) = (weight.tag.clone(), bias.tag.clone());
        tape.add_backward_op(move |grads| {
            let mut d = take(&cx, grads, &y)?;
            let (scale_grad, shift_grad) = norm::grad(cx.isa, &x.values, &saved, after, &mut d);
            put(grads, &weight, cx.buffers.copy(&scale_grad))?;
            put(grads, &bias, cx.buffers.copy(&shift_grad))?;
            put(grads, &x.tag, d)
        });
    }
    Ok(y)
}

/// Normalises by the running statistics.
pub(crate) fn infer(
    cx: &Compute,
    x: &Activation,
    (weight, bias): (&Parameter, &Parameter),
    after: After,
    running: &Running,
) -> Result<Activation, CpuError> {
    let Saved { scale, shift, .. } = fold(cx, &running.mean, &running.variance, weight, bias);
    let mut y = cx.buffers.take(x.values.len());
    norm::affine(cx.isa, &x.values, (&scale, &shift), None, after, &mut y);
    Activation::new(cx, y, x.images, x.shape)
}
