//! Sharpness, noise and holes, in whole numbers.

use super::Canvas;
use super::geometry::Mirror;
use super::settings::{Blur, Cutout, Noise};
use crate::data::random::Random;

/// Weights add up to this.
const WHOLE: u32 = 1 << 16;

/// Blurs along the rows and along the columns; beyond its edges the image is mirrored.
pub(super) fn blur(blur: &Blur, random: &mut Random, canvas: &mut Canvas) {
    let weights = gaussian(f64::from(random.unit()) * blur.sigma);
    if weights.len() == 1 {
        return;
    }
    let (height, width) = (canvas.height, canvas.width);
    let radius = weights.len() as i64 / 2;
    let image = canvas.pixels.clone();
    let mirror = Mirror::new(width);
    let mut wide: Vec<u8> = Vec::new();
    for (line, out) in image.chunks_exact(width * 3).zip(canvas.pixels.chunks_exact_mut(width * 3))
    {
        wide.clear();
        for x in -radius..width as i64 + radius {
            wide.extend_from_slice(&line[mirror.at(x) * 3..][..3]);
        }
        let shifted = |tap: usize| &wide[tap * 3..];
        weigh(&weights, shifted, out);
    }
    let image = canvas.pixels.clone();
    let mirror = Mirror::new(height);
    for (y, out) in canvas.pixels.chunks_exact_mut(width * 3).enumerate() {
        let line = |tap: usize| &image[mirror.at(y as i64 + tap as i64 - radius) * width * 3..];
        weigh(&weights, line, out);
    }
}

/// The weighted sum of lines, one a tap.
fn weigh<'a>(weights: &[u32], line: impl Fn(usize) -> &'a [u8], out: &mut [u8]) {
    let mut sums = vec![WHOLE / 2; out.len()];
    for (tap, &weight) in weights.iter().enumerate() {
        for (sum, &byte) in sums.iter_mut().zip(line(tap)) {
            *sum += weight * u32::from(byte);
        }
    }
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = (sum / WHOLE) as u8);
}

/// A Gaussian up to three standard deviations, whose weights add up to [`WHOLE`].
fn gaussian(sigma: f64) -> Vec<u32> {
    let radius = libm::ceil(3.0 * sigma) as i64;
    if radius == 0 || sigma < 0.1 {
        return vec![WHOLE];
    }
    let height = |x: i64| libm::exp(-((x * x) as f64) / (2.0 * sigma * sigma));
    let total: f64 = (-radius..=radius).map(height).sum();
    let weight = |x| libm::round(height(x) / total * f64::from(WHOLE)) as u32;
    let mut weights: Vec<u32> = (-radius..=radius).map(weight).collect();
    // Rounding leaves a few parts over, for the middle to take.
    let others = weights.iter().sum::<u32>() - weights[radius as usize];
    weights[radius as usize] = WHOLE - others;
    weights
}

/// Adds noise to every byte: the sum of four random bytes, which is close to a Gaussian (up to 3.4
/// standard deviations) and much faster to draw.
pub(super) fn noise(noise: &Noise, random: &mut Random, pixels: &mut [u8]) {
    /// Mean and standard deviation of the sum of four bytes: `4·255/2` and `√(4·(256² - 1)/12)`.
    const MEAN: i32 = 510;
    const SD: f64 = 147.800_766_8;
    let sd = f64::from(random.unit()) * noise.sd * 255.0;
    let scale = libm::round(sd / SD * f64::from(WHOLE)) as i32;
    let mut bytes = [0; 4 * 256];
    for some in pixels.chunks_mut(256) {
        random.fill(&mut bytes);
        for (pixel, bytes) in some.iter_mut().zip(bytes.as_chunks::<4>().0) {
            let sum: i32 = bytes.iter().map(|&byte| i32::from(byte)).sum();
            let more = ((sum - MEAN) * scale + (1 << 15)) >> 16;
            *pixel = (i32::from(*pixel) + more).clamp(0, 255) as u8;
        }
    }
}

/// Hides a square whose middle may be anywhere.
pub(super) fn cutout(cutout: &Cutout, random: &mut Random, canvas: &mut Canvas) {
    let (height, width) = (canvas.height, canvas.width);
    let side = libm::round(cutout.size * height.min(width) as f64) as usize;
    let (y, x) = (random.below(height as u64) as usize, random.below(width as u64) as usize);
    let (pixels, _) = canvas.pixels.as_chunks_mut::<3>();
    let n = pixels.len().max(1) as u64;
    let mean = [0, 1, 2].map(|c| {
        let sum: u64 = pixels.iter().map(|pixel| u64::from(pixel[c])).sum();
        ((sum + n / 2) / n) as u8
    });
    let within = |middle: usize, most: usize| {
        middle.saturating_sub(side / 2)..(middle + side - side / 2).min(most)
    };
    for y in within(y, height) {
        pixels[y * width..][within(x, width)].fill(mean);
    }
}
