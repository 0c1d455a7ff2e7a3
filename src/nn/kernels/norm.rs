//! Batch normalisation (Ioffe and Szegedy, 2015, <https://arxiv.org/abs/1502.03167>): statistics
//! of a batch by channel, the affine map, and its gradient.

use rayon::prelude::*;

use super::After;
use super::elementwise::{clamp, pass};
use super::isa::{Isa, versions};
use super::reduce::{add_rows, chunk_rows, combine};

versions! {
    fn add_squares(rows: &[f32], columns: usize, mean: &[f32], sums: &mut [f32]) {
        let (sums, mean) = (&mut sums[..columns], &mean[..columns]);
        for row in rows.chunks_exact(columns) {
            for j in 0..columns {
                let deviation = row[j] - mean[j];
                sums[j] = deviation.mul_add(deviation, sums[j]);
            }
        }
    }
}
versions! {
    fn affine_chunk(x: &[f32], columns: usize, scale: &[f32], shift: &[f32], bounds: (f32, f32), y: &mut [f32]) {
        let (scale, shift) = (&scale[..columns], &shift[..columns]);
        for (x, y) in x.chunks_exact(columns).zip(y.chunks_exact_mut(columns)) {
            for j in 0..columns { y[j] = clamp(x[j].mul_add(scale[j], shift[j]), bounds); }
        }
    }
}
versions! {
    fn grad_sums(x: &[f32], d: &[f32], columns: usize, mean: &[f32], sums: &mut [f32], products: &mut [f32]) {
        let (mean, sums, products) = (&mean[..columns], &mut sums[..columns], &mut products[..columns]);
        for (x, d) in x.chunks_exact(columns).zip(d.chunks_exact(columns)) {
            for j in 0..columns {
                sums[j] += d[j];
                products[j] = d[j].mul_add(x[j] - mean[j], products[j]);
            }
        }
    }
}
versions! {
    fn mask_by_input(x: &[f32], d: &mut [f32], columns: usize, scale: &[f32], shift: &[f32], bounds: (f32, f32)) {
        let (scale, shift) = (&scale[..columns], &shift[..columns]);
        for (x, d) in x.chunks_exact(columns).zip(d.chunks_exact_mut(columns)) {
            for j in 0..columns {
                d[j] = pass(x[j].mul_add(scale[j], shift[j]), d[j], bounds);
            }
        }
    }
}
versions! {
    fn grad_chunk(x: &[f32], d: &mut [f32], columns: usize, mean: &[f32], scale: &[f32], constant: &[f32], slope: &[f32]) {
        let (mean, scale) = (&mean[..columns], &scale[..columns]);
        let (constant, slope) = (&constant[..columns], &slope[..columns]);
        for (x, d) in x.chunks_exact(columns).zip(d.chunks_exact_mut(columns)) {
            for j in 0..columns {
                d[j] = (x[j] - mean[j]).mul_add(slope[j], d[j].mul_add(scale[j], constant[j]));
            }
        }
    }
}

/// Mean and biased variance of each column of `rows`.
///
/// **Order of additions**: rows are cut into chunks of 32768 / columns. In a chunk, in f32: the
/// sum in order, the mean, then the squares of deviations in order. The chunks' (mean, squares)
/// are merged in order, in f64, by Chan, Golub and LeVeque's rule.
pub fn statistics(isa: Isa, rows: &[f32], columns: usize) -> (Vec<f32>, Vec<f32>) {
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; rows.len().div_ceil(chunk) * 2 * columns];
    partial.par_chunks_mut(2 * columns).zip(rows.par_chunks(chunk)).for_each(|(part, rows)| {
        let (mean, squares) = part.split_at_mut(columns);
        add_rows(isa, rows, columns, mean);
        let count = (rows.len() / columns) as f32;
        mean.iter_mut().for_each(|mean| *mean /= count);
        add_squares(isa, rows, columns, mean, squares);
    });
    let (mut mean, mut squares, mut seen) = (vec![0f64; columns], vec![0f64; columns], 0f64);
    for (part, rows) in partial.chunks_exact(2 * columns).zip(rows.chunks(chunk)) {
        let count = (rows.len() / columns) as f64;
        let total = seen + count;
        for j in 0..columns {
            let apart = f64::from(part[j]) - mean[j];
            mean[j] += apart * count / total;
            squares[j] += f64::from(part[columns + j]) + apart * apart * seen * count / total;
        }
        seen = total;
    }
    let variance = squares.into_iter().map(|squares| (squares / seen) as f32).collect();
    (mean.into_iter().map(|mean| mean as f32).collect(), variance)
}

/// `y = x · scale + shift` by channel, one fused multiply-add an element.
pub fn affine(isa: Isa, x: &[f32], scale: &[f32], shift: &[f32], after: After, y: &mut [f32]) {
    let columns = scale.len();
    let chunk = chunk_rows(columns) * columns;
    y.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).for_each(|(y, x)| {
        affine_chunk(isa, x, columns, scale, shift, after.bounds(), y);
    });
}

/// What the forward pass in training leaves for the gradient, by channel.
pub struct Saved {
    /// The batch's mean.
    pub mean: Vec<f32>,
    /// `1 / √(variance + ε)`.
    pub inverse_sd: Vec<f32>,
    /// `γ / sd`: the slope of the affine map.
    pub scale: Vec<f32>,
    /// `β − mean · scale`: its constant.
    pub shift: Vec<f32>,
}

/// Turns `d` from dy into dx in place; returns (dγ, dβ). With a ReLU after it, `d` is first
/// masked by the sign of the affine map, computed again from `x`.
///
/// **Order of additions**: as for [`super::reduce::column_sums`], both for `Σ dy` and for
/// `Σ dy · (x − mean)` (the latter by fused multiply-adds).
pub fn grad(
    isa: Isa,
    x: &[f32],
    saved: &Saved,
    after: After,
    d: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let Saved { mean, inverse_sd, scale, shift } = saved;
    let columns = scale.len();
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; x.len().div_ceil(chunk) * 2 * columns];
    let chunks = d.par_chunks_mut(chunk).zip(x.par_chunks(chunk));
    partial.par_chunks_mut(2 * columns).zip(chunks).for_each(|(part, (d, x))| {
        let (sums, products) = part.split_at_mut(columns);
        if after != After::Nothing {
            mask_by_input(isa, x, d, columns, scale, shift, after.bounds());
        }
        grad_sums(isa, x, d, columns, mean, sums, products);
    });
    let mut shift_grad = combine(&partial, 2 * columns);
    let products = shift_grad.split_off(columns);
    let scale_grad: Vec<f32> = (0..columns).map(|j| products[j] * inverse_sd[j]).collect();
    let rows = (x.len() / columns) as f32;
    let constant: Vec<f32> = (0..columns).map(|j| -scale[j] * shift_grad[j] / rows).collect();
    let slope: Vec<f32> =
        (0..columns).map(|j| -scale[j] * inverse_sd[j] * scale_grad[j] / rows).collect();
    let chunks = d.par_chunks_mut(chunk).zip(x.par_chunks(chunk));
    chunks.for_each(|(d, x)| grad_chunk(isa, x, d, columns, mean, scale, &constant, &slope));
    (scale_grad, shift_grad)
}
