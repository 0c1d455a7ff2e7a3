//! The weight gradient of a convolution: a sum over all pixels and images, in a fixed order.

use std::ops::Range;

use rayon::prelude::*;

use super::After;
use super::elementwise;
use super::gemm::{Left, ROWS, Segment, Tile, WIDTH, Write, multiply, tiles};
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
/// Columns of the window whose three channels fill the rows of a tile.
const TOGETHER: usize = ROWS / 3;

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
///
/// Of an input with three channels, up to four neighbouring columns of the window are treated
/// together. A stretch is then two: the pixels at which all of these columns are on the map, and
/// after them the other pixels.
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
    let parts = parts(g);
    let out = Output(partial.as_mut_ptr());
    (0..cut.groups * by_block * by_tap).into_par_iter().with_max_len(1).for_each(|task| {
        let (group, part) = (task / (by_block * by_tap), task % (by_block * by_tap));
        let (b, t) = (part / by_tap, part % by_tap);
        let blocks = b * blocks / by_block..(b + 1) * blocks / by_block;
        let window = t * g.kernel.0 / by_tap..(t + 1) * g.kernel.0 / by_tap;
        let mut stretch = Stretch { segments: Vec::new(), depth: 0 };
        let end = ((group + 1) * cut.rows).min(g.output.0);
        for top in (group * cut.rows..end).step_by(cut.stretch) {
            let rows = top..(top + cut.stretch).min(end);
            for (ky, part) in window.clone().flat_map(|ky| parts.iter().map(move |p| (ky, p))) {
                let first = part.first && top == group * cut.rows;
                let write = if first { Write::Store(After::Nothing) } else { Write::Add };
                let tap = ky * g.kernel.1 + part.taps.start;
                stretch.find(g, x, dy, ky, part, rows.clone());
                for block in blocks.clone() {
                    let to = out.at(group * g.weights() + tap * g.depth() * g.filters);
                    stretch.add(isa, g, part, block, to, write);
                }
            }
        }
    });
    let (total, rest) = partial.split_at_mut(g.weights());
    for other in rest.chunks_exact(g.weights()) {
        elementwise::add(isa, total, other);
    }
}

/// Columns of the window that are summed together, and the pixels at which they are.
struct Part {
    taps: Range<usize>,
    /// Output columns, in two ranges.
    columns: [Range<usize>; 2],
    /// Whether nothing comes before it in the sum of a stretch.
    first: bool,
}

/// What a row of the window is cut into.
fn parts(g: &Geometry) -> Vec<Part> {
    let together = if g.channels == 3 && g.groups == 1 { TOGETHER } else { 1 };
    let valid = |tap| {
        let mut on = (0..g.output.1).filter(|column| g.source(*column, tap, g.input.1).is_some());
        on.next().map_or(0..0, |first| first..on.next_back().unwrap_or(first) + 1)
    };
    let mut parts = Vec::new();
    for first in (0..g.kernel.1).step_by(together) {
        let taps = first..(first + together).min(g.kernel.1);
        let start = taps.clone().map(|tap| valid(tap).start).max().unwrap_or(0);
        let end = taps.clone().map(|tap| valid(tap).end).min().unwrap_or(0).max(start);
        parts.push(Part { taps: taps.clone(), columns: [start..end, end..end], first: true });
        for tap in taps {
            let all = valid(tap);
            let columns = [all.start..all.end.min(start), all.start.max(end)..all.end];
            if columns.iter().any(|columns| !columns.is_empty()) {
                parts.push(Part { taps: tap..tap + 1, columns, first: false });
            }
        }
    }
    parts
}

/// The products that make up one stretch of the sum for one part of a row of the window.
struct Stretch {
    segments: Vec<Segment>,
    /// Products of one segment.
    depth: usize,
}

impl Stretch {
    /// The pixels that the part's first tap, in row `ky` of the window, pairs with those of output
    /// rows `rows`. Where neighbouring outputs read neighbouring pixels, a range is one segment.
    fn find(
        &mut self,
        g: &Geometry,
        x: &[f32],
        dy: &[f32],
        ky: usize,
        part: &Part,
        rows: Range<usize>,
    ) {
        self.segments.clear();
        let one_range = part.columns[1].is_empty();
        let joined = if g.stride == 1 && one_range { part.columns[0].len().max(1) } else { 1 };
        self.depth = joined * g.images;
        let padded = pack::padded(g.filters / g.groups) * g.groups;
        for row in rows {
            let Some(y) = g.source(row, ky, g.input.0) else { continue };
            for column in part.columns.iter().flat_map(|range| range.clone().step_by(joined)) {
                let Some(at) = g.source(column, part.taps.start, g.input.1) else { continue };
                self.segments.push(Segment {
                    a: x[(y * g.input.1 + at) * g.images * g.channels..].as_ptr(),
                    b: dy[(row * g.output.1 + column) * g.images * padded..].as_ptr(),
                });
            }
        }
    }

    /// The part's taps, all channels of a group, one block of its filters; `to` is where the first
    /// tap's weights begin.
    fn add(&self, isa: Isa, g: &Geometry, part: &Part, block: usize, to: *mut f32, write: Write) {
        let filters = g.filters / g.groups;
        let blocks = filters.div_ceil(WIDTH);
        let (group, first) = (block / blocks, block % blocks * WIDTH);
        let left = if part.taps.len() > 1 {
            Left::ByThree { step: g.channels, apart: g.dilation * g.images * g.channels }
        } else {
            Left::AlongRows { step: g.channels }
        };
        for (channel, rows) in tiles(part.taps.len() * g.depth()) {
            let tile = Tile {
                segments: &self.segments,
                a_offset: group * g.depth() + channel,
                b_offset: block * WIDTH,
                depth: self.depth,
                left,
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
            // were joined; what the part's other taps read is on the map too. Lengths were asserted. The outputs belong to this group of rows, tap
            // and block, which no other task has.
            unsafe { multiply(isa, &tile) }
        }
    }
}
