//! Resizing with a triangle filter in whole numbers. Knows nothing of files.
//!
//! The `image` crate filters in floating point; here every weight and sum is an integer and each
//! byte is rounded once, so the result is the same on every machine by construction.

use super::decode::Picture;

/// Resizes to `height`×`width` pixels with a triangle filter that widens with the scale when it
/// shrinks (as Pillow's `BILINEAR`), each byte rounded to the nearest, halves up.
pub fn resize(picture: Picture, height: usize, width: usize) -> Picture {
    if (picture.height, picture.width) == (height, width) {
        return picture;
    }
    let (columns, rows) = (taps(picture.width, width), taps(picture.height, height));
    // One pass along the rows, kept unrounded: (input height)×width×3.
    let mut wide = vec![0u64; picture.height * width * 3];
    for (line, out) in
        picture.pixels.chunks_exact(picture.width * 3).zip(wide.chunks_exact_mut(width * 3))
    {
        for (tap, out) in columns.iter().zip(out.chunks_exact_mut(3)) {
            for (&weight, pixel) in tap.weights.iter().zip(line[tap.first * 3..].chunks_exact(3)) {
                (0..3).for_each(|c| out[c] += weight * u64::from(pixel[c]));
            }
        }
    }
    let mut pixels = vec![0u8; height * width * 3];
    for (tap, out) in rows.iter().zip(pixels.chunks_exact_mut(width * 3)) {
        for (at, out) in out.iter_mut().enumerate() {
            let across: u64 = columns[at / 3].weights.iter().sum();
            let total = across * tap.weights.iter().sum::<u64>();
            let lines = wide[tap.first * width * 3..].chunks_exact(width * 3);
            let sum: u64 = tap.weights.iter().zip(lines).map(|(&w, line)| w * line[at]).sum();
            *out = ((sum + total / 2) / total) as u8;
        }
    }
    Picture { height, width, pixels }
}

/// The input pixels that make up an output pixel.
struct Tap {
    first: usize,
    weights: Vec<u64>,
}

/// Input pixel `j` weighs `1 - distance / radius` in output pixel `i`, where distances are between
/// centres and the radius is one pixel of the coarser grid. Multiplied by `2·max(from, to)`, all of
/// it is whole: `2·max(from, to) - |(2j + 1)·to - (2i + 1)·from|`.
fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = 2 * from.max(to) as i64;
    let tap = |i: usize| {
        let weight = |j: usize| {
            let distance = (2 * j as i64 + 1) * to as i64 - (2 * i as i64 + 1) * from as i64;
            (scale - distance.abs()).max(0) as u64
        };
        let nearest = ((2 * i + 1) * from / (2 * to)).min(from - 1);
        let first = (0..nearest).rev().take_while(|&j| weight(j) > 0).last().unwrap_or(nearest);
        let weights = (first..from).map(weight).take_while(|&weight| weight > 0).collect();
        Tap { first, weights }
    };
    (0..to).map(tap).collect()
}
