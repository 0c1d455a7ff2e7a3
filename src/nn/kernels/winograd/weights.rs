//! The weights at each frequency, laid out for the micro-kernel.

use rayon::prelude::*;

use super::super::gemm::WIDTH;
use super::super::geometry::Geometry;
use super::super::isa::Isa;
use super::super::sweep::Output;
use super::axis::Weights;
use super::transform::{Plain, transform};
use super::{EDGE, FREQUENCIES};

/// Steps of a sum that one task transforms together.
const STEPS: usize = 16;

/// Floats of the transformed weights of a sweep that reads `depth` and writes `columns` channels.
pub(super) fn len(depth: usize, columns: usize) -> usize {
    FREQUENCIES * depth * columns.next_multiple_of(WIDTH)
}

/// `[tap][channel][filter]` → `[frequency][filter / 32][channel][32]`.
pub(super) fn forward(isa: Isa, g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    let row = |tap: usize, channel: usize| (tap * g.channels + channel) * g.filters;
    pack(isa, (g.channels, g.filters), packed, |tap, channel, first, to| {
        to.copy_from_slice(&weights[row(tap, channel) + first..][..to.len()]);
    });
}

/// `[tap][channel][filter]` → `[frequency][channel / 32][filter][32]`, turned by half a circle: the
/// data gradient is the convolution of `dy` with that.
pub(super) fn backward(isa: Isa, g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    pack(isa, (g.filters, g.channels), packed, |tap, filter, first, to| {
        let tap = &weights[((8 - tap) * g.channels + first) * g.filters..];
        for (to, from) in to.iter_mut().zip(tap[filter..].iter().step_by(g.filters)) {
            *to = *from;
        }
    });
}

/// Reads columns from `first` on at each tap and step of the sum by `read(tap, step, first, to)`.
fn pack(
    isa: Isa,
    (depth, columns): (usize, usize),
    packed: &mut [f32],
    read: impl Fn(usize, usize, usize, &mut [f32]) + Sync,
) {
    assert_eq!(packed.len(), len(depth, columns));
    let (blocks, groups) = (columns.div_ceil(WIDTH), depth.div_ceil(STEPS));
    let out = Output(packed.as_mut_ptr());
    (0..blocks * groups).into_par_iter().for_each(|task| {
        let (block, steps) = (task / groups, task % groups * STEPS);
        let count = STEPS.min(depth - steps);
        let first = block * WIDTH;
        let mut taps = [[0f32; STEPS * WIDTH]; 9];
        for (tap, rows) in taps.iter_mut().enumerate() {
            for (step, row) in rows.chunks_exact_mut(WIDTH).take(count).enumerate() {
                read(tap, steps + step, first, &mut row[..WIDTH.min(columns - first)]);
            }
        }
        let from: [[_; 3]; 3] =
            std::array::from_fn(|y| std::array::from_fn(|x| taps[y * 3 + x].as_ptr()));
        let to: [[_; EDGE]; EDGE] = std::array::from_fn(|y| {
            std::array::from_fn(|x| {
                out.at((((y * EDGE + x) * blocks + block) * depth + steps) * WIDTH)
            })
        });
        // SAFETY: a tap has `STEPS` rows, of which `count` are read; the outputs are this block's
        // and these steps' in each frequency, within the length that was asserted.
        unsafe { transform::<Weights, Weights, _, 3, 6, 6>(isa, &from, &to, count * WIDTH, &Plain) }
    });
}
