//! The weight gradient of a convolution: a sum over all pixels and images, in a fixed order.

use std::ops::Range;

use rayon::prelude::*;

use super::After;
use super::elementwise;
use super::gemm::{Left, Segment, Tile, WIDTH, Write, multiply, tiles};
use super::geometry::Geometry;
use super::isa::Isa;
use super::pack;
use super::sweep::Output;

/// Partial sums may fill this many floats together.
const PARTIAL: usize = 1 << 20;
/// The most groups of output rows that are summed apart.
const GROUPS: usize = 8;
/// Images × pixels of one stretch of the sum: long enough to pay for writing a tile.
const STRETCH: usize = 512;

/// How the sum over output rows is cut; follows from the shape alone.
struct Cut {
    groups: usize,
    /// Output rows of a group.
    rows: usize,
    /// Output rows of a stretch within a group.
    stretch: usize,
}

impl Cut {
    fn of(g: &Geometry) -> Cut {
        let groups = (PARTIAL / g.weights().max(1)).clamp(1, GROUPS).min(g.output.0);
        let rows = g.output.0.div_ceil(groups);
        let stretch = STRETCH.div_ceil(g.output.1 * g.images).min(rows);
        Cut { groups: g.output.0.div_ceil(rows), rows, stretch }
    }
}

/// Floats of scratch that [`weight_grad`] needs: one set of weights for each group of rows.
pub fn partial_len(g: &Geometry) -> usize {
    g.weights() * Cut::of(g).groups
}

/// `dw[tap][channel][filter] = Σ x · dy` over output pixels and images.
///
/// Each group's filters in a row of `dy` are padded to a multiple of 32: [`pack::pad_rows`] with
/// rows of filters / groups. The result is the first `g.weights()` floats of `partial`.
///
/// **Order of additions**, for each weight: output rows are cut into at most 8 groups and these
/// into stretches of about 512 products (the sizes follow from the shape). Within a stretch from
/// 0, pixels in reading order (those whose tap is off the map left out), at each pixel the images
/// in order; a group adds its stretches in order, and the groups are added in order.
pub fn weight_grad(isa: Isa, g: &Geometry, x: &[f32], dy: &[f32], partial: &mut [f32]) {
    let cut = Cut::of(g);
    let filters = g.filters / g.groups;
    assert_eq!(x.len(), g.input_len());
    assert_eq!(dy.len(), g.output_len() / filters * pack::padded(filters));
    assert_eq!(partial.len(), partial_len(g));
    let blocks = g.groups * filters.div_ceil(WIDTH);
    // Enough tasks for many threads: by block, and by row of the window where blocks are few.
    let by_block = if cut.groups >= GROUPS { 1 } else { blocks };
    let by_tap = if cut.groups * blocks < GROUPS { g.kernel.0 } else { 1 };
    let out = Output(partial.as_mut_ptr());
    (0..cut.groups * by_block * by_tap).into_par_iter().with_max_len(1).for_each(|task| {
        let (group, part) = (task / (by_block * by_tap), task % (by_block * by_tap));
        let (b, t) = (part / by_tap, part % by_tap);
        let blocks = b * blocks / by_block..(b + 1) * blocks / by_block;
        let taps = t * g.taps() / by_tap..(t + 1) * g.taps() / by_tap;
        let mut stretch = Stretch { segments: Vec::new(), depth: 0 };
        let end = ((group + 1) * cut.rows).min(g.output.0);
        for top in (group * cut.rows..end).step_by(cut.stretch) {
            let write =
                if top == group * cut.rows { Write::Store(After::Nothing) } else { Write::Add };
            for tap in taps.clone() {
                stretch.find(g, x, dy, tap, top..(top + cut.stretch).min(end));
                for block in blocks.clone() {
                    let to = out.at(group * g.weights() + tap * g.depth() * g.filters);
                    stretch.add_tap(isa, g, block, to, write);
                }
            }
        }
    });
    let (total, rest) = partial.split_at_mut(g.weights());
    for other in rest.chunks_exact(g.weights()) {
        elementwise::add(isa, total, other);
    }
}

/// The products that make up one stretch of the sum for one tap.
struct Stretch {
    segments: Vec<Segment>,
    /// Products of one segment.
    depth: usize,
}

impl Stretch {
    /// The pixels that `tap` pairs with those of output rows `rows`. Where neighbouring outputs
    /// read neighbouring pixels, all of a row of them is one segment.
    fn find(&mut self, g: &Geometry, x: &[f32], dy: &[f32], tap: usize, rows: Range<usize>) {
        self.segments.clear();
        let columns = (0..g.output.1)
            .filter_map(|column| Some((column, g.source(column, tap % g.kernel.1, g.input.1)?)));
        let joined = if g.stride == 1 { columns.clone().count().max(1) } else { 1 };
        self.depth = joined * g.images;
        let padded = pack::padded(g.filters / g.groups) * g.groups;
        for row in rows {
            let Some(y) = g.source(row, tap / g.kernel.1, g.input.0) else { continue };
            for (column, at) in columns.clone().step_by(joined) {
                self.segments.push(Segment {
                    a: x[(y * g.input.1 + at) * g.images * g.channels..].as_ptr(),
                    b: dy[(row * g.output.1 + column) * g.images * padded..].as_ptr(),
                });
            }
        }
    }

    /// One tap, all channels of a group, one block of its filters; `to` is where the tap begins.
    fn add_tap(&self, isa: Isa, g: &Geometry, block: usize, to: *mut f32, write: Write) {
        let filters = g.filters / g.groups;
        let blocks = filters.div_ceil(WIDTH);
        let (group, first) = (block / blocks, block % blocks * WIDTH);
        for (channel, rows) in tiles(g.depth()) {
            let tile = Tile {
                segments: &self.segments,
                a_offset: group * g.depth() + channel,
                b_offset: block * WIDTH,
                depth: self.depth,
                left: Left::AlongRows { step: g.channels },
                b_step: g.groups * pack::padded(filters),
                start: std::ptr::null(),
                c: to.wrapping_add(channel * g.filters + group * filters + first),
                c_row: g.filters,
                rows,
                columns: WIDTH.min(filters - first),
                write,
                residual: std::ptr::null(),
            };
            // SAFETY: a segment begins at a pixel of `x` (`images` rows of `channels`) and of `dy`
            // (`images` rows of whole blocks), and goes on over the pixels that follow where these
            // were joined; lengths were asserted. The outputs belong to this group of rows, tap
            // and block, which no other task has.
            unsafe { multiply(isa, &tile) }
        }
    }
}
