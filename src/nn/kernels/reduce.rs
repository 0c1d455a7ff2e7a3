//! Sums over pixels and images, by channel.

use rayon::prelude::*;

use super::After;
use super::elementwise::pass;
use super::isa::{Isa, versions};

/// Rows (pixel × image) of one chunk of a sum over `columns` channels: about 32 Ki floats. It
/// follows from the number of channels alone, never from the threads.
pub(super) fn chunk_rows(columns: usize) -> usize {
    (32_768 / columns).max(1)
}

versions! {
    pub(super) fn add_rows(rows: &[f32], columns: usize, sums: &mut [f32]) {
        let sums = &mut sums[..columns];
        for row in rows.chunks_exact(columns) {
            for j in 0..columns { sums[j] += row[j]; }
        }
    }
}
versions! {
    fn mask_and_add_rows(y: &[f32], bounds: (f32, f32), rows: &mut [f32], columns: usize, sums: &mut [f32]) {
        let sums = &mut sums[..columns];
        for (row, y) in rows.chunks_exact_mut(columns).zip(y.chunks_exact(columns)) {
            for j in 0..columns {
                let kept = pass(y[j], row[j], bounds);
                row[j] = kept;
                sums[j] += kept;
            }
        }
    }
}

/// The sum of each column of `rows`.
///
/// **Order of additions**: rows are cut into chunks of 32768 / columns; within a chunk from 0, in
/// f32, rows in order; the chunks' sums in order, in f64, rounded to f32 once.
pub fn column_sums(isa: Isa, rows: &[f32], columns: usize) -> Vec<f32> {
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; rows.len().div_ceil(chunk) * columns];
    partial
        .par_chunks_mut(columns)
        .zip(rows.par_chunks(chunk))
        .for_each(|(sums, rows)| add_rows(isa, rows, columns, sums));
    combine(&partial, columns)
}

/// [`mask`](super::elementwise::mask) and [`column_sums`] in one pass over memory.
pub fn mask_and_sum(
    isa: Isa,
    y: &[f32],
    after: After,
    rows: &mut [f32],
    columns: usize,
) -> Vec<f32> {
    let bounds = after.bounds();
    let chunk = chunk_rows(columns) * columns;
    let mut partial = vec![0.0; rows.len().div_ceil(chunk) * columns];
    let rows = rows.par_chunks_mut(chunk).zip(y.par_chunks(chunk));
    partial
        .par_chunks_mut(columns)
        .zip(rows)
        .for_each(|(sums, (rows, y))| mask_and_add_rows(isa, y, bounds, rows, columns, sums));
    combine(&partial, columns)
}

/// Chunks' sums added in order, in f64.
pub(super) fn combine(partial: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0f64; columns];
    for chunk in partial.chunks_exact(columns) {
        for (sum, part) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*part);
        }
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}
