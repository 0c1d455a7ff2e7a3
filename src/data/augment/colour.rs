//! Colours: all changes of light are one matrix, all changes of staining another. Pixels are
//! multiplied in whole numbers.

use std::sync::LazyLock;

use super::around_zero;
use super::settings::{ColorJitter, StainJitter};
use crate::data::random::Random;
use crate::data::stain::{Stains, byte_of_density, optical_density};

/// Matrices have so many binary digits after the point.
const DIGITS: u32 = 14;
const ONE: f64 = (1 << DIGITS) as f64;
/// What luma is made of (ITU-R BT.601).
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

type Matrix = [[f64; 3]; 3];

/// Brightness, contrast about the mean luma, saturation, and hue, which turns colours about grey in
/// the plane of I and Q (as in the YIQ model of television).
pub(super) fn jitter(jitter: &ColorJitter, random: &mut Random, pixels: &mut [u8]) {
    let brightness = 1.0 + around_zero(random, jitter.brightness);
    let contrast = 1.0 + around_zero(random, jitter.contrast);
    let saturation = 1.0 + around_zero(random, jitter.saturation);
    let turn = around_zero(random, jitter.hue) * std::f64::consts::TAU;
    // Grey stays grey under the turn and the change of saturation.
    let offset = (1.0 - contrast) * brightness * mean_luma(pixels);
    let light = brightness * contrast;
    let colours = product(&hue(turn), &towards_grey(saturation));
    let rows = colours.map(|row| row.map(|x| libm::round(x * light * ONE) as i32));
    let offset = libm::round((offset + 0.5) * ONE) as i32;
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    for pixel in pixels {
        let [r, g, b] = pixel.map(i32::from);
        *pixel = rows.map(|row| {
            let sum = row[0] * r + row[1] * g + row[2] * b + offset;
            (sum >> DIGITS).clamp(0, 255) as u8
        });
    }
}

fn mean_luma(pixels: &[u8]) -> f64 {
    let (pixels, _) = pixels.as_chunks::<3>();
    let mut sums = [0u64; 3];
    for pixel in pixels {
        (0..3).for_each(|c| sums[c] += u64::from(pixel[c]));
    }
    let n = pixels.len().max(1) as f64;
    (0..3).map(|c| LUMA[c] * sums[c] as f64 / n).sum()
}

fn towards_grey(saturation: f64) -> Matrix {
    let of = |i: usize, j: usize| {
        let kept = if i == j { saturation } else { 0.0 };
        kept + (1.0 - saturation) * LUMA[j]
    };
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| of(i, j)))
}

fn hue(turn: f64) -> Matrix {
    const TO_YIQ: Matrix = [LUMA, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]];
    const TO_RGB: Matrix = [[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.704]];
    if turn == 0.0 {
        // The two matrices are each other's inverse only to three digits.
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    }
    let (cosine, sine) = (libm::cos(turn), libm::sin(turn));
    let turned = [[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]];
    product(&product(&TO_RGB, &turned), &TO_YIQ)
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j]))
}

/// Densities have so many binary digits after the point: seven steps from white to the next byte.
const FINE: u32 = 12;

/// The density of each byte.
static DENSITIES: LazyLock<[i32; 256]> = LazyLock::new(|| {
    let whole = |byte: usize| optical_density(byte as u8) * f64::from(1 << FINE);
    std::array::from_fn(|byte| libm::round(whole(byte)) as i32)
});

/// The byte of each density up to that of black.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let byte = |density: i32| byte_of_density(f64::from(density) / f64::from(1 << FINE));
    (0..=DENSITIES[0]).map(byte).collect()
});

/// The amounts of haematoxylin, eosin and the residual, each scaled and shifted.
pub(super) fn stains(jitter: &StainJitter, random: &mut Random, pixels: &mut [u8]) {
    let scale: [f64; 3] = std::array::from_fn(|_| 1.0 + around_zero(random, jitter.scale));
    let shift: [f64; 3] = std::array::from_fn(|_| around_zero(random, jitter.shift));
    let stains = Stains::default();
    // The densities of red, green and blue, one at a time, give the columns of the matrix.
    let columns = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|unit| {
        let amounts = stains.amounts(unit);
        stains.density([0, 1, 2].map(|stain| amounts[stain] * scale[stain]))
    });
    let rows = [0, 1, 2].map(|i| [0, 1, 2].map(|j| libm::round(columns[j][i] * ONE) as i32));
    let half = 0.5 * ONE;
    let offset = stains.density(shift).map(|x| x * f64::from(1 << FINE) * ONE + half);
    let offset = offset.map(|x| libm::round(x) as i32);
    let (densities, bytes) = (&*DENSITIES, &*BYTES);
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    for pixel in pixels {
        let [r, g, b] = pixel.map(|byte| densities[usize::from(byte)]);
        *pixel = [0, 1, 2].map(|c| {
            let sum = rows[c][0] * r + rows[c][1] * g + rows[c][2] * b + offset[c];
            bytes[(sum >> DIGITS).clamp(0, bytes.len() as i32 - 1) as usize]
        });
    }
}
