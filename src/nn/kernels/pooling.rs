//! Pooling: largest or mean value of each window, and the mean of a whole map.

use rayon::prelude::*;

use super::geometry::Geometry;
use super::isa::{Isa, versions};

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
    let len = g.images * g.channels;
    let share = 1.0 / g.taps() as f32;
    y.par_chunks_mut(g.output.1 * len).enumerate().for_each(|(r, y)| {
        for (column, y) in y.chunks_exact_mut(len).enumerate() {
            y.fill(0.0);
            g.reads(r, column, |_, pixel| add_scaled(isa, &x[pixel * len..][..len], share, y));
        }
    });
}

/// The gradient of [`average`]; the order is that of [`max_grad`].
pub fn average_grad(isa: Isa, g: &Geometry, dy: &[f32], dx: &mut [f32]) {
    let len = g.images * g.channels;
    let share = 1.0 / g.taps() as f32;
    dx.par_chunks_mut(g.input.1 * len).enumerate().for_each(|(r, dx)| {
        for (column, dx) in dx.chunks_exact_mut(len).enumerate() {
            dx.fill(0.0);
            g.readers(r, column, |_, pixel| add_scaled(isa, &dy[pixel * len..][..len], share, dx));
        }
    });
}
