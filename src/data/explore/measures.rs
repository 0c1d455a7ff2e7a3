//! What can be measured in one image: light, sharpness, tissue, dyes, ink. Knows nothing of
//! labels or files.
//!
//! All sums run over whole numbers, so the order in which pixels are taken does not matter.

use std::ops::Range;

use crate::data::stain::{Densities, Stains};

/// A pixel shows tissue when its green channel, which both dyes darken, has an optical density of
/// about 0.1 or more (bytes up to this), unless it is black or ink.
const TISSUE: u8 = 202;
/// Tissue is dyed purple and pink, and so green is its darkest channel; a pixel whose green
/// outshines its red by more than this comes from a blue or green marker.
const INK: u8 = 25;

/// What was measured in one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Mean luma, 0 to 255.
    pub brightness: f32,
    /// Standard deviation of luma, 0 to 255.
    pub contrast: f32,
    /// Variance of the Laplacian of luma (Pech-Pacheco et al. 2000, "Diatom autofocusing in
    /// brightfield microscopy"): the lower, the more blurred, if there is something to see.
    pub sharpness: f32,
    /// Share of pixels that show tissue, 0 to 1.
    pub tissue: f32,
    /// Share of pixels with blue or green marker ink, 0 to 1.
    pub ink: f32,
    /// Mean luma of the central third less that of the rest.
    pub centre: f32,
    /// Mean amounts of haematoxylin and eosin in the tissue, in optical density; none where less
    /// than a tenth of the image is tissue.
    pub stains: Option<[f32; 2]>,
}

/// The middle of a side: 32 of 96 pixels decide a label (Veeling et al. 2018).
pub(super) fn central(side: usize) -> Range<usize> {
    side / 3..side - side / 3
}

impl Measures {
    /// Measures an image of H×W×3 bytes; a pixel up to `black` in each channel is no tissue.
    pub fn of(image: &[u8], width: usize, black: u8) -> Measures {
        let (pixels, _) = image.as_chunks::<3>();
        let luma: Vec<i32> = pixels.iter().map(luma).collect();
        let mut tissue = Vec::with_capacity(image.len());
        let mut ink = 0;
        for pixel in pixels {
            let &[red, green, _] = pixel;
            if green > red.saturating_add(INK) {
                ink += 1;
            } else if green <= TISSUE && pixel.iter().any(|&byte| byte > black) {
                tissue.extend_from_slice(pixel);
            }
        }
        let all = pixels.len().max(1) as f32;
        let share = tissue.len() as f32 / 3.0 / all;
        let light = Moments::of(luma.iter().copied());
        Measures {
            brightness: (light.mean() / 1000.0) as f32,
            contrast: (light.variance().sqrt() / 1000.0) as f32,
            sharpness: (laplacian(&luma, width).variance() / 1e6) as f32,
            tissue: share,
            ink: ink as f32 / all,
            centre: centre(&luma, width, light),
            stains: (share >= 0.1).then(|| {
                let amounts = Stains::default().amounts(Densities::of(&tissue).mean());
                [amounts[0] as f32, amounts[1] as f32]
            }),
        }
    }
}

/// In thousandths: 0.299 R + 0.587 G + 0.114 B.
fn luma(&[r, g, b]: &[u8; 3]) -> i32 {
    i32::from(r) * 299 + i32::from(g) * 587 + i32::from(b) * 114
}

/// Four times each inner pixel less its neighbours.
fn laplacian(luma: &[i32], width: usize) -> Moments {
    let mut moments = Moments::default();
    let rows: Vec<&[i32]> = luma.chunks_exact(width.max(1)).collect();
    for three in rows.windows(3) {
        let (above, here, below) = (three[0], three[1], three[2]);
        let inner = here.windows(3).zip(&above[1..]).zip(&below[1..]);
        moments.add(inner.map(|((here, up), down)| 4 * here[1] - here[0] - here[2] - up - down));
    }
    moments
}

/// How much brighter the central third is than the rest; `all` are the moments of all pixels.
fn centre(luma: &[i32], width: usize, all: Moments) -> f32 {
    let height = luma.len() / width.max(1);
    let inside = central(height).flat_map(|y| &luma[y * width..][central(width)]).copied();
    let inside = Moments::of(inside);
    let rim = Moments { count: all.count - inside.count, sum: all.sum - inside.sum, squares: 0 };
    match rim.count {
        0 => 0.0,
        _ => ((inside.mean() - rim.mean()) / 1000.0) as f32,
    }
}

/// Exact sums of whole numbers and of their squares.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: i64,
    sum: i64,
    squares: i64,
}

impl Moments {
    fn of(values: impl Iterator<Item = i32>) -> Moments {
        let mut moments = Moments::default();
        moments.add(values);
        moments
    }

    fn add(&mut self, values: impl Iterator<Item = i32>) {
        let (mut count, mut sum, mut squares) = (0, 0, 0);
        for value in values {
            let value = i64::from(value);
            count += 1;
            sum += value;
            squares += value * value;
        }
        self.count += count;
        self.sum += sum;
        self.squares += squares;
    }

    fn mean(&self) -> f64 {
        self.sum as f64 / self.count.max(1) as f64
    }

    /// Of the population: divided by n.
    fn variance(&self) -> f64 {
        let n = i128::from(self.count.max(1));
        // n·Σx² - (Σx)², in whole numbers, is free of cancellation.
        let spread = n * i128::from(self.squares) - i128::from(self.sum) * i128::from(self.sum);
        spread as f64 / (n * n) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().flat_map(|&byte| [byte; 3]).collect()
    }

    #[test]
    fn light_and_sharpness_by_hand() {
        // A dot of 90 on 0: mean 10, variance 8100/9 - 100 = 800; a Laplacian of 360 alone.
        let dot = Measures::of(&grey(&[0, 0, 0, 0, 90, 0, 0, 0, 0]), 3, 0);
        assert_eq!((dot.brightness, dot.contrast), (10.0, 800f32.sqrt()));
        assert_eq!((dot.sharpness, dot.centre), (0.0, 90.0));
        // Columns 0 0 8 8: inner Laplacians are -8 and 8, of mean 0 and variance 64.
        let edge = [0, 0, 8, 8].repeat(3);
        assert_eq!(Measures::of(&grey(&edge), 4, 0).sharpness, 64.0);
    }

    #[test]
    fn tissue_and_ink_by_hand() {
        // Pink tissue, white glass, blue ink, black: a quarter each.
        let image = [[220, 150, 200], [250, 250, 250], [40, 80, 160], [5, 5, 5]].concat();
        let found = Measures::of(&image, 2, 15);
        assert_eq!((found.tissue, found.ink), (0.25, 0.25));
        // The amounts are those of the pink pixel alone.
        let pink = Stains::default().of_pixel([220, 150, 200]);
        let stains = found.stains.unwrap();
        assert!((f64::from(stains[0]) - pink[0]).abs() < 1e-6);
        assert!((f64::from(stains[1]) - pink[1]).abs() < 1e-6);
        assert_eq!(Measures::of(&grey(&[255; 9]), 3, 15).stains, None);
    }

    #[test]
    fn images_too_small_to_have_a_rim_or_an_inside() {
        let dot = Measures::of(&[10, 20, 30], 1, 0);
        assert_eq!((dot.sharpness, dot.centre), (0.0, 0.0));
    }
}
