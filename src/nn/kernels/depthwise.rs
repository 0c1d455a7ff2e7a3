//! Depthwise convolution: each filter reads one channel, so there is no matrix product, only
//! fused multiply-adds over channels, sixteen at a time. Weights need no packing.

use rayon::prelude::*;

use super::columns::{load, store};
use super::elementwise::clamp;
use super::geometry::Geometry;
use super::isa::{Isa, versions};
use super::reduce::combine;
use super::span::{Axis, Span};
use super::way::{Way, choose, ways};
use super::{After, Epilogue};

/// Channels treated together.
const LANES: usize = 16;
/// Rows, or taps of a gradient, summed side by side: enough to hide how long an addition takes.
const TOGETHER: usize = 4;
/// Outputs of one task, at least.
const TASK: usize = 32 << 10;
type Lanes = [f32; LANES];

/// Whether a convolution is depthwise: as many groups as channels.
pub fn applies(g: &Geometry) -> bool {
    g.groups > 1 && g.groups == g.channels
}

/// `y = after(bias + x ∗ w + residual)`: input `(h, w, n, c)`, output `(oh, ow, n, filters)`,
/// weights `[tap][filter]`. Filter `f` reads channel `f / (filters / c)`.
///
/// **Order of additions**, for each output: the bias (or 0), then taps from top left to bottom
/// right (those off the map are left out), then the residual.
pub fn forward(
    isa: Isa,
    g: &Geometry,
    x: &[f32],
    weights: &[f32],
    epilogue: Epilogue,
    y: &mut [f32],
) {
    let zeros = vec![0.0; g.filters];
    let pass = Pass {
        isa,
        images: g.images,
        axes: Axis::forward(g),
        width: g.input.1,
        kernel_width: g.kernel.1,
        from: g.channels,
        to: g.filters,
        x,
        weights,
        start: &epilogue.bias.unwrap_or(&zeros)[..g.filters],
        residual: epilogue.residual,
        after: epilogue.after,
    };
    assert!(applies(g) && weights.len() == g.weights());
    assert_eq!((x.len(), y.len()), (g.input_len(), g.output_len()));
    assert!(epilogue.residual.is_none_or(|residual| residual.len() == g.output_len()));
    pass.run(y);
}

/// `dx`, given `dy`: input `(oh, ow, n, filters)`, output `(h, w, n, c)`.
///
/// **Order of additions**, for each input element: from 0, the taps that read it from top left to
/// bottom right, in each tap the channel's filters in order.
pub fn data_grad(isa: Isa, g: &Geometry, dy: &[f32], weights: &[f32], dx: &mut [f32]) {
    assert!(applies(g) && weights.len() == g.weights());
    assert_eq!((dx.len(), dy.len()), (g.input_len(), g.output_len()));
    let pass = Pass {
        isa,
        images: g.images,
        axes: Axis::backward(g),
        width: g.output.1,
        kernel_width: g.kernel.1,
        from: g.filters,
        to: g.channels,
        x: dy,
        weights,
        start: &vec![0.0; g.channels],
        residual: None,
        after: After::Nothing,
    };
    pass.run(dx);
}

/// One pass over an output map; forward and data gradient differ in which pixels feed which.
struct Pass<'a> {
    isa: Isa,
    images: usize,
    /// Rows and columns of the map that is written.
    axes: [Axis; 2],
    /// Pixels in a row of the map that is read.
    width: usize,
    kernel_width: usize,
    /// Channels that are read and written; one is a multiple of the other.
    from: usize,
    to: usize,
    x: &'a [f32],
    weights: &'a [f32],
    start: &'a [f32],
    residual: Option<&'a [f32]>,
    after: After,
}

/// A line of outputs with the same taps.
struct Line<'a> {
    /// Where the tap's weights are, and what its first output reads there.
    taps: &'a [(usize, usize)],
    rows: Way,
    /// Where its first output reads (beyond the taps' place) and is written.
    read: usize,
    write: usize,
}

impl Pass<'_> {
    fn run(&self, y: &mut [f32]) {
        let [rows, columns] = &self.axes;
        let len = columns.size * self.images * self.to;
        let several = TASK.div_ceil(len);
        y.par_chunks_mut(len).with_min_len(several).enumerate().for_each(|(row, y)| {
            let residual = self.residual.map(|residual| &residual[row * len..][..len]);
            for across in rows.within(row, row + 1) {
                for along in &columns.spans {
                    self.span(&across, along, residual, y);
                }
            }
        });
    }

    /// The outputs of a span in one row.
    fn span(&self, across: &Span, along: &Span, residual: Option<&[f32]>, y: &mut [f32]) {
        let pace = self.axes[1].pace;
        let (read, write) = (self.images * self.from, self.images * self.to);
        let (rows, others) = choose(ways([
            Way { count: self.images, read: self.from, write: self.to },
            Way { count: along.count, read: pace.shift * read, write: pace.step * write },
            Way { count: 1, read: 0, write: 0 },
        ]));
        let taps = across.taps.iter().flat_map(|(ky, row)| {
            along
                .taps
                .iter()
                .map(move |(kx, column)| (ky * self.kernel_width + kx, row * self.width + column))
        });
        let taps: Vec<_> =
            taps.map(|(tap, at)| (tap * self.from.max(self.to), at * read)).collect();
        let other = others.first().copied().unwrap_or(Way { count: 1, read: 0, write: 0 });
        for i in 0..other.count {
            let write = along.first * write + i * other.write;
            let line = Line { taps: &taps, rows, read: i * other.read, write };
            if self.from == self.to && self.to >= LANES {
                add_taps(self.isa, self, &line, residual, y);
            } else {
                add_taps_one_by_one(self.isa, self, &line, residual, y);
            }
        }
    }
}

/// Where blocks of sixteen begin; the last may overlap the one before, and does its work again.
#[inline(always)]
fn blocks(channels: usize) -> impl Iterator<Item = usize> {
    (0..channels).step_by(LANES).map(move |first| first.min(channels - LANES))
}

versions! {
    fn add_taps(pass: &Pass, line: &Line, residual: Option<&[f32]>, y: &mut [f32]) {
        let mut row = 0;
        while row < line.rows.count {
            let together = if row + TOGETHER <= line.rows.count { TOGETHER } else { 1 };
            for first in blocks(pass.to) {
                // SAFETY: these rows and channels are within the line: its taps are on the map, so
                // that what they read is in `pass.x`, and its outputs are in `y`.
                unsafe {
                    if together == TOGETHER {
                        add_block::<TOGETHER>(pass, line, row, first, residual, y);
                    } else {
                        add_block::<1>(pass, line, row, first, residual, y);
                    }
                }
            }
            row += together;
        }
    }
}

/// `R` rows of a line, sixteen channels from `first` on.
///
/// # Safety
/// These must be within the line, and all that its taps read within `pass.x`.
#[inline(always)]
unsafe fn add_block<const R: usize>(
    pass: &Pass,
    line: &Line,
    row: usize,
    first: usize,
    residual: Option<&[f32]>,
    y: &mut [f32],
) {
    let bounds = pass.after.bounds();
    let read = line.read + row * line.rows.read + first;
    // SAFETY: the caller's promise; weights and start have as many channels as the output.
    unsafe {
        let mut sums: [Lanes; R] = [load(pass.start.as_ptr(), first); R];
        for (weights, at) in line.taps {
            let weights: Lanes = load(pass.weights.as_ptr(), weights + first);
            for (r, sums) in sums.iter_mut().enumerate() {
                let x: Lanes = load(pass.x.as_ptr(), at + read + r * line.rows.read);
                for j in 0..LANES {
                    sums[j] = x[j].mul_add(weights[j], sums[j]);
                }
            }
        }
        for (r, mut sums) in sums.into_iter().enumerate() {
            let at = line.write + (row + r) * line.rows.write + first;
            if let Some(residual) = residual {
                let residual: Lanes = load(residual.as_ptr(), at);
                for j in 0..LANES {
                    sums[j] += residual[j];
                }
            }
            for sum in &mut sums {
                *sum = clamp(*sum, bounds);
            }
            store(y.as_mut_ptr(), at, sums);
        }
    }
}

versions! {
    /// For few channels, and where a channel has several filters.
    fn add_taps_one_by_one(pass: &Pass, line: &Line, residual: Option<&[f32]>, y: &mut [f32]) {
        let (filters, channels) = (pass.from.max(pass.to), pass.from.min(pass.to));
        let (per, spread) = (filters / channels, pass.from == channels);
        for row in 0..line.rows.count {
            let to = line.write + row * line.rows.write;
            let y = &mut y[to..to + pass.to];
            y.copy_from_slice(pass.start);
            for (weights, at) in line.taps {
                let x = &pass.x[at + line.read + row * line.rows.read..][..pass.from];
                let weights = &pass.weights[*weights..][..filters];
                for c in 0..channels {
                    for f in c * per..(c + 1) * per {
                        let (x, y) = if spread { (x[c], &mut y[f]) } else { (x[f], &mut y[c]) };
                        *y = x.mul_add(weights[f], *y);
                    }
                }
            }
            for (j, y) in y.iter_mut().enumerate() {
                let sum = residual.map_or(*y, |residual| *y + residual[to + j]);
                *y = clamp(sum, pass.after.bounds());
            }
        }
    }
}

/// `dw[tap][filter] = Σ x · dy` over output pixels and images, `dy` unpadded.
///
/// **Order of additions**, for each weight: each row of the output by itself, in f32 from 0, its
/// pixels from left to right (those whose tap is off the map left out), at each the images in
/// order; then the rows in order, in f64, rounded to f32 once.
pub fn weight_grad(isa: Isa, g: &Geometry, x: &[f32], dy: &[f32]) -> Vec<f32> {
    assert!(applies(g));
    assert_eq!((x.len(), dy.len()), (g.input_len(), g.output_len()));
    let [rows, columns] = Axis::forward(g);
    let mut partial = vec![0.0; g.output.0 * g.weights()];
    let len = g.output.1 * g.images * g.filters;
    partial.par_chunks_mut(g.weights()).zip(dy.par_chunks(len)).enumerate().for_each(
        |(row, (sums, dy))| {
            for across in rows.within(row, row + 1) {
                for along in &columns.spans {
                    add_products(isa, g, &across, along, x, dy, sums);
                }
            }
        },
    );
    combine(&partial, g.weights())
}

versions! {
    fn add_products(g: &Geometry, across: &Span, along: &Span, x: &[f32], dy: &[f32], sums: &mut [f32]) {
        let pixel = g.images * g.channels;
        let dy = &dy[along.first * g.images * g.filters..][..along.count * g.images * g.filters];
        for (ky, row) in &across.taps {
            let place = |(kx, column): &(usize, usize)| {
                ((ky * g.kernel.1 + kx) * g.filters, (row * g.input.1 + column) * pixel)
            };
            for taps in along.taps.chunks(TOGETHER) {
                // SAFETY: the taps are on the map, and `x` and `dy` are as large as the geometry says.
                unsafe {
                    match taps {
                        [a, b, c, d] => add_products_of(g, [place(a), place(b), place(c), place(d)], x, dy, sums),
                        [a, b, c] => add_products_of(g, [place(a), place(b), place(c)], x, dy, sums),
                        [a, b] => add_products_of(g, [place(a), place(b)], x, dy, sums),
                        [a] => add_products_of(g, [place(a)], x, dy, sums),
                        _ => {}
                    }
                }
                for tap in taps {
                    add_products_one_by_one(g, place(tap), x, dy, sums);
                }
            }
        }
    }
}

/// Filters whose sums are formed sixteen at a time; the rest one by one.
#[inline(always)]
fn whole(g: &Geometry) -> usize {
    if g.filters == g.channels { g.filters / LANES * LANES } else { 0 }
}

/// `T` taps, each with where its weights' sums are and what the first output reads.
///
/// # Safety
/// All that the taps read must be within `x`.
#[inline(always)]
unsafe fn add_products_of<const T: usize>(
    g: &Geometry,
    taps: [(usize, usize); T],
    x: &[f32],
    dy: &[f32],
    all: &mut [f32],
) {
    let pixel = g.images * g.channels;
    for first in (0..whole(g)).step_by(LANES) {
        // SAFETY: the caller's promise for `x`; `dy` and the sums have as many channels.
        unsafe {
            let mut sums: [Lanes; T] = [[0.0; LANES]; T];
            for t in 0..T {
                sums[t] = load(all.as_ptr(), taps[t].0 + first);
            }
            for column in 0..dy.len() / pixel {
                for image in 0..g.images {
                    let at = image * g.channels + first;
                    let dy: Lanes = load(dy.as_ptr(), column * pixel + at);
                    for t in 0..T {
                        let x: Lanes = load(x.as_ptr(), taps[t].1 + column * g.stride * pixel + at);
                        for j in 0..LANES {
                            sums[t][j] = x[j].mul_add(dy[j], sums[t][j]);
                        }
                    }
                }
            }
            for t in 0..T {
                store(all.as_mut_ptr(), taps[t].0 + first, sums[t]);
            }
        }
    }
}

/// The filters that [`add_products_of`] leaves.
#[inline(always)]
fn add_products_one_by_one(
    g: &Geometry,
    (to, at): (usize, usize),
    x: &[f32],
    dy: &[f32],
    sums: &mut [f32],
) {
    let (pixel, per) = (g.images * g.channels, g.filters / g.channels);
    if whole(g) == g.filters {
        return;
    }
    let sums = &mut sums[to..to + g.filters];
    for (column, dy) in dy.chunks_exact(g.images * g.filters).enumerate() {
        let x = &x[at + column * g.stride * pixel..][..pixel];
        for (x, dy) in x.chunks_exact(g.channels).zip(dy.chunks_exact(g.filters)) {
            for f in whole(g)..g.filters {
                sums[f] = x[f / per].mul_add(dy[f], sums[f]);
            }
        }
    }
}
