//! Kernels that treat each element alone: nothing is summed, so there is no order to keep.

use rayon::prelude::*;

use super::After;
use super::isa::{Isa, versions};

/// Floats that one task treats.
pub(super) const CHUNK: usize = 32 << 10;

/// An activation's output, given its [bounds](After::bounds); NaN stays NaN.
#[inline(always)]
pub(super) fn clamp(value: f32, (least, most): (f32, f32)) -> f32 {
    if value < least {
        least
    } else if value > most {
        most
    } else {
        value
    }
}

/// What an activation lets through of a gradient: all of it where the output `y` is within its
/// bounds, nothing where it is at one of them.
#[inline(always)]
pub(super) fn pass(y: f32, d: f32, (least, most): (f32, f32)) -> f32 {
    if y <= least || y >= most { 0.0 } else { d }
}

versions! {
    fn clamp_chunk(x: &[f32], bounds: (f32, f32), y: &mut [f32]) {
        let y = &mut y[..x.len()];
        for j in 0..x.len() { y[j] = clamp(x[j], bounds); }
    }
}
versions! {
    fn mask_chunk(y: &[f32], bounds: (f32, f32), d: &mut [f32]) {
        let y = &y[..d.len()];
        for j in 0..d.len() { d[j] = pass(y[j], d[j], bounds); }
    }
}
versions! {
    fn add_chunk(a: &mut [f32], b: &[f32]) {
        let b = &b[..a.len()];
        for j in 0..a.len() { a[j] += b[j]; }
    }
}
versions! {
    fn sum_chunk(a: &[f32], b: &[f32], bounds: (f32, f32), y: &mut [f32]) {
        let (a, b) = (&a[..y.len()], &b[..y.len()]);
        for j in 0..y.len() { y[j] = clamp(a[j] + b[j], bounds); }
    }
}
versions! {
    fn split_chunk(y: &[f32], bounds: (f32, f32), d: &mut [f32], copy: &mut [f32]) {
        let (y, copy) = (&y[..d.len()], &mut copy[..d.len()]);
        for j in 0..d.len() {
            d[j] = pass(y[j], d[j], bounds);
            copy[j] = d[j];
        }
    }
}
versions! {
    fn dropout_chunk(x: &[f32], y: &mut [f32], first: u64, key: u64, below: u32, scale: f32) {
        let y = &mut y[..x.len()];
        for j in 0..x.len() {
            let keep = (mix(key, first + j as u64) as u32) >= below;
            y[j] = if keep { x[j] * scale } else { 0.0 };
        }
    }
}

/// `y = after(x)`.
pub fn activate(isa: Isa, x: &[f32], after: After, y: &mut [f32]) {
    let bounds = after.bounds();
    let chunks = y.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK));
    chunks.for_each(|(y, x)| clamp_chunk(isa, x, bounds, y));
}

/// The gradient of [`activate`], in place: `d` is kept where the output `y` was strictly within
/// the activation's bounds (0 < y < 6 for ReLU6).
pub fn mask(isa: Isa, y: &[f32], after: After, d: &mut [f32]) {
    let bounds = after.bounds();
    let chunks = d.par_chunks_mut(CHUNK).zip(y.par_chunks(CHUNK));
    chunks.for_each(|(d, y)| mask_chunk(isa, y, bounds, d));
}

/// `a = a + b`.
pub fn add(isa: Isa, a: &mut [f32], b: &[f32]) {
    a.par_chunks_mut(CHUNK).zip(b.par_chunks(CHUNK)).for_each(|(a, b)| add_chunk(isa, a, b));
}

/// `y = after(a + b)`.
pub fn sum(isa: Isa, a: &[f32], b: &[f32], after: After, y: &mut [f32]) {
    let bounds = after.bounds();
    let chunks = y.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).zip(b.par_chunks(CHUNK));
    chunks.for_each(|((y, a), b)| sum_chunk(isa, a, b, bounds, y));
}

/// The gradient of [`sum`], once for each of its inputs: [`mask`] in place, and a copy of it.
pub fn sum_grad(isa: Isa, y: &[f32], after: After, d: &mut [f32], copy: &mut [f32]) {
    let bounds = after.bounds();
    let chunks = d.par_chunks_mut(CHUNK).zip(copy.par_chunks_mut(CHUNK)).zip(y.par_chunks(CHUNK));
    chunks.for_each(|((d, copy), y)| split_chunk(isa, y, bounds, d, copy));
}

/// Inverted dropout: an element becomes 0 with probability `rate`, the others are scaled by
/// `1 / (1 − rate)`. The mask is a function of (`key`, position) alone, so the gradient is the
/// same call on `dy`. <https://jmlr.org/papers/v15/srivastava14a.html>
pub fn dropout(isa: Isa, x: &[f32], key: u64, rate: f64, y: &mut [f32]) {
    let below = (rate * 4_294_967_296.0) as u32;
    let scale = (1.0 / (1.0 - rate)) as f32;
    y.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).enumerate().for_each(|(i, (y, x))| {
        dropout_chunk(isa, x, y, (i * CHUNK) as u64, key, below, scale);
    });
}

/// SplitMix64's output function over a counter (Steele, Lea and Flood, 2014).
#[inline(always)]
fn mix(key: u64, counter: u64) -> u64 {
    let z = key.wrapping_add(counter.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Bytes of images `(n, h, w, c)` to floats `(h, w, n, c)`: `(byte / 255 − mean) / sd` for each
/// channel, looked up in `table[byte · channels + channel]`.
pub fn load_images(bytes: &[u8], pixels: usize, channels: usize, table: &[f32], x: &mut [f32]) {
    let image_len = pixels * channels;
    let images = bytes.len() / image_len;
    let row = images * channels;
    x.par_chunks_mut(row).with_min_len(64).enumerate().for_each(|(pixel, x)| {
        for (image, x) in x.chunks_exact_mut(channels).enumerate() {
            let from = &bytes[image * image_len + pixel * channels..][..channels];
            for (c, (x, byte)) in x.iter_mut().zip(from).enumerate() {
                *x = table[*byte as usize * channels + c];
            }
        }
    });
}

/// Maps `(pixels, n, c)` to vectors `(n, c · pixels)` in PyTorch's order: channel, then pixel.
pub fn flatten(x: &[f32], images: usize, channels: usize, y: &mut [f32]) {
    let len = x.len() / images;
    y.par_chunks_mut(len).enumerate().for_each(|(image, y)| {
        for (pixel, x) in x.chunks_exact(images * channels).enumerate() {
            let x = &x[image * channels..][..channels];
            for (y, x) in y[pixel..].iter_mut().step_by(len / channels).zip(x) {
                *y = *x;
            }
        }
    });
}

/// The gradient of [`flatten`]: its inverse.
pub fn unflatten(dy: &[f32], images: usize, channels: usize, dx: &mut [f32]) {
    let len = dy.len() / images;
    dx.par_chunks_mut(images * channels).enumerate().for_each(|(pixel, dx)| {
        for (image, dx) in dx.chunks_exact_mut(channels).enumerate() {
            let dy = dy[image * len + pixel..].iter().step_by(len / channels);
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = *dy);
        }
    });
}
