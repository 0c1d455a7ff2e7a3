//! Weights laid out for the micro-kernel: blocks of 32 output columns, padded with zeros, so that
//! any number of channels runs at full width.

use rayon::prelude::*;

use super::gemm::WIDTH;
use super::geometry::Geometry;

/// Floats of the weights packed for the forward pass.
pub fn forward_len(g: &Geometry) -> usize {
    g.filters.next_multiple_of(WIDTH) * g.taps() * g.channels
}

/// Floats of the weights packed for the data gradient.
pub fn backward_len(g: &Geometry) -> usize {
    g.channels.next_multiple_of(WIDTH) * g.taps() * g.filters
}

/// `[tap][channel][filter]` → `[filter / 32][tap][channel][32]`.
pub fn forward(g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    let depth = g.taps() * g.channels;
    packed.par_chunks_mut(WIDTH * depth).enumerate().for_each(|(block, packed)| {
        let first = block * WIDTH;
        let columns = WIDTH.min(g.filters - first);
        for (row, to) in packed.chunks_exact_mut(WIDTH).enumerate() {
            to[..columns].copy_from_slice(&weights[row * g.filters + first..][..columns]);
            to[columns..].fill(0.0);
        }
    });
}

/// `[tap][channel][filter]` → `[channel / 32][tap][filter][32]`: transposed, as the data gradient
/// sums over filters.
pub fn backward(g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    packed.par_chunks_mut(WIDTH * g.filters).enumerate().for_each(|(i, packed)| {
        let (block, tap) = (i / g.taps(), i % g.taps());
        let first = block * WIDTH;
        let columns = WIDTH.min(g.channels - first);
        for column in 0..WIDTH {
            if column >= columns {
                packed.iter_mut().skip(column).step_by(WIDTH).for_each(|to| *to = 0.0);
                continue;
            }
            let from = &weights[(tap * g.channels + first + column) * g.filters..][..g.filters];
            for (to, from) in packed[column..].iter_mut().step_by(WIDTH).zip(from) {
                *to = *from;
            }
        }
    });
}

/// Rows of `columns` floats, each padded with zeros to a multiple of 32.
pub fn pad_rows(rows: &[f32], columns: usize, padded: &mut [f32]) {
    let width = columns.next_multiple_of(WIDTH);
    padded.par_chunks_mut(width).zip(rows.par_chunks(columns)).with_min_len(256).for_each(
        |(to, from)| {
            to[..columns].copy_from_slice(from);
            to[columns..].fill(0.0);
        },
    );
}

/// The length of a row of `columns` floats once padded.
pub fn padded(columns: usize) -> usize {
    columns.next_multiple_of(WIDTH)
}
