//! Convolution, forward and data gradient, as segmented matrix products without im2col.

use rayon::prelude::*;

use super::Epilogue;
use super::gemm::{Left, Segment, Tile, WIDTH, Write, multiply, tiles};
use super::geometry::Geometry;
use super::isa::Isa;
use super::pack;

/// Packed weights above this many floats are walked in groups of blocks that stay in cache.
const CACHED_WEIGHTS: usize = 256 << 10;
/// Floats of packed weights in such a group.
const GROUP: usize = 128 << 10;
/// Floats of input that one task should span: a band of rows that stays in cache.
const BAND: usize = 48 << 10;

/// `y = after(bias + x ∗ w + residual)`: input `(h, w, n, c)`, output `(oh, ow, n, filters)`.
///
/// `packed` comes from [`pack::forward`].
///
/// **Order of additions**, for each output: the bias (or 0), then taps from top left to bottom
/// right (those off the map are left out), in each tap the channels in order, then the residual.
pub fn forward(
    isa: Isa,
    g: &Geometry,
    x: &[f32],
    packed: &[f32],
    epilogue: Epilogue,
    y: &mut [f32],
) {
    assert_eq!((x.len(), y.len()), (g.input_len(), g.output_len()));
    assert_eq!(packed.len(), pack::forward_len(g));
    assert!(epilogue.bias.is_none_or(|bias| bias.len() == pack::padded(g.filters)));
    assert!(epilogue.residual.is_none_or(|residual| residual.len() == g.output_len()));
    let sweep = Sweep {
        isa,
        images: g.images,
        depth: g.channels,
        taps: g.taps(),
        map: g.output,
        columns: g.filters,
        x,
        packed,
        epilogue,
    };
    sweep.run(y, |row, column, each| g.reads(row, column, each));
}

/// `dx`, given `dy`: input `(oh, ow, n, filters)`, output `(h, w, n, c)`.
///
/// `packed` comes from [`pack::backward`].
///
/// **Order of additions**, for each input element: from 0, the taps that read it from top left to
/// bottom right, in each tap the filters in order.
pub fn data_grad(isa: Isa, g: &Geometry, dy: &[f32], packed: &[f32], dx: &mut [f32]) {
    assert_eq!((dx.len(), dy.len()), (g.input_len(), g.output_len()));
    assert_eq!(packed.len(), pack::backward_len(g));
    let sweep = Sweep {
        isa,
        images: g.images,
        depth: g.filters,
        taps: g.taps(),
        map: g.input,
        columns: g.channels,
        x: dy,
        packed,
        epilogue: Epilogue::default(),
    };
    sweep.run(dx, |row, column, each| g.readers(row, column, each));
}

/// One pass over an output map; forward and data gradient differ in which pixels feed which.
struct Sweep<'a> {
    isa: Isa,
    images: usize,
    /// Channels of what is read.
    depth: usize,
    taps: usize,
    /// Height and width of what is written.
    map: (usize, usize),
    /// Channels of what is written.
    columns: usize,
    x: &'a [f32],
    packed: &'a [f32],
    epilogue: Epilogue<'a>,
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

impl Sweep<'_> {
    /// Tasks are (group of blocks) × (band of rows). Neither changes the order of any sum.
    fn run(
        &self,
        y: &mut [f32],
        feeds: impl Fn(usize, usize, &mut dyn FnMut(usize, usize)) + Sync,
    ) {
        let blocks = self.columns.div_ceil(WIDTH);
        let block_len = self.taps * self.depth * WIDTH;
        let group = if block_len * blocks > CACHED_WEIGHTS {
            (GROUP / block_len).clamp(1, blocks)
        } else {
            blocks
        };
        let band = (BAND / (self.map.1 * self.images * self.depth)).clamp(1, self.map.0);
        let bands = self.map.0.div_ceil(band);
        let out = Output(y.as_mut_ptr());
        (0..blocks.div_ceil(group) * bands).into_par_iter().with_max_len(1).for_each(|task| {
            let first = task / bands * group;
            let top = task % bands * band;
            let mut segments = Vec::with_capacity(self.taps);
            for row in top..(top + band).min(self.map.0) {
                for column in 0..self.map.1 {
                    segments.clear();
                    feeds(row, column, &mut |tap, pixel| segments.push(self.segment(tap, pixel)));
                    let at = (row * self.map.1 + column) * self.images * self.columns;
                    for block in first..(first + group).min(blocks) {
                        self.pixel(&segments, block, block_len, &out, at + block * WIDTH);
                    }
                }
            }
        });
    }

    /// What one tap adds: the pixel's channels times the tap's weights.
    fn segment(&self, tap: usize, pixel: usize) -> Segment {
        Segment {
            a: self.x[pixel * self.images * self.depth..].as_ptr(),
            b: self.packed[tap * self.depth * WIDTH..].as_ptr(),
        }
    }

    /// All images at one pixel, one block of output columns.
    fn pixel(&self, segments: &[Segment], block: usize, block_len: usize, out: &Output, at: usize) {
        let start = self
            .epilogue
            .bias
            .map_or(std::ptr::null(), |bias| bias[block * WIDTH..][..WIDTH].as_ptr());
        for (image, rows) in tiles(self.images) {
            let tile = Tile {
                segments,
                a_offset: image * self.depth,
                b_offset: block * block_len,
                depth: self.depth,
                left: Left::AlongSum { row: self.depth },
                b_step: WIDTH,
                start,
                c: out.at(at + image * self.columns),
                c_row: self.columns,
                rows,
                columns: WIDTH.min(self.columns - block * WIDTH),
                write: Write::Store(self.epilogue.after),
                residual: self.epilogue.residual.map_or(std::ptr::null(), |residual| {
                    residual[at + image * self.columns..].as_ptr()
                }),
            };
            // SAFETY: a segment begins at a pixel of `x`, which holds `images` rows of `depth`
            // floats, and at a tap of `packed`, which holds `blocks` blocks of `block_len`; both
            // lengths were asserted. The outputs are this pixel's, block's and tile's alone.
            unsafe { multiply(self.isa, &tile) }
        }
    }
}
