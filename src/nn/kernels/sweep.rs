//! One pass of a window over an output map, tile by tile. Must not know whether it computes a
//! convolution or its data gradient: these differ in which pixels feed which.

use std::ops::Range;

use rayon::prelude::*;

use super::After;
use super::gemm::{Left, Segment, Tile, WIDTH, Write, multiply, tiles};
use super::isa::Isa;
use super::span::{Axis, Span};
use super::way::{Way, choose, ways};

/// Packed weights above this many floats are walked in parts that stay in cache.
const CACHED_WEIGHTS: usize = 256 << 10;
/// Floats of packed weights in such a part.
const PART: usize = 128 << 10;
/// Floats of input that one task should span: a band of rows that stays in cache.
const BAND: usize = 48 << 10;
/// Tasks that a pass is cut into where it would have fewer, and the products that each must have.
const TASKS: usize = 8;
const TASK: usize = 2 << 20;
/// Tiles that use one block of weights before the next block's turn.
const RUN: usize = 4;

/// One pass over an output map.
pub(super) struct Sweep<'a> {
    pub isa: Isa,
    pub images: usize,
    /// Rows and columns of the map that is written.
    pub axes: [Axis; 2],
    /// Pixels in a row of the map that is read.
    pub width: usize,
    /// Height and width of the window.
    pub kernel: (usize, usize),
    pub groups: usize,
    /// Channels of a group that are read.
    pub depth: usize,
    /// Channels of a group that are written.
    pub columns: usize,
    pub x: &'a [f32],
    pub packed: &'a [f32],
    /// Where sums start: for each block of outputs 32 floats.
    pub starts: Option<&'a [f32]>,
    pub residual: Option<&'a [f32]>,
    pub after: After,
}

/// An output that tasks share, each writing elements of its own.
#[derive(Clone, Copy)]
pub(super) struct Output(pub *mut f32);
// SAFETY: it is only an address; who writes through it makes sure that tasks do not overlap.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}
impl Output {
    pub(super) fn at(&self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}

/// Outputs that have the same taps on the map, and how to go through them.
struct Region {
    segments: Vec<Segment>,
    /// Channels of one segment.
    depth: usize,
    /// Where the first output is written.
    write: usize,
    /// The rows of tiles, and (first row, rows) of each tile.
    rows: Way,
    tiles: Vec<(usize, usize)>,
    /// Further ways, at most two.
    others: Vec<Way>,
}

/// How the work is cut; no cut changes the order of a sum.
struct Cut {
    /// Blocks of outputs, and those of one task.
    blocks: usize,
    part: usize,
    /// Rows of the map in one task.
    band: usize,
}

impl Sweep<'_> {
    /// Tasks are (part of the blocks) × (band of rows).
    pub fn run(&self, y: &mut [f32]) {
        let [rows, columns] = &self.axes;
        let Cut { blocks, part, band } = self.cut();
        let bands = rows.size.div_ceil(band);
        let out = Output(y.as_mut_ptr());
        (0..blocks.div_ceil(part) * bands).into_par_iter().with_max_len(1).for_each(|task| {
            let first = task / bands * part;
            let top = task % bands * band;
            for y in rows.within(top, (top + band).min(rows.size)) {
                for x in &columns.spans {
                    self.region(&y, x).each_line(|read, write, region| {
                        self.line(region, first..(first + part).min(blocks), read, write, &out);
                    });
                }
            }
        });
    }

    fn cut(&self) -> Cut {
        let [rows, columns] = &self.axes;
        let blocks = self.groups * self.columns.div_ceil(WIDTH);
        let pixels = columns.size * self.images;
        let mut part = blocks;
        if self.block_len() * blocks > CACHED_WEIGHTS {
            part = (PART / self.block_len()).clamp(1, blocks);
        }
        let mut band = (BAND / (pixels * self.groups * self.depth)).clamp(1, rows.size);
        let products = rows.size * pixels * blocks * self.block_len();
        let wanted = (products / TASK).clamp(1, TASKS);
        part = blocks.div_ceil((wanted / rows.size.div_ceil(band)).max(1)).min(part);
        band = rows.size.div_ceil((wanted / blocks.div_ceil(part)).max(1)).min(band);
        Cut { blocks, part, band }
    }

    /// Floats of one block of packed weights.
    fn block_len(&self) -> usize {
        self.kernel.0 * self.kernel.1 * self.depth * WIDTH
    }

    /// The outputs of a span of rows and a span of columns.
    fn region(&self, y: &Span, x: &Span) -> Region {
        let [rows, columns] = &self.axes;
        let (read, write) = (self.groups * self.depth, self.groups * self.columns);
        let ways = ways([
            Way { count: self.images, read, write },
            Way {
                count: x.count,
                read: columns.pace.shift * self.images * read,
                write: columns.pace.step * self.images * write,
            },
            Way {
                count: y.count,
                read: rows.pace.shift * self.width * self.images * read,
                write: rows.pace.step * columns.size * self.images * write,
            },
        ]);
        let (rows, others) = choose(ways);
        let (segments, depth) = self.segments(y, x);
        let write = (y.first * columns.size + x.first) * self.images * write;
        let tiles = tiles(rows.count).collect();
        Region { segments, depth, write, rows, tiles, others }
    }

    /// What the region's first output adds up: at each tap the pixel's channels times the tap's
    /// weights. Taps whose pixels and weights both follow each other are one segment.
    fn segments(&self, y: &Span, x: &Span) -> (Vec<Segment>, usize) {
        let neighbours =
            |pair: &[(usize, usize)]| pair[0].0 + 1 == pair[1].0 && pair[0].1 + 1 == pair[1].1;
        let joined = self.images == 1 && self.groups == 1 && x.taps.windows(2).all(neighbours);
        let length = if joined { x.taps.len() } else { 1 };
        let mut segments = Vec::with_capacity(y.taps.len() * x.taps.len());
        for (ky, row) in &y.taps {
            for (kx, column) in x.taps.iter().step_by(length.max(1)) {
                let (tap, pixel) = (ky * self.kernel.1 + kx, row * self.width + column);
                segments.push(Segment {
                    a: self.x[pixel * self.images * self.groups * self.depth..].as_ptr(),
                    b: self.packed[tap * self.depth * WIDTH..].as_ptr(),
                });
            }
        }
        (segments, length * self.depth)
    }

    /// The rows of a region that begin at one output, for some blocks.
    fn line(&self, region: &Region, blocks: Range<usize>, read: usize, write: usize, out: &Output) {
        for tiles in region.tiles.chunks(RUN) {
            for block in blocks.clone() {
                let (tile, at) = self.block(region, block);
                for &(first, rows) in tiles {
                    let at = at + write + first * region.rows.write;
                    let residual =
                        self.residual.map_or(std::ptr::null(), |residual| residual[at..].as_ptr());
                    let tile = Tile {
                        a_offset: tile.a_offset + read + first * region.rows.read,
                        c: out.at(at),
                        rows,
                        residual,
                        ..tile
                    };
                    // SAFETY: a segment begins at a pixel of `x` that the region's first output
                    // reads, and the others read as far beyond it as their ways say: all on the
                    // map, as spans hold only outputs with the same taps on it. It also begins at
                    // a tap of `packed`, which has `block_len` floats for each block. Lengths were
                    // asserted where the sweep was made. The outputs are this region's, block's
                    // and tile's alone.
                    unsafe { multiply(self.isa, &tile) }
                }
            }
        }
    }

    /// What all tiles of a block share, and where it begins in a row of outputs.
    fn block<'a>(&self, region: &'a Region, block: usize) -> (Tile<'a>, usize) {
        let (mut group, mut first) = (0, block * WIDTH);
        if self.groups > 1 {
            let blocks = self.columns.div_ceil(WIDTH);
            (group, first) = (block / blocks, block % blocks * WIDTH);
        }
        let tile = Tile {
            segments: &region.segments,
            a_offset: group * self.depth,
            b_offset: block * self.block_len(),
            depth: region.depth,
            left: Left::AlongSum { row: region.rows.read },
            b_step: WIDTH,
            start: self
                .starts
                .map_or(std::ptr::null(), |all| all[block * WIDTH..][..WIDTH].as_ptr()),
            c: std::ptr::null_mut(),
            c_row: region.rows.write,
            rows: 0,
            columns: WIDTH.min(self.columns - first),
            write: Write::Store(self.after),
            residual: std::ptr::null(),
        };
        (tile, group * self.columns + first)
    }
}

impl Region {
    /// Calls `each` with where each line of outputs reads (after the segments) and is written.
    fn each_line(&self, mut each: impl FnMut(usize, usize, &Region)) {
        let other =
            |i: usize| self.others.get(i).copied().unwrap_or(Way { count: 1, read: 0, write: 0 });
        let (outer, inner) = (other(1), other(0));
        for i in 0..outer.count {
            for j in 0..inner.count {
                let read = i * outer.read + j * inner.read;
                each(read, self.write + i * outer.write + j * inner.write, self);
            }
        }
    }
}
