//! Steps of optimizers over slices: each element of parameter, gradient and moments is read and
//! written once. Must not know of schedules or of how settings are written.
//!
//! dfdx 0.13 has Adam and SGD too, but one thread a tensor, beta powers for each element, no
//! RMSprop, no dampening, no clipping, and no way to spare a tensor from weight decay. Each element
//! is treated alone, without fused multiply-adds, as PyTorch's loops do.
//!
//! Adam over 11 million parameters is bound by memory in both, 16 ms with one thread at best; what
//! is saved besides is the copy of all weights that reading a dfdx tensor costs each step, 8 ms.

use rayon::prelude::*;

use super::elementwise::CHUNK;
use super::isa::{Isa, versions};

/// What becomes of a gradient before an optimizer sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// It is multiplied by this: 1, or less to hold a global norm.
    pub scale: f32,
    /// Then held within ±this: infinity for no limit.
    pub limit: f32,
    /// Then this share of the parameter is added: L2 decay.
    pub decay: f32,
}

/// One step of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// `1 − β₁`: the weight of a gradient in the mean.
    pub new_mean: f32,
    /// β₂.
    pub old_square: f32,
    /// `1 − β₂`.
    pub new_square: f32,
    /// `lr / (1 − β₁ᵗ)`.
    pub step: f32,
    /// `1 / √(1 − β₂ᵗ)`.
    pub spread: f32,
    /// Added to the spread.
    pub eps: f32,
    /// What is kept of the parameter: `1 − lr · decay` with decoupled decay, otherwise 1.
    pub keep: f32,
}

/// One step of stochastic gradient descent with momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum {
    /// Learning rate.
    pub lr: f32,
    /// What is kept of the velocity.
    pub old: f32,
    /// The weight of a gradient in it: `1 − dampening`.
    pub new: f32,
    /// The gradient's own weight in the direction: 1 with Nesterov's momentum, otherwise 0.
    pub own: f32,
    /// The velocity's: the momentum with Nesterov's, otherwise 1.
    pub along: f32,
}

/// One step of RMSprop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// Learning rate.
    pub lr: f32,
    /// α: what is kept of the mean square.
    pub old: f32,
    /// `1 − α`.
    pub new: f32,
    /// Added to the spread.
    pub eps: f32,
    /// The share of the squared mean that is subtracted from the mean square: 1 if centred, or 0.
    pub centre: f32,
    /// What is kept of the last step.
    pub momentum: f32,
}

impl Slope {
    #[inline(always)]
    fn of(self, gradient: f32, parameter: f32) -> f32 {
        let g = gradient * self.scale;
        // Comparisons let NaN through, which `min` and `max` would hide.
        let g = if g > self.limit { self.limit } else { g };
        let g = if g < -self.limit { -self.limit } else { g };
        g + self.decay * parameter
    }
}

versions! {
    fn adam_chunk(rule: Adam, slope: Slope, grad: &[f32], p: &mut [f32], mean: &mut [f32], square: &mut [f32]) {
        let n = p.len();
        let (grad, mean, square) = (&grad[..n], &mut mean[..n], &mut square[..n]);
        for j in 0..n {
            let g = slope.of(grad[j], p[j]);
            let m = mean[j] + (g - mean[j]) * rule.new_mean;
            let v = square[j] * rule.old_square + g * g * rule.new_square;
            mean[j] = m;
            square[j] = v;
            p[j] = p[j] * rule.keep - rule.step * (m / (v.sqrt() * rule.spread + rule.eps));
        }
    }
}
versions! {
    fn sgd_chunk(lr: f32, slope: Slope, grad: &[f32], p: &mut [f32]) {
        let grad = &grad[..p.len()];
        for j in 0..p.len() { p[j] -= lr * slope.of(grad[j], p[j]); }
    }
}
versions! {
    fn momentum_chunk(rule: Momentum, slope: Slope, grad: &[f32], p: &mut [f32], velocity: &mut [f32]) {
        let n = p.len();
        let (grad, velocity) = (&grad[..n], &mut velocity[..n]);
        for j in 0..n {
            let g = slope.of(grad[j], p[j]);
            let v = rule.old * velocity[j] + rule.new * g;
            velocity[j] = v;
            p[j] -= rule.lr * (rule.own * g + rule.along * v);
        }
    }
}
versions! {
    fn rmsprop_chunk(rule: RmsProp, slope: Slope, grad: &[f32], p: &mut [f32], square: &mut [f32]) {
        let n = p.len();
        let (grad, square) = (&grad[..n], &mut square[..n]);
        for j in 0..n {
            let g = slope.of(grad[j], p[j]);
            let s = rule.old * square[j] + rule.new * (g * g);
            square[j] = s;
            p[j] -= rule.lr * (g / (s.sqrt() + rule.eps));
        }
    }
}
versions! {
    fn rmsprop_full_chunk(rule: RmsProp, slope: Slope, grad: &[f32], p: &mut [f32], square: &mut [f32], mean: &mut [f32], velocity: &mut [f32]) {
        let n = p.len();
        let (grad, square, mean, velocity) = (&grad[..n], &mut square[..n], &mut mean[..n], &mut velocity[..n]);
        for j in 0..n {
            let g = slope.of(grad[j], p[j]);
            let s = rule.old * square[j] + rule.new * (g * g);
            let m = mean[j] + (g - mean[j]) * rule.new;
            let variance = s - rule.centre * (m * m);
            // Rounding may take a variance of nothing below 0, whose root PyTorch makes NaN.
            let variance = if variance < 0.0 { 0.0 } else { variance };
            let v = rule.momentum * velocity[j] + g / (variance.sqrt() + rule.eps);
            square[j] = s;
            mean[j] = m;
            velocity[j] = v;
            p[j] -= rule.lr * v;
        }
    }
}
versions! {
    fn add_squares(x: &[f32], sum: &mut f64) {
        let mut lanes = [0f64; 16];
        let (whole, rest) = x.as_chunks::<16>();
        for x in whole {
            for j in 0..16 { lanes[j] += f64::from(x[j]) * f64::from(x[j]); }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) { *lane += f64::from(*x) * f64::from(*x); }
        *sum = lanes.iter().sum();
    }
}

/// Adam (Kingma and Ba, 2015, <https://arxiv.org/abs/1412.6980>), or AdamW (Loshchilov and Hutter,
/// 2019, <https://arxiv.org/abs/1711.05101>) by `keep`.
pub fn adam(
    isa: Isa,
    rule: Adam,
    slope: Slope,
    grad: &[f32],
    p: &mut [f32],
    [mean, square]: [&mut [f32]; 2],
) {
    let moments = mean.par_chunks_mut(CHUNK).zip(square.par_chunks_mut(CHUNK));
    p.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK)).zip(moments).for_each(
        |((p, grad), (mean, square))| adam_chunk(isa, rule, slope, grad, p, mean, square),
    );
}

/// Gradient descent without momentum: `p −= lr · g`.
pub fn sgd(isa: Isa, lr: f32, slope: Slope, grad: &[f32], p: &mut [f32]) {
    p.par_chunks_mut(CHUNK)
        .zip(grad.par_chunks(CHUNK))
        .for_each(|(p, grad)| sgd_chunk(isa, lr, slope, grad, p));
}

/// Gradient descent with momentum, classic or Nesterov's (Sutskever et al., 2013,
/// <https://proceedings.mlr.press/v28/sutskever13.html>), as PyTorch writes them.
pub fn momentum(
    isa: Isa,
    rule: Momentum,
    slope: Slope,
    grad: &[f32],
    p: &mut [f32],
    velocity: &mut [f32],
) {
    p.par_chunks_mut(CHUNK)
        .zip(grad.par_chunks(CHUNK))
        .zip(velocity.par_chunks_mut(CHUNK))
        .for_each(|((p, grad), velocity)| momentum_chunk(isa, rule, slope, grad, p, velocity));
}

/// RMSprop, neither centred nor with momentum: `centre` and `momentum` of the rule are not looked at.
pub fn rmsprop(
    isa: Isa,
    rule: RmsProp,
    slope: Slope,
    grad: &[f32],
    p: &mut [f32],
    square: &mut [f32],
) {
    p.par_chunks_mut(CHUNK)
        .zip(grad.par_chunks(CHUNK))
        .zip(square.par_chunks_mut(CHUNK))
        .for_each(|((p, grad), square)| rmsprop_chunk(isa, rule, slope, grad, p, square));
}

/// RMSprop in full (Graves, 2013, <https://arxiv.org/abs/1308.0850>, as PyTorch writes it).
pub fn rmsprop_full(
    isa: Isa,
    rule: RmsProp,
    slope: Slope,
    grad: &[f32],
    p: &mut [f32],
    [square, mean, velocity]: [&mut [f32]; 3],
) {
    let moments = square
        .par_chunks_mut(CHUNK)
        .zip(mean.par_chunks_mut(CHUNK))
        .zip(velocity.par_chunks_mut(CHUNK));
    p.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK)).zip(moments).for_each(
        |((p, grad), ((square, mean), velocity))| {
            rmsprop_full_chunk(isa, rule, slope, grad, p, square, mean, velocity);
        },
    );
}

/// `Σ x²`.
///
/// **Order of additions**, all in f64: chunks of 32768 elements; in a chunk element `j` goes to sum
/// `j mod 16`, in order, and the 16 sums are added in order; then the chunks' sums in order.
pub fn sum_of_squares(isa: Isa, x: &[f32]) -> f64 {
    let chunk = |x: &[f32]| {
        let mut sum = 0.0;
        add_squares(isa, x, &mut sum);
        sum
    };
    x.par_chunks(CHUNK).map(chunk).collect::<Vec<f64>>().iter().sum()
}
