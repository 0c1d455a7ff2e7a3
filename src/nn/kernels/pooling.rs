//! Pooling: largest or mean value of each window, and means of bins that fill a map of given size.

use std::ops::Range;

use rayon::prelude::*;

use super::geometry::Geometry;
use super::isa::{Isa, versions};

/// Floats of a pixel that are summed together.
const PART: usize = 4 << 10;

versions! {
    fn first_tap(x: &[f32], y: &mut [f32], winner: &mut [f32], tap: f32) {
        y.copy_from_slice(x);
        winner.fill(tap);
    }
}
versions! {
    fn next_tap(x: &[f32], y: &mut [f32], winner: &mut [f32], tap: f32) {
        let (x, winner) = (&x[..y.len()], &mut winner[..y.len()]);
        for j in 0..y.len() {
            let wins = x[j] > y[j];
            y[j] = if wins { x[j] } else { y[j] };
            winner[j] = if wins { tap } else { winner[j] };
        }
    }
}
versions! {
    fn give_back(dy: &[f32], winner: &[f32], tap: f32, dx: &mut [f32]) {
        let (dy, winner) = (&dy[..dx.len()], &winner[..dx.len()]);
        for j in 0..dx.len() { dx[j] += if winner[j] == tap { dy[j] } else { 0.0 }; }
    }
}
versions! {
    fn add_scaled(x: &[f32], factor: f32, y: &mut [f32]) {
        let x = &x[..y.len()];
        for j in 0..y.len() { y[j] = x[j].mul_add(factor, y[j]); }
    }
}

/// The largest value of each window, and which tap it came from. Ties go to the first tap;
/// what is off the map never wins. (The tap's number is kept as a float: as wide as the values,
/// both are chosen by one vector mask.)
pub fn max(isa: Isa, g: &Geometry, x: &[f32], y: &mut [f32], winner: &mut [f32]) {
    let len = g.images * g.channels;
    let row = g.output.1 * len;
    y.par_chunks_mut(row).zip(winner.par_chunks_mut(row)).enumerate().for_each(
        |(r, (y, winner))| {
            for (column, (y, winner)) in
                y.chunks_exact_mut(len).zip(winner.chunks_exact_mut(len)).enumerate()
            {
                let mut first = true;
                g.reads(r, column, |tap, pixel| {
                    let x = &x[pixel * len..][..len];
                    let take = if std::mem::take(&mut first) { first_tap } else { next_tap };
                    take(isa, x, y, winner, tap as f32);
                });
            }
        },
    );
}

/// The gradient of [`max`]: each `dy` goes to its winner.
///
/// **Order of additions**, for each input: from 0, the windows it won in the order of taps.
pub fn max_grad(isa: Isa, g: &Geometry, dy: &[f32], winner: &[f32], dx: &mut [f32]) {
    let len = g.images * g.channels;
    dx.par_chunks_mut(g.input.1 * len).enumerate().for_each(|(r, dx)| {
        for (column, dx) in dx.chunks_exact_mut(len).enumerate() {
            dx.fill(0.0);
            g.readers(r, column, |tap, pixel| {
                let at = pixel * len..(pixel + 1) * len;
                give_back(isa, &dy[at.clone()], &winner[at], tap as f32, dx);
            });
        }
    });
}

/// The mean of each window. What is off the map counts as 0, and is counted, as PyTorch's
/// `AvgPool2d` does by default.
///
/// **Order of additions**, for each output: from 0, taps in order, each `fma(x, 1/taps, sum)`.
pub fn average(isa: Isa, g: &Geometry, x: &[f32], y: &mut [f32]) {
    let share = 1.0 / g.taps() as f32;
    sum_pixels(isa, g.images * g.channels, g.output, x, y, |row, column, from| {
        g.reads(row, column, |_, pixel| from.push((pixel, share)));
    });
}

/// The gradient of [`average`]; the order is that of [`max_grad`].
pub fn average_grad(isa: Isa, g: &Geometry, dy: &[f32], dx: &mut [f32]) {
    let share = 1.0 / g.taps() as f32;
    sum_pixels(isa, g.images * g.channels, g.input, dy, dx, |row, column, from| {
        g.readers(row, column, |_, pixel| from.push((pixel, share)));
    });
}

/// Maps of any size averaged to one of a given size, as PyTorch's `AdaptiveAvgPool2d` does. Along
/// an axis, output `i` is the mean of inputs `⌊i · in / out⌋ .. ⌈(i + 1) · in / out⌉`; bins overlap
/// where sizes do not divide, and repeat inputs where the output is larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptive {
    /// Floats at one pixel: images × channels.
    pub len: usize,
    /// Height and width of the input map.
    pub input: (usize, usize),
    /// Height and width of the output map.
    pub output: (usize, usize),
}

/// The mean of each bin. An output of 1 × 1 is the global average.
///
/// **Order of additions**, for each output: from 0, the bin's pixels in reading order, each
/// `fma(x, 1/pixels, sum)`.
pub fn adaptive(isa: Isa, a: &Adaptive, x: &[f32], y: &mut [f32]) {
    sum_pixels(isa, a.len, a.output, x, y, |row, column, from| {
        let (rows, columns) = a.bin(row, column);
        let share = 1.0 / (rows.len() * columns.len()) as f32;
        for at in rows {
            from.extend(columns.clone().map(|column| (at * a.input.1 + column, share)));
        }
    });
}

/// The gradient of [`adaptive`].
///
/// **Order of additions**, for each input: from 0, the outputs whose bins hold it in reading
/// order, each `fma(dy, 1/pixels, sum)`.
pub fn adaptive_grad(isa: Isa, a: &Adaptive, dy: &[f32], dx: &mut [f32]) {
    sum_pixels(isa, a.len, a.input, dy, dx, |row, column, from| {
        for y in (0..a.output.0).filter(|y| a.bin(*y, 0).0.contains(&row)) {
            for x in (0..a.output.1).filter(|x| a.bin(0, *x).1.contains(&column)) {
                let (rows, columns) = a.bin(y, x);
                let share = 1.0 / (rows.len() * columns.len()) as f32;
                from.push((y * a.output.1 + x, share));
            }
        }
    });
}

/// The inputs that make up output `i` along an axis.
pub fn bin(i: usize, from: usize, to: usize) -> Range<usize> {
    i * from / to..((i + 1) * from).div_ceil(to)
}

impl Adaptive {
    /// Rows and columns of the input that make up one output pixel.
    fn bin(&self, row: usize, column: usize) -> (Range<usize>, Range<usize>) {
        (bin(row, self.input.0, self.output.0), bin(column, self.input.1, self.output.1))
    }
}

/// Each pixel of a map as a weighted sum of others: `find` lists (pixel, weight) in the order of
/// additions. A few channels at a time, so that sums stay in cache however large the window is.
fn sum_pixels(
    isa: Isa,
    len: usize,
    map: (usize, usize),
    x: &[f32],
    y: &mut [f32],
    find: impl Fn(usize, usize, &mut Vec<(usize, f32)>) + Sync,
) {
    assert_eq!(y.len(), map.0 * map.1 * len);
    y.par_chunks_mut(len).enumerate().for_each(|(pixel, y)| {
        let mut from = Vec::new();
        find(pixel / map.1, pixel % map.1, &mut from);
        y.par_chunks_mut(PART).enumerate().for_each(|(part, y)| {
            y.fill(0.0);
            for (pixel, share) in &from {
                let x = &x[pixel * len + part * PART..][..y.len()];
                add_scaled(isa, x, *share, y);
            }
        });
    });
}
