//! Random views of a patch that leave its label true. Knows nothing of files or data sets.

mod colour;
mod geometry;
mod settings;
mod sheet;
mod texture;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::random::Random;
use super::symmetry::Symmetry;
pub use settings::{Affine, Blur, ColorJitter, Crop, Cutout, Noise, StainJitter};
pub use sheet::contact_sheet;

/// A way of changing training images at random that leaves their labels true.
///
/// Turns and flips come first; the others follow in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Augment {
    /// Mirrors left-right and top-bottom, each every other time.
    Flip,
    /// Turns by 0°, 90°, 180° or 270°; an image that is not square by 0° or 180°.
    Rotate90,
    /// Turns, shifts and scales a little; what comes into view at the edges is mirrored.
    Affine(Affine),
    /// Cuts a part out and brings it back to the whole size.
    Crop(Crop),
    /// Changes brightness, contrast, saturation and hue.
    ColorJitter(ColorJitter),
    /// Changes the amounts of haematoxylin and eosin.
    StainJitter(StainJitter),
    /// Blurs with a Gaussian.
    Blur(Blur),
    /// Adds Gaussian noise.
    Noise(Noise),
    /// Hides a square under the image's mean colour.
    Cutout(Cutout),
}

impl Augment {
    /// The name that users write.
    pub fn name(&self) -> &'static str {
        match self {
            Augment::Flip => "flip",
            Augment::Rotate90 => "rotate90",
            Augment::Affine(_) => "affine",
            Augment::Crop(_) => "crop",
            Augment::ColorJitter(_) => "color_jitter",
            Augment::StainJitter(_) => "stain_jitter",
            Augment::Blur(_) => "blur",
            Augment::Noise(_) => "noise",
            Augment::Cutout(_) => "cutout",
        }
    }
}

impl fmt::Display for Augment {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Writes the view of an image that chance brings into `out`, both of `height`×`width`×3 bytes.
pub(super) fn view(
    augment: &[Augment],
    random: &mut Random,
    image: &[u8],
    [height, width]: [usize; 2],
    out: &mut Vec<u8>,
) {
    let symmetry = symmetry(augment, random, height == width);
    symmetry.append(image, height, width, out);
    let mut canvas = Canvas { pixels: out, height, width };
    for kind in augment {
        match kind {
            Augment::Flip | Augment::Rotate90 => {}
            Augment::Affine(affine) => geometry::affine(affine, random, &mut canvas),
            Augment::Crop(crop) => geometry::crop(crop, random, &mut canvas),
            Augment::ColorJitter(jitter) => colour::jitter(jitter, random, canvas.pixels),
            Augment::StainJitter(jitter) => colour::stains(jitter, random, canvas.pixels),
            Augment::Blur(blur) => texture::blur(blur, random, &mut canvas),
            Augment::Noise(noise) => texture::noise(noise, random, canvas.pixels),
            Augment::Cutout(cutout) => texture::cutout(cutout, random, &mut canvas),
        }
    }
}

/// An image that is being changed: height×width×3 bytes.
struct Canvas<'a> {
    pixels: &'a mut Vec<u8>,
    height: usize,
    width: usize,
}

/// The symmetry that the augmentations leave to chance: a turn, and then flips.
fn symmetry(augment: &[Augment], random: &mut Random, square: bool) -> Symmetry {
    let (mut turn, mut flips) = (Symmetry::IDENTITY, Symmetry::IDENTITY);
    for kind in augment {
        match kind {
            Augment::Flip => {
                let mirrored = random.below(2) == 1;
                let upended = random.below(2) == 1;
                // Top and bottom change places: the mirror image of half a turn.
                let turns = if upended { 2 } else { 0 };
                flips = flips.then(Symmetry { turns, mirrored: mirrored ^ upended });
            }
            Augment::Rotate90 => {
                let turns = random.below(4) as u8;
                turn.turns = if square { turns } else { turns & 2 };
            }
            _ => {}
        }
    }
    turn.then(flips)
}

/// A number between `-most` and `most`, each equally likely.
fn around_zero(random: &mut Random, most: f64) -> f64 {
    (2.0 * f64::from(random.unit()) - 1.0) * most
}
