//! The weight gradient: at each frequency a product over tiles and images, in a fixed order.

use rayon::prelude::*;

use super::super::After;
use super::super::buffer::{Buffer, Buffers};
use super::super::elementwise;
use super::super::gemm::{Left, Segment, Tile, WIDTH, Write, multiply, tiles};
use super::super::geometry::Geometry;
use super::super::isa::Isa;
use super::super::sweep::Output;
use super::axis::{Axis, Input, Only, OutputGrad, WeightsGrad};
use super::tiles::{Chunk, Tiles};
use super::transform::{Plain, transform};
use super::{EDGE, FREQUENCIES, OUT, apart};

/// Floats of frequencies of a chunk that stays in a core's cache.
const CACHED: usize = 192 << 10;
/// Rows of the shortest chunk: long enough to pay for writing its sums.
const SHORTEST: usize = 64;
/// Partial sums may fill this many floats together.
const PARTIAL: usize = 1 << 20;
/// The most groups of chunks that are summed apart.
const GROUPS: usize = 4;
/// Floats of weights that one task brings back from their frequencies.
const STRETCH: usize = 2048;

/// `dw[tap][channel][filter] = Σ x · dy` over output pixels and images.
///
/// **Order of additions**, for each frequency of each weight: tiles in reading order, in each the
/// images, are cut into chunks, and these into at most 4 groups; the sizes follow from the shape
/// ([`CACHED`], [`SHORTEST`], [`PARTIAL`]).
/// A chunk is summed from 0; a group adds its chunks in order, and the groups are added in order.
/// Then come the transforms back ([`WeightsGrad`]).
pub(super) fn weight_grad(
    isa: Isa,
    g: &Geometry,
    x: &[f32],
    dy: &[f32],
    buffers: &Buffers,
) -> Buffer {
    assert_eq!((x.len(), dy.len()), (g.input_len(), g.output_len()));
    let tiles = Tiles::forward(g);
    let rows = CACHED / (EDGE * (g.channels + g.filters));
    let chunks = tiles.chunks(rows.max(SHORTEST));
    let size = FREQUENCIES * g.channels * g.filters;
    let groups = (PARTIAL / size).clamp(1, GROUPS).min(chunks.len());
    let mut sums = buffers.take(groups * size);
    let out = Output(sums.as_mut_ptr());
    let sum = Sum { isa, g, tiles, x, dy, buffers };
    (0..groups * EDGE).into_par_iter().with_max_len(1).for_each(|task| {
        let (group, row) = (task / EDGE, task % EDGE);
        let chunks = &chunks[group * chunks.len() / groups..(group + 1) * chunks.len() / groups];
        let to = Output(out.at(group * size + row * EDGE * g.channels * g.filters));
        match row {
            0 => sum.row::<0>(chunks, to),
            1 => sum.row::<1>(chunks, to),
            2 => sum.row::<2>(chunks, to),
            3 => sum.row::<3>(chunks, to),
            4 => sum.row::<4>(chunks, to),
            _ => sum.row::<5>(chunks, to),
        }
    });
    let (total, rest) = sums.split_at_mut(size);
    for other in rest.chunks_exact(size) {
        elementwise::add(isa, total, other);
    }
    back(isa, g, total, buffers)
}

/// From frequencies to taps.
fn back(isa: Isa, g: &Geometry, sums: &[f32], buffers: &Buffers) -> Buffer {
    let size = g.channels * g.filters;
    let mut weights = buffers.take(g.weights());
    let out = Output(weights.as_mut_ptr());
    (0..size.div_ceil(STRETCH)).into_par_iter().for_each(|task| {
        let first = task * STRETCH;
        let from: [[_; EDGE]; EDGE] = std::array::from_fn(|v| {
            std::array::from_fn(|u| sums[(v * EDGE + u) * size + first..].as_ptr())
        });
        let to: [[_; 3]; 3] =
            std::array::from_fn(|y| std::array::from_fn(|x| out.at((y * 3 + x) * size + first)));
        let len = STRETCH.min(size - first);
        // SAFETY: a frequency of the sums and a tap of the weights hold `size` floats; the outputs
        // are this stretch's alone.
        unsafe { transform::<WeightsGrad, WeightsGrad, _, 6, 3, 3>(isa, &from, &to, len, &Plain) }
    });
    weights
}

/// What is summed.
struct Sum<'a> {
    isa: Isa,
    g: &'a Geometry,
    tiles: Tiles,
    x: &'a [f32],
    dy: &'a [f32],
    buffers: &'a Buffers,
}

impl Sum<'_> {
    /// The six frequencies of one row, summed over some chunks into `to`.
    fn row<const ROW: usize>(&self, chunks: &[Chunk], to: Output) {
        let (channels, filters) = (self.g.channels, self.g.filters);
        let longest = chunks.iter().map(Chunk::rows).max().unwrap_or(0);
        let (x_step, dy_step) = (apart(longest * channels), apart(longest * filters));
        // The product reads whole blocks of 32 columns, past the end of the last row.
        let mut x = self.buffers.take(EDGE * x_step);
        let mut dy = self.buffers.take(EDGE * dy_step + WIDTH);
        let (x_out, dy_out) = (Output(x.as_mut_ptr()), Output(dy.as_mut_ptr()));
        for (i, chunk) in chunks.iter().enumerate() {
            let (images, start) = (chunk.images.len(), chunk.images.start);
            for (i, tile) in chunk.tiles.clone().enumerate() {
                let reads = self.tiles.reads(tile);
                let streams = Streams { all: self.x, images: self.g.images, start, channels };
                // SAFETY: the outputs are this tile's rows of a scratch of our own.
                unsafe {
                    streams.transform::<Only<Input, ROW>, Input, EDGE>(
                        self.isa,
                        &reads,
                        x_out.at(i * images * channels),
                        x_step,
                        images,
                    );
                }
                let writes: [[_; OUT]; OUT] = self.tiles.writes(tile);
                let streams =
                    Streams { all: self.dy, images: self.g.images, start, channels: filters };
                // SAFETY: as above.
                unsafe {
                    streams.transform::<Only<OutputGrad, ROW>, OutputGrad, OUT>(
                        self.isa,
                        &writes,
                        dy_out.at(i * images * filters),
                        dy_step,
                        images,
                    );
                }
            }
            let write = if i == 0 { Write::Store(After::Nothing) } else { Write::Add };
            for u in 0..EDGE {
                let segment = Segment { a: x_out.at(u * x_step), b: dy_out.at(u * dy_step) };
                self.product(segment, chunk.rows(), to.at(u * channels * filters), write);
            }
        }
    }

    /// One frequency: all channels and filters.
    fn product(&self, segment: Segment, rows: usize, to: *mut f32, write: Write) {
        let (channels, filters) = (self.g.channels, self.g.filters);
        for block in 0..filters.div_ceil(WIDTH) {
            for (channel, count) in tiles(channels) {
                let tile = Tile {
                    segments: &[segment],
                    a_offset: channel,
                    b_offset: block * WIDTH,
                    depth: rows,
                    left: Left::AlongRows { step: channels },
                    b_step: filters,
                    start: std::ptr::null(),
                    c: to.wrapping_add(channel * filters + block * WIDTH),
                    c_row: filters,
                    rows: count,
                    columns: WIDTH.min(filters - block * WIDTH),
                    write,
                    residual: std::ptr::null(),
                };
                // SAFETY: the segment holds `rows` rows of `channels` and of `filters` floats, and
                // then at least 32 more; the outputs belong to this task.
                unsafe { multiply(self.isa, &tile) }
            }
        }
    }
}

/// Pixels of a map as streams of some of its images.
struct Streams<'a> {
    all: &'a [f32],
    images: usize,
    start: usize,
    channels: usize,
}

impl Streams<'_> {
    /// # Safety
    /// `to` is writable for `images` rows at six frequencies, `step` floats apart.
    unsafe fn transform<A: Axis<I, 1>, B: Axis<I, 6>, const I: usize>(
        &self,
        isa: Isa,
        pixels: &[[Option<usize>; I]; I],
        to: *mut f32,
        step: usize,
        images: usize,
    ) {
        let from = pixels.map(|row| {
            row.map(|pixel| {
                pixel.map_or(std::ptr::null(), |pixel| {
                    self.all[(pixel * self.images + self.start) * self.channels..].as_ptr()
                })
            })
        });
        let to = [std::array::from_fn(|u| to.wrapping_add(u * step))];
        // SAFETY: a pixel holds `channels` floats for each image; the outputs are the caller's.
        unsafe { transform::<A, B, _, I, 1, 6>(isa, &from, &to, images * self.channels, &Plain) }
    }
}
