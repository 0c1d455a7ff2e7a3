//! Sums over pixels and images, by channel.

use rayon::prelude::*;

use super::After;
use super::columns::{Step, down, load, store};
use super::elementwise::pass;
use super::isa::{Isa, versions};

/// Rows (pixel × image) of one chunk of a sum over `columns` channels: about 32 Ki floats. It
/// follows from the number of channels alone, never from the threads.
pub(super) fn chunk_rows(columns: usize) -> usize {
    (32_768 / columns).max(1)
}

/// Adds rows.
struct Add<'a>(&'a [f32]);

impl Step<0, 1> for Add<'_> {
    #[inline(always)]
    fn constants(&self) -> [&[f32]; 0] {
        []
    }

    #[inline(always)]
    unsafe fn run<const W: usize>(&self, at: usize, _: &[[f32; W]; 0], [sum]: &mut [[f32; W]; 1]) {
        // SAFETY: the trait's condition.
        let row: [f32; W] = unsafe { load(self.0.as_ptr(), at) };
        for j in 0..W {
            sum[j] += row[j];
        }
    }
}

/// Masks rows by an activation's output and adds what is left.
struct MaskAndAdd<'a> {
    y: &'a [f32],
    bounds: (f32, f32),
    rows: *mut f32,
}

impl Step<0, 1> for MaskAndAdd<'_> {
    #[inline(always)]
    fn constants(&self) -> [&[f32]; 0] {
        []
    }

    #[inline(always)]
    unsafe fn run<const W: usize>(&self, at: usize, _: &[[f32; W]; 0], [sum]: &mut [[f32; W]; 1]) {
        // SAFETY: the trait's condition.
        unsafe {
            let y: [f32; W] = load(self.y.as_ptr(), at);
            let mut row: [f32; W] = load(self.rows, at);
            for j in 0..W {
                row[j] = pass(y[j], row[j], self.bounds);
                sum[j] += row[j];
            }
            store(self.rows, at, row);
        }
    }
}

versions! {
    fn add_rows(rows: &[f32], columns: usize, sums: &mut [f32]) {
        // SAFETY: as many elements as `rows` has.
        unsafe { down(rows.len() / columns, columns, &Add(rows), [sums]) }
    }
}
versions! {
    fn mask_and_add_rows(y: &[f32], bounds: (f32, f32), rows: &mut [f32], columns: usize, sums: &mut [f32]) {
        assert_eq!(y.len(), rows.len());
        let step = MaskAndAdd { y, bounds, rows: rows.as_mut_ptr() };
        // SAFETY: as many elements as `rows` and `y` have.
        unsafe { down(rows.len() / columns, columns, &step, [sums]) }
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
