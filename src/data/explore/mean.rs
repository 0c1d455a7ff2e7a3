//! The mean image of each class, and of the central third that decides a label; where classes
//! differ only in the middle, the middle of the mean shows it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::grid::{Frame, side_by_side};
use super::measures::central;
use super::shades::{Class, Classes};
use crate::data::decode::Picture;
use crate::data::error::DataError;
use crate::data::png;
use crate::data::resize::resize;

/// The mean colour of a class, 0 to 1, red, green and blue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanImage {
    pub images: u64,
    /// Of the central third of height and width.
    pub centre: [f64; 3],
    /// Of the rest.
    pub rim: [f64; 3],
}

/// The panels of `mean_<class>.png`: the mean image, its centre, and the mean image with its
/// departures from one grey many times enlarged.
pub(super) const PANELS: usize = 3;

/// Mean images with a common enlargement of contrast.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanImages {
    /// How many times the third panel of `mean_<class>.png` enlarges the distance of each pixel
    /// from the mean colour of its class.
    pub gain: usize,
    pub by_class: BTreeMap<String, MeanImage>,
}

/// The sides of panels, in pixels.
const LARGEST_SIDE: usize = 192;
/// More would show nothing but noise.
const MOST: f64 = 32.0;

/// Writes `mean_<class>.png` of each class.
pub(super) fn draw(
    classes: &Classes,
    height: usize,
    width: usize,
    out: &Path,
) -> Result<MeanImages, DataError> {
    let mut farthest: f64 = 1.0;
    let mut means = BTreeMap::new();
    for (&name, class) in &classes.0 {
        let mean = class.mean();
        let colour = average(&mean, width, |_, _| true);
        for (at, byte) in mean.iter().enumerate() {
            farthest = farthest.max((byte - colour[at % 3]).abs());
        }
        means.insert(name, (mean, colour));
    }
    let gain = (100.0 / farthest).clamp(1.0, MOST) as usize;
    let mut found = MeanImages { gain, by_class: BTreeMap::new() };
    for (name, (mean, colour)) in means {
        let panels = panels(&mean, colour, gain, height, width);
        let path = out.join(format!("mean_{name}.png"));
        png::write(&side_by_side(&panels, Frame::None), &path)?;
        let inside = |y, x| central(height).contains(&y) && central(width).contains(&x);
        let scaled = |colour: [f64; 3]| colour.map(|byte| byte / 255.0);
        let class = MeanImage {
            images: classes.0.get(name).map_or(0, |class: &Class| class.images),
            centre: scaled(average(&mean, width, inside)),
            rim: scaled(average(&mean, width, |y, x| !inside(y, x))),
        };
        found.by_class.insert(name.into(), class);
    }
    Ok(found)
}

/// The mean colour of the pixels that `counts` takes; 0 where it takes none.
fn average(image: &[f64], width: usize, counts: impl Fn(usize, usize) -> bool) -> [f64; 3] {
    let (mut sums, mut pixels) = ([0.0; 3], 0.0);
    for (at, pixel) in image.as_chunks::<3>().0.iter().enumerate() {
        if counts(at / width, at % width) {
            pixels += 1.0;
            sums.iter_mut().zip(pixel).for_each(|(sum, byte)| *sum += byte);
        }
    }
    sums.map(|sum| if pixels > 0.0 { sum / pixels } else { 0.0 })
}

fn panels(
    mean: &[f64],
    colour: [f64; 3],
    gain: usize,
    height: usize,
    width: usize,
) -> [Picture; PANELS] {
    let byte = |value: f64| libm::round(value) as u8;
    let plain: Vec<u8> = mean.iter().map(|&value| byte(value)).collect();
    let enlarged = mean.iter().enumerate();
    let enlarged = enlarged.map(|(at, v)| byte(128.0 + gain as f64 * (v - colour[at % 3])));
    let pixels = enlarged.collect();
    let (rows, columns) = (central(height), central(width));
    let middle =
        rows.clone().flat_map(|y| &plain[(y * width + columns.start) * 3..][..columns.len() * 3]);
    let middle =
        Picture { height: rows.len(), width: columns.len(), pixels: middle.copied().collect() };
    let side = height.max(width).min(LARGEST_SIDE);
    let sized = |picture| {
        let longer = height.max(width);
        resize(picture, (height * side / longer).max(1), (width * side / longer).max(1))
    };
    [
        sized(Picture { height, width, pixels: plain.clone() }),
        sized(middle),
        sized(Picture { height, width, pixels }),
    ]
}
