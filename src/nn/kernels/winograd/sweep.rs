//! Forward and data gradient: tiles to frequencies, one matrix product each, and back.

use rayon::prelude::*;

use super::super::buffer::Buffers;
use super::super::gemm::{Left, Segment, Tile, WIDTH, Write, multiply, tiles};
use super::super::isa::Isa;
use super::super::sweep::Output;
use super::super::{After, Epilogue};
use super::axis;
use super::tiles::{Chunk, Tiles};
use super::transform::{Finish, Plain, transform};
use super::{EDGE, FREQUENCIES, OUT, apart, weights};

/// Floats of frequencies, before and after the product, of a chunk that stays in a core's cache.
const CACHED: usize = 160 << 10;
/// Weights above this many floats do not stay there as well: larger chunks read them less often.
const CACHED_WEIGHTS: usize = 256 << 10;
/// Floats of frequencies of such a larger chunk.
const LARGE: usize = 4 << 20;

/// One pass over a map; forward and data gradient differ in their tiles and weights alone.
pub(super) struct Sweep<'a> {
    pub isa: Isa,
    pub tiles: Tiles,
    /// Channels of what is read.
    pub depth: usize,
    /// Channels of what is written.
    pub columns: usize,
    pub x: &'a [f32],
    pub packed: &'a [f32],
    pub epilogue: Epilogue<'a>,
}

/// The frequencies of one chunk: `[frequency][row][channel]`, before and after the product.
struct Scratch {
    input: Output,
    /// Floats from one frequency to the next.
    input_step: usize,
    output: Output,
    output_step: usize,
    /// The bias of each filter, for each image; null if there is none.
    bias: *const f32,
}
// SAFETY: addresses only; tasks write parts of their own.
unsafe impl Sync for Scratch {}

impl Sweep<'_> {
    pub fn run(&self, buffers: &Buffers, y: &mut [f32]) {
        let images = self.tiles.images;
        assert_eq!(self.x.len(), self.tiles.from.0 * self.tiles.from.1 * images * self.depth);
        assert_eq!(y.len(), self.tiles.to.0 * self.tiles.to.1 * images * self.columns);
        assert_eq!(self.packed.len(), weights::len(self.depth, self.columns));
        assert!(self.epilogue.residual.is_none_or(|residual| residual.len() == y.len()));
        let bias = self.epilogue.bias.map(|bias| {
            let mut every = buffers.take(images * self.columns);
            every
                .chunks_exact_mut(self.columns)
                .for_each(|row| row.copy_from_slice(&bias[..self.columns]));
            every
        });
        let row = FREQUENCIES * (self.depth + self.columns);
        let y = Output(y.as_mut_ptr());
        if self.packed.len() <= CACHED_WEIGHTS {
            let chunks = self.tiles.chunks(CACHED / row);
            chunks.par_iter().with_max_len(1).for_each(|chunk| {
                self.chunk(buffers, chunk, bias.as_deref(), y, usize::MAX);
            });
        } else {
            for chunk in self.tiles.chunks(LARGE / row) {
                self.chunk(buffers, &chunk, bias.as_deref(), y, 1);
            }
        }
    }

    /// The three steps over one chunk, each in tasks of at least `least` parts.
    fn chunk(
        &self,
        buffers: &Buffers,
        chunk: &Chunk,
        bias: Option<&[f32]>,
        y: Output,
        least: usize,
    ) {
        let rows = chunk.rows();
        let (input_step, output_step) = (apart(rows * self.depth), apart(rows * self.columns));
        let mut input = buffers.take(FREQUENCIES * input_step);
        let mut output = buffers.take(FREQUENCIES * output_step);
        let scratch = Scratch {
            input: Output(input.as_mut_ptr()),
            input_step,
            output: Output(output.as_mut_ptr()),
            output_step,
            bias: bias.map_or(std::ptr::null(), |bias| bias.as_ptr()),
        };
        let tiles = chunk.tiles.len();
        (0..tiles)
            .into_par_iter()
            .with_min_len(least)
            .for_each(|tile| self.transform_input(chunk, tile, &scratch));
        let blocks = self.columns.div_ceil(WIDTH);
        (0..FREQUENCIES * blocks)
            .into_par_iter()
            .with_min_len(least)
            .for_each(|i| self.product(rows, i / blocks, i % blocks, &scratch));
        (0..tiles)
            .into_par_iter()
            .with_min_len(least)
            .for_each(|tile| self.transform_output(chunk, tile, &scratch, y));
    }

    fn transform_input(&self, chunk: &Chunk, tile: usize, scratch: &Scratch) {
        let images = chunk.images.len();
        let from = self.tiles.reads(chunk.tiles.start + tile).map(|row| {
            row.map(|pixel| {
                pixel.map_or(std::ptr::null(), |pixel| {
                    let at = pixel * self.tiles.images + chunk.images.start;
                    self.x[at * self.depth..].as_ptr()
                })
            })
        });
        let to: [[_; EDGE]; EDGE] = std::array::from_fn(|v| {
            std::array::from_fn(|u| {
                let frequency = v * EDGE + u;
                scratch.input.at(frequency * scratch.input_step + tile * images * self.depth)
            })
        });
        // SAFETY: each pixel of `x` holds `depth` floats for each image; the outputs are this
        // tile's rows, which no other task has.
        unsafe {
            transform::<axis::Input, axis::Input, _, 6, 6, 6>(
                self.isa,
                &from,
                &to,
                images * self.depth,
                &Plain,
            )
        }
    }

    /// All rows at one frequency, one block of output columns.
    fn product(&self, rows: usize, frequency: usize, block: usize, scratch: &Scratch) {
        let blocks = self.columns.div_ceil(WIDTH);
        let at = (frequency * blocks + block) * self.depth * WIDTH;
        let segments = [Segment {
            a: scratch.input.at(frequency * scratch.input_step),
            b: self.packed[at..].as_ptr(),
        }];
        let c = scratch.output.at(frequency * scratch.output_step + block * WIDTH);
        for (first, rows) in tiles(rows) {
            let tile = Tile {
                segments: &segments,
                a_offset: first * self.depth,
                b_offset: 0,
                depth: self.depth,
                left: Left::AlongSum { row: self.depth },
                b_step: WIDTH,
                start: std::ptr::null(),
                c: c.wrapping_add(first * self.columns),
                c_row: self.columns,
                rows,
                columns: WIDTH.min(self.columns - block * WIDTH),
                write: Write::Store(After::Nothing),
                residual: std::ptr::null(),
            };
            // SAFETY: a frequency of the scratch holds `rows` rows of `depth` floats, and of
            // `columns` floats; one of the weights holds `blocks` blocks of `depth` × 32. The
            // outputs are this frequency's and block's, which no other task has.
            unsafe { multiply(self.isa, &tile) }
        }
    }

    fn transform_output(&self, chunk: &Chunk, tile: usize, scratch: &Scratch, y: Output) {
        let images = chunk.images.len();
        let from: [[_; EDGE]; EDGE] = std::array::from_fn(|v| {
            std::array::from_fn(|u| {
                let frequency = v * EDGE + u;
                let at = frequency * scratch.output_step + tile * images * self.columns;
                scratch.output.at(at).cast_const()
            })
        });
        let pixels = self.tiles.writes(chunk.tiles.start + tile);
        let at = |pixel| (pixel * self.tiles.images + chunk.images.start) * self.columns;
        let to: [[_; OUT]; OUT] = pixels.map(|row| {
            row.map(|pixel| pixel.map_or(std::ptr::null_mut(), |pixel| y.at(at(pixel))))
        });
        let residual = pixels.map(|row| {
            row.map(|pixel| match (pixel, self.epilogue.residual) {
                (Some(pixel), Some(residual)) => residual[at(pixel)..].as_ptr(),
                _ => std::ptr::null(),
            })
        });
        let finish = Finish { bias: scratch.bias, residual, after: self.epilogue.after };
        // SAFETY: the frequencies hold these rows; each pixel of `y` and of the residual holds
        // `columns` floats for each image, the bias as many for all of them. The pixels are this
        // tile's, which no other task has.
        unsafe {
            transform::<axis::Output, axis::Output, _, 6, 4, 4>(
                self.isa,
                &from,
                &to,
                images * self.columns,
                &finish,
            )
        }
    }
}
