//! Optical density, the scale on which dyes add up (the law of Beer and Lambert).

use std::sync::LazyLock;

use super::bytes::Steps;

/// The optical density of a byte: `-log10((byte + 1) / 256)`, without a unit. White (255) has 0,
/// black (0) has 2.408; the 1 keeps black finite.
pub fn optical_density(byte: u8) -> f64 {
    TABLE[usize::from(byte)]
}

/// The byte with this optical density, rounded to the nearest and held to 0..=255: the inverse of
/// [`optical_density`].
pub fn byte_of_density(density: f64) -> u8 {
    BYTES.byte(-density)
}

/// From negative density, which rises with the byte.
static BYTES: LazyLock<Steps> =
    LazyLock::new(|| Steps::new(|byte| libm::log10((byte + 1.0) / 256.0)));

static TABLE: LazyLock<[f64; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        // White is exactly 0, not -0.
        (0.0 - libm::log10((byte as f64 + 1.0) / 256.0)).max(0.0)
    })
});

/// Densities are summed in whole numbers of this fraction, so that the order does not matter.
const SCALE: f64 = (1u64 << 32) as f64;

static WHOLE: LazyLock<[u64; 256]> =
    LazyLock::new(|| TABLE.map(|density| libm::round(density * SCALE) as u64));

/// The sums of the optical densities of red, green and blue over many pixels, exact: images may be
/// added in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Densities {
    pixels: u64,
    sums: [u64; 3],
}

impl Densities {
    /// Over the pixels of an image of H×W×3 bytes.
    pub fn of(image: &[u8]) -> Densities {
        let whole = &*WHOLE;
        let (pixels, _) = image.as_chunks::<3>();
        let mut sums = [0; 3];
        for pixel in pixels {
            for (sum, &byte) in sums.iter_mut().zip(pixel) {
                *sum += whole[usize::from(byte)];
            }
        }
        Densities { pixels: pixels.len() as u64, sums }
    }

    /// Takes in other pixels.
    pub fn add(&mut self, other: &Densities) {
        self.pixels += other.pixels;
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, other)| *sum += other);
    }

    /// Mean optical density of red, green and blue; 0 without a pixel.
    pub fn mean(&self) -> [f64; 3] {
        self.sums.map(|sum| sum as f64 / SCALE / self.pixels.max(1) as f64)
    }
}
