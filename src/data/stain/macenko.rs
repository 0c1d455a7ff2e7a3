//! Stain separation: an image's own two dyes are found, and exchanged for those of a target.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bytes::Steps;
use super::eigen::leading;

/// "A method for normalizing histology slides for quantitative analysis", Macenko et al. 2009, with
/// the constants of its authors' code. The target is measured on the train split where it is not
/// given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Macenko {
    /// Optical density of red, green and blue of haematoxylin; goes with the other two.
    pub haematoxylin: Option<[f64; 3]>,
    /// Optical density of red, green and blue of eosin; goes with the other two.
    pub eosin: Option<[f64; 3]>,
    /// The amounts of haematoxylin and eosin that 99 of 100 pixels stay under, in units of natural
    /// optical density; goes with the other two.
    pub strength: Option<[f64; 2]>,
}

/// An image's two dyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dyes {
    /// Unit vector of optical density of red, green and blue.
    pub haematoxylin: [f64; 3],
    /// Unit vector of optical density of red, green and blue.
    pub eosin: [f64; 3],
    /// The amounts of both that 99 of 100 pixels stay under.
    pub strength: [f64; 2],
}

/// The light that passes through where no tissue is.
const LIGHT: f64 = 240.0;
/// Pixels with less density than this in any channel are not tissue.
const THIN: f64 = 0.15;
/// The dyes are the angles that this percentage of pixels lies beyond, on either side.
const BEYOND: f64 = 1.0;
const STRONG: f64 = 99.0;
/// With fewer pixels of tissue there is nothing to measure.
const LEAST_PIXELS: usize = 64;

/// Natural optical density of a byte: `-ln((byte + 1) / 240)`.
static DENSITY: LazyLock<[f64; 256]> =
    LazyLock::new(|| std::array::from_fn(|byte| -libm::log((byte as f64 + 1.0) / LIGHT)));

/// From negative density, which rises with the byte: `240·exp(-density)`.
static BYTES: LazyLock<Steps> = LazyLock::new(|| Steps::new(|byte| libm::log(byte / LIGHT)));

fn density(pixel: [u8; 3]) -> [f64; 3] {
    pixel.map(|byte| DENSITY[usize::from(byte)])
}

impl Dyes {
    /// The dyes of an image of H×W×3 bytes; none where there is hardly any tissue, or only one
    /// colour.
    pub fn of(image: &[u8]) -> Option<Dyes> {
        let (pixels, _) = image.as_chunks::<3>();
        let all: Vec<[f64; 3]> = pixels.iter().map(|&pixel| density(pixel)).collect();
        let is_tissue = |d: &&[f64; 3]| d.iter().all(|&x| x >= THIN);
        let tissue: Vec<[f64; 3]> = all.iter().filter(is_tissue).copied().collect();
        if tissue.len() < LEAST_PIXELS {
            return None;
        }
        let plane = leading(covariance(&tissue));
        let angle = |d: &[f64; 3]| libm::atan2(dot(*d, plane[1]), dot(*d, plane[0]));
        let mut angles: Vec<f64> = tissue.iter().map(angle).collect();
        let on_plane = |angle: f64| {
            let (cosine, sine) = (libm::cos(angle), libm::sin(angle));
            [0, 1, 2].map(|c| plane[0][c] * cosine + plane[1][c] * sine)
        };
        let low = on_plane(percentile(&mut angles, BEYOND));
        let high = on_plane(percentile(&mut angles, 100.0 - BEYOND));
        // Haematoxylin takes away more red than eosin does.
        let [haematoxylin, eosin] = if low[0] > high[0] { [low, high] } else { [high, low] };
        let dyes = Dyes { haematoxylin, eosin, strength: [1.0; 2] };
        let solve = dyes.solver()?;
        let amounts: Vec<[f64; 2]> = all.iter().map(|&d| solve(d)).collect();
        let strength = [0, 1].map(|dye| {
            let mut of: Vec<f64> = amounts.iter().map(|amounts| amounts[dye]).collect();
            percentile(&mut of, STRONG)
        });
        strength.iter().all(|&s| s > 0.0).then_some(Dyes { strength, ..dyes })
    }

    /// The mean of the dyes of several images; none of none.
    pub(super) fn average<'a>(all: impl Iterator<Item = &'a Dyes>) -> Option<Dyes> {
        let (mut n, mut sum) = (0.0, Dyes::default());
        for one in all {
            n += 1.0;
            (0..3).for_each(|c| sum.haematoxylin[c] += one.haematoxylin[c]);
            (0..3).for_each(|c| sum.eosin[c] += one.eosin[c]);
            (0..2).for_each(|dye| sum.strength[dye] += one.strength[dye]);
        }
        (n > 0.0).then(|| Dyes {
            haematoxylin: unit(sum.haematoxylin),
            eosin: unit(sum.eosin),
            strength: sum.strength.map(|x| x / n),
        })
    }

    /// Dyes from given numbers, whose vectors may have any length.
    pub(super) fn given(haematoxylin: [f64; 3], eosin: [f64; 3], strength: [f64; 2]) -> Dyes {
        Dyes { haematoxylin: unit(haematoxylin), eosin: unit(eosin), strength }
    }

    /// Gives an image that has these dyes those of a target.
    pub fn transfer(&self, target: &Dyes, image: &mut [u8]) {
        let Some(solve) = self.solver() else { return };
        let scale = [0, 1].map(|dye| target.strength[dye] / self.strength[dye]);
        let (pixels, _) = image.as_chunks_mut::<3>();
        for pixel in pixels {
            let [h, e] = solve(density(*pixel));
            let (h, e) = (h * scale[0], e * scale[1]);
            *pixel =
                [0, 1, 2].map(|c| BYTES.byte(-(target.haematoxylin[c] * h + target.eosin[c] * e)));
        }
    }

    /// The amounts of both dyes that come closest to a density (least squares); none if the dyes
    /// are parallel.
    pub(super) fn solver(&self) -> Option<impl Fn([f64; 3]) -> [f64; 2] + use<>> {
        let Dyes { haematoxylin: h, eosin: e, .. } = *self;
        let (hh, he, ee) = (dot(h, h), dot(h, e), dot(e, e));
        let determinant = hh * ee - he * he;
        (determinant > 1e-9).then_some(move |d: [f64; 3]| {
            let (hd, ed) = (dot(h, d), dot(e, d));
            [(ee * hd - he * ed) / determinant, (hh * ed - he * hd) / determinant]
        })
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = dot(v, v).sqrt();
    v.map(|x| x / length)
}

/// Of at least two colours.
fn covariance(colours: &[[f64; 3]]) -> [[f64; 3]; 3] {
    let n = colours.len() as f64;
    let mean = [0, 1, 2].map(|c| colours.iter().map(|d| d[c]).sum::<f64>() / n);
    [0, 1, 2].map(|i| {
        [0, 1, 2].map(|j| {
            let products = colours.iter().map(|d| (d[i] - mean[i]) * (d[j] - mean[j]));
            products.sum::<f64>() / (n - 1.0)
        })
    })
}

/// As NumPy's: between two values, it is linear. Of at least one value.
fn percentile(values: &mut [f64], percent: f64) -> f64 {
    let place = percent / 100.0 * (values.len() - 1) as f64;
    let (low, share) = (place as usize, place - libm::floor(place));
    let (_, &mut below, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    let above = above.iter().copied().min_by(f64::total_cmp).unwrap_or(below);
    below + (above - below) * share
}
