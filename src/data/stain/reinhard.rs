//! Colour transfer: the mean and spread of each channel of L\*a\*b\* are made those of a target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lab::{lab, pixel};

/// "Color transfer between images", Reinhard et al. 2001, in CIE L\*a\*b\* as is usual for
/// histology. The target is measured on the train split where it is not given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Reinhard {
    /// Mean of L*, a* and b* to bring each image to; goes with `sd`.
    pub mean: Option<[f64; 3]>,
    /// Standard deviation of L*, a* and b* to bring each image to; goes with `mean`.
    pub sd: Option<[f64; 3]>,
}

/// The colours of an image: mean and standard deviation of L\*, a\* and b\* over its pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabColours {
    pub mean: [f64; 3],
    pub sd: [f64; 3],
}

/// What varies less than this is noise, and is not stretched.
const LEAST_SD: f64 = 1e-6;

impl LabColours {
    /// Of an image of H×W×3 bytes with at least a pixel, summed in their order.
    pub fn of(image: &[u8]) -> LabColours {
        let (pixels, _) = image.as_chunks::<3>();
        let n = pixels.len().max(1) as f64;
        let colours: Vec<[f64; 3]> = pixels.iter().map(|&pixel| lab(pixel)).collect();
        let [mut mean, mut sd] = [[0.0; 3]; 2];
        for c in 0..3 {
            mean[c] = colours.iter().map(|colour| colour[c]).sum::<f64>() / n;
            let squares =
                colours.iter().map(|colour| (colour[c] - mean[c]) * (colour[c] - mean[c]));
            sd[c] = (squares.sum::<f64>() / n).sqrt();
        }
        LabColours { mean, sd }
    }

    /// The mean of the colours of several images; none of none.
    pub(super) fn average<'a>(all: impl Iterator<Item = &'a LabColours>) -> Option<LabColours> {
        let (mut n, mut sum) = (0.0, LabColours::default());
        for one in all {
            n += 1.0;
            (0..3).for_each(|c| sum.mean[c] += one.mean[c]);
            (0..3).for_each(|c| sum.sd[c] += one.sd[c]);
        }
        let LabColours { mean, sd } = sum;
        (n > 0.0).then(|| LabColours { mean: mean.map(|x| x / n), sd: sd.map(|x| x / n) })
    }

    /// Gives an image that has these colours those of a target.
    pub fn transfer(&self, target: &LabColours, image: &mut [u8]) {
        let scale =
            [0, 1, 2].map(|c| if self.sd[c] > LEAST_SD { target.sd[c] / self.sd[c] } else { 1.0 });
        let (pixels, _) = image.as_chunks_mut::<3>();
        for one in pixels {
            let colour = lab(*one);
            let shifted = [0, 1, 2].map(|c| (colour[c] - self.mean[c]) * scale[c] + target.mean[c]);
            *one = pixel(shifted);
        }
    }
}
