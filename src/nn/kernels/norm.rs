//! Batch normalisation (Ioffe and Szegedy, 2015, <https://arxiv.org/abs/1502.03167>): statistics
//! of a batch by channel, the affine map, and its gradient.

use rayon::prelude::*;

use super::After;
use super::isa::Isa;
use super::norm_steps::{
    Masked, add_deviations, affine_rows, affine_rows_and_residual, grad_rows, sum_gradients,
};
use super::reduce::{chunk_rows, combine};

/// Rows whose mean is what the deviations of a chunk are measured from.
const PIVOT: usize = 16;

/// Mean and biased variance of each column of `rows`, in one pass over memory.
///
/// **Order of additions**: rows are cut into chunks of 32768 / columns. In a chunk, in f32: the
/// mean of the first 16 rows (added in order), the pivot; then, rows in order, the sums of the
/// deviations from the pivot and of their squares (the latter by fused multiply-adds). In f64: a
/// chunk's mean is `pivot + sum / rows`, its squares about that mean `squares − sum² / rows`; the
/// chunks are merged in order by Chan, Golub and LeVeque's rule. The pivot keeps the sums small
/// against the spread, wherever the mean is.
pub fn statistics(isa: Isa, rows: &[f32], columns: usize) -> (Vec<f32>, Vec<f32>) {
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; rows.len().div_ceil(chunk) * 3 * columns];
    partial.par_chunks_mut(3 * columns).zip(rows.par_chunks(chunk)).for_each(|(part, rows)| {
        let (pivot, sums) = part.split_at_mut(columns);
        let (sums, squares) = sums.split_at_mut(columns);
        let first = &rows[..rows.len().min(PIVOT * columns)];
        for row in first.chunks_exact(columns) {
            pivot.iter_mut().zip(row).for_each(|(pivot, value)| *pivot += value);
        }
        let count = (first.len() / columns) as f32;
        pivot.iter_mut().for_each(|pivot| *pivot /= count);
        add_deviations(isa, rows, columns, pivot, sums, squares);
    });
    let (mut mean, mut squares, mut seen) = (vec![0f64; columns], vec![0f64; columns], 0f64);
    for (part, rows) in partial.chunks_exact(3 * columns).zip(rows.chunks(chunk)) {
        let count = (rows.len() / columns) as f64;
        let total = seen + count;
        for j in 0..columns {
            let sum = f64::from(part[columns + j]);
            let apart = f64::from(part[j]) + sum / count - mean[j];
            mean[j] += apart * count / total;
            squares[j] += f64::from(part[2 * columns + j]) - sum * sum / count
                + apart * apart * seen * count / total;
        }
        seen = total;
    }
    // Rounding may leave a trace below 0 where all values are the same.
    let variance = squares.into_iter().map(|squares| (squares / seen).max(0.0) as f32).collect();
    (mean.into_iter().map(|mean| mean as f32).collect(), variance)
}

/// `y = after(x · scale + shift + residual)` by channel: a fused multiply-add, then the residual.
pub fn affine(
    isa: Isa,
    x: &[f32],
    (scale, shift): (&[f32], &[f32]),
    residual: Option<&[f32]>,
    after: After,
    y: &mut [f32],
) {
    let columns = scale.len();
    let chunk = chunk_rows(columns) * columns;
    let bounds = after.bounds();
    let chunks = y.par_chunks_mut(chunk).zip(x.par_chunks(chunk));
    match residual {
        None => chunks.for_each(|(y, x)| affine_rows(isa, x, (scale, shift), bounds, y)),
        Some(residual) => chunks.zip(residual.par_chunks(chunk)).for_each(|((y, x), residual)| {
            affine_rows_and_residual(isa, x, (scale, shift), residual, bounds, y);
        }),
    }
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

/// The gradient of a batch norm without residual: turns `d` from dy into dx in place, returns
/// (dγ, dβ). An activation's mask is computed again from `x`, in both passes over memory.
///
/// **Order of additions**: as for [`super::reduce::column_sums`], both for `Σ dy` and for
/// `Σ dy · (x − mean)` (the latter by fused multiply-adds), `dy` masked.
pub fn grad(
    isa: Isa,
    x: &[f32],
    saved: &Saved,
    after: After,
    d: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let columns = saved.scale.len();
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; x.len().div_ceil(chunk) * 2 * columns];
    let masked =
        if after == After::Nothing { Masked::Not } else { Masked::ByInput(after.bounds()) };
    let chunks = d.par_chunks_mut(chunk).zip(x.par_chunks(chunk));
    partial.par_chunks_mut(2 * columns).zip(chunks).for_each(|(sums, (d, x))| {
        sum_gradients(isa, x, d, saved, masked, sums);
    });
    let slopes = Slopes::of(saved, &partial, x.len());
    let chunks = d.par_chunks_mut(chunk).zip(x.par_chunks(chunk));
    chunks.for_each(|(d, x)| grad_rows(isa, x, None, saved, masked, &slopes, d));
    (slopes.scale_grad, slopes.shift_grad)
}

/// The gradient of a batch norm with a residual: `d` goes from dy to the gradient of the residual
/// (dy where the activation lets it through), which is also what `dx` is computed from; returns
/// (dγ, dβ). The mask is that of the output `y`. The order of additions is that of [`grad`].
pub fn grad_with_residual(
    isa: Isa,
    x: &[f32],
    saved: &Saved,
    (y, after): (&[f32], After),
    d: &mut [f32],
    dx: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let columns = saved.scale.len();
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; x.len().div_ceil(chunk) * 2 * columns];
    let chunks = d.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).zip(y.par_chunks(chunk));
    partial.par_chunks_mut(2 * columns).zip(chunks).for_each(|(sums, ((d, x), y))| {
        let masked =
            if after == After::Nothing { Masked::Not } else { Masked::ByOutput(after.bounds(), y) };
        sum_gradients(isa, x, d, saved, masked, sums);
    });
    let slopes = Slopes::of(saved, &partial, x.len());
    let chunks = dx.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).zip(d.par_chunks(chunk));
    chunks.for_each(|((dx, x), d)| grad_rows(isa, x, Some(d), saved, Masked::Not, &slopes, dx));
    (slopes.scale_grad, slopes.shift_grad)
}

/// `dx = dy · scale + constant + (x − mean) · slope`, by channel.
pub(super) struct Slopes {
    pub constant: Vec<f32>,
    pub slope: Vec<f32>,
    scale_grad: Vec<f32>,
    shift_grad: Vec<f32>,
}

impl Slopes {
    fn of(saved: &Saved, partial: &[f32], len: usize) -> Slopes {
        let Saved { inverse_sd, scale, .. } = saved;
        let columns = scale.len();
        let mut shift_grad = combine(partial, 2 * columns);
        let products = shift_grad.split_off(columns);
        let scale_grad: Vec<f32> = (0..columns).map(|j| products[j] * inverse_sd[j]).collect();
        let rows = (len / columns) as f32;
        Slopes {
            constant: (0..columns).map(|j| -scale[j] * shift_grad[j] / rows).collect(),
            slope: (0..columns).map(|j| -scale[j] * inverse_sd[j] * scale_grad[j] / rows).collect(),
            scale_grad,
            shift_grad,
        }
    }
}
