//! Some of the channels of a map, put in and taken out: rows of floats that are copied.

use rayon::prelude::*;

/// Rows that one task copies.
const ROWS: usize = 256;

/// Puts rows of `columns` floats into rows of `width`, from column `first` on.
pub fn insert(rows: &[f32], columns: usize, into: &mut [f32], width: usize, first: usize) {
    into.par_chunks_mut(width)
        .zip(rows.par_chunks(columns))
        .with_min_len(ROWS)
        .for_each(|(to, from)| to[first..first + columns].copy_from_slice(from));
}

/// Takes columns `first..first + columns` out of rows of `width` floats.
pub fn extract(from: &[f32], width: usize, first: usize, rows: &mut [f32], columns: usize) {
    rows.par_chunks_mut(columns)
        .zip(from.par_chunks(width))
        .with_min_len(ROWS)
        .for_each(|(to, from)| to.copy_from_slice(&from[first..first + columns]));
}
