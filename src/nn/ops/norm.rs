//! Batch normalisation on the tape, and the running statistics that inference uses.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::norm::{self, Saved};
use crate::nn::kernels::{After, elementwise};
use crate::nn::parameter::Parameter;
use crate::nn::tensor::{Activation, Compute, put, take};

/// The weight of a new batch in the running statistics, as in PyTorch.
const MOMENTUM: f32 = 0.1;

/// Means and variances by channel, averaged over the steps of training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Running {
    /// The layer's PyTorch name: `layer1.0.bn1`.
    pub name: String,
    pub mean: Vec<f32>,
    /// Unbiased.
    pub variance: Vec<f32>,
}

impl Running {
    /// PyTorch's start: mean 0, variance 1.
    pub fn new(name: &str, channels: usize) -> Running {
        Running { name: name.to_owned(), mean: vec![0.0; channels], variance: vec![1.0; channels] }
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

/// A batch norm as an affine map.
pub(crate) struct Fold {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

/// The affine map that normalises by a mean and a (biased) variance, then scales and shifts.
pub(crate) fn fold(
    cx: &Compute,
    statistics: (&[f32], &[f32]),
    of: (&Parameter, &Parameter),
    epsilon: f32,
) -> Fold {
    let Saved { scale, shift, .. } = saved(cx, statistics, of, epsilon);
    Fold { scale, shift }
}

fn saved(
    cx: &Compute,
    (mean, variance): (&[f32], &[f32]),
    (weight, bias): (&Parameter, &Parameter),
    epsilon: f32,
) -> Saved {
    let (gamma, beta) = (weight.read(cx), bias.read(cx));
    let inverse_sd: Vec<f32> =
        variance.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect();
    let scale: Vec<f32> =
        gamma.iter().zip(&inverse_sd).map(|(gamma, inverse)| gamma * inverse).collect();
    let shift = (0..mean.len()).map(|j| beta[j] - mean[j] * scale[j]).collect();
    Saved { mean: mean.to_vec(), inverse_sd, scale, shift }
}

/// Normalises by the statistics of this batch, and lets the running ones follow; adds `residual`.
#[allow(clippy::too_many_arguments)]
pub(crate) fn train<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
    of: (&Parameter, &Parameter),
    epsilon: f32,
    residual: Option<&Activation>,
    after: After,
    running: &mut Running,
) -> Result<Activation, CpuError> {
    let channels = x.shape.channels;
    let (mean, variance) = norm::statistics(cx.isa, &x.values, channels);
    running.follow(&mean, &variance, x.values.len() / channels);
    let saved = saved(cx, (&mean, &variance), of, epsilon);
    let Saved { scale, shift, .. } = &saved;
    let y = affine(cx, x, (scale, shift), residual, after)?;
    if T::OWNS_TAPE {
        let residual = residual.map(|residual| (residual.tag.clone(), y.values.clone()));
        let (cx, x, y) = (cx.clone(), x.clone(), y.tag.clone());
        let (weight, bias) = (of.0.tag.clone(), of.1.tag.clone());
        tape.add_backward_op(move |grads| {
            let mut d = take(&cx, grads, &y)?;
            let (scale_grad, shift_grad) = match residual {
                None => norm::grad(cx.isa, &x.values, &saved, after, &mut d),
                Some((residual, y)) => {
                    let mut dx = cx.buffers.take(d.len());
                    let output = (&y[..], after);
                    let grads_of_map = norm::grad_with_residual(
                        cx.isa, &x.values, &saved, output, &mut d, &mut dx,
                    );
                    put(&cx, grads, &residual, std::mem::replace(&mut d, dx))?;
                    grads_of_map
                }
            };
            put(&cx, grads, &weight, cx.buffers.copy(&scale_grad))?;
            put(&cx, grads, &bias, cx.buffers.copy(&shift_grad))?;
            put(&cx, grads, &x.tag, d)
        });
    }
    Ok(y)
}

/// Normalises by given statistics, which nothing is learnt of; adds `residual`.
pub(crate) fn fixed<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
    fold: Fold,
    residual: Option<&Activation>,
    after: After,
) -> Result<Activation, CpuError> {
    let y = affine(cx, x, (&fold.scale, &fold.shift), residual, after)?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.clone());
        let residual = residual.map(|residual| residual.tag.clone());
        tape.add_backward_op(move |grads| {
            let mut d = take(&cx, grads, &y.tag)?;
            if after != After::Nothing {
                elementwise::mask(cx.isa, &y.values, after, &mut d);
            }
            if let Some(residual) = residual {
                put(&cx, grads, &residual, cx.buffers.copy(&d))?;
            }
            for pixel in d.chunks_exact_mut(fold.scale.len()) {
                pixel.iter_mut().zip(&fold.scale).for_each(|(d, scale)| *d *= scale);
            }
            put(&cx, grads, &x, d)
        });
    }
    Ok(y)
}

/// Normalises by given statistics; adds `residual`.
pub(crate) fn infer(
    cx: &Compute,
    x: &Activation,
    Fold { scale, shift }: &Fold,
    residual: Option<&Activation>,
    after: After,
) -> Result<Activation, CpuError> {
    affine(cx, x, (scale, shift), residual, after)
}

fn affine(
    cx: &Compute,
    x: &Activation,
    (scale, shift): (&[f32], &[f32]),
    residual: Option<&Activation>,
    after: After,
) -> Result<Activation, CpuError> {
    let mut y = cx.buffers.take(x.values.len());
    let residual = residual.map(|residual| &residual.values[..]);
    norm::affine(cx.isa, &x.values, (scale, shift), residual, after, &mut y);
    Activation::new(cx, y, x.images, x.shape)
}
