//! Weights laid out for the micro-kernel: blocks of 32 output columns, padded with zeros, so that
//! any number of channels runs at full width. Each group of a grouped convolution is padded by
//! itself.

use rayon::prelude::*;

use super::gemm::WIDTH;
use super::geometry::Geometry;

/// Filters that are transposed together.
const FILTERS: usize = 64;

/// Floats of the weights packed for the forward pass.
pub fn forward_len(g: &Geometry) -> usize {
    g.groups * padded(g.filters / g.groups) * g.taps() * g.depth()
}

/// Floats of the weights packed for the data gradient.
pub fn backward_len(g: &Geometry) -> usize {
    g.groups * padded(g.depth()) * g.taps() * (g.filters / g.groups)
}

/// `[tap][channel][filter]` → `[group][filter / 32][tap][channel][32]`.
pub fn forward(g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    let filters = g.filters / g.groups;
    let blocks = filters.div_ceil(WIDTH);
    let len = WIDTH * g.taps() * g.depth();
    packed.par_chunks_mut(len).enumerate().for_each(|(block, packed)| {
        let (group, block) = (block / blocks, block % blocks);
        let first = block * WIDTH;
        let columns = WIDTH.min(filters - first);
        for (row, to) in packed.chunks_exact_mut(WIDTH).enumerate() {
            let from = &weights[row * g.filters + group * filters + first..][..columns];
            to[..columns].copy_from_slice(from);
            to[columns..].fill(0.0);
        }
    });
}

/// `[tap][channel][filter]` → `[group][channel / 32][tap][filter][32]`: transposed, as the data
/// gradient sums over filters.
pub fn backward(g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    let (filters, depth) = (g.filters / g.groups, g.depth());
    let blocks = depth.div_ceil(WIDTH);
    packed.par_chunks_mut(WIDTH * filters).enumerate().for_each(|(i, packed)| {
        let (block, tap) = (i / g.taps(), i % g.taps());
        let (group, block) = (block / blocks, block % blocks);
        let first = block * WIDTH;
        let columns = WIDTH.min(depth - first);
        // A few filters at a time, so that what is written column by column stays in cache.
        for (part, packed) in packed.chunks_mut(WIDTH * FILTERS).enumerate() {
            let here = packed.len() / WIDTH;
            for column in 0..columns {
                let row = (tap * depth + first + column) * g.filters;
                let from = &weights[row + group * filters + part * FILTERS..][..here];
                for (to, from) in packed[column..].iter_mut().step_by(WIDTH).zip(from) {
                    *to = *from;
                }
            }
            for column in columns..WIDTH {
                packed[column..].iter_mut().step_by(WIDTH).for_each(|to| *to = 0.0);
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
