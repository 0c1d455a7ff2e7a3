//! Random views of a patch: tissue has no up or down. Knows nothing of files or data sets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::random::Random;

/// A way of changing training images at random that leaves their labels true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Augment {
    /// Mirrors left-right and top-bottom, each every other time.
    Flip,
    /// Turns by 0°, 90°, 180° or 270°; an image that is not square by 0° or 180°.
    Rotate90,
}

/// One of the eight symmetries of the square: turned counter-clockwise, then mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Symmetry {
    /// Quarter turns, 0 to 3.
    pub turns: u8,
    /// Left and right change places.
    pub mirrored: bool,
    /// Top and bottom change places.
    pub upended: bool,
}

impl Symmetry {
    /// Draws what the augmentations leave to chance.
    pub(super) fn draw(augment: &[Augment], random: &mut Random, square: bool) -> Symmetry {
        let mut symmetry = Symmetry::default();
        for kind in augment {
            match kind {
                Augment::Flip => {
                    symmetry.mirrored ^= random.below(2) == 1;
                    symmetry.upended ^= random.below(2) == 1;
                }
                Augment::Rotate90 => {
                    let turns = random.below(4) as u8;
                    symmetry.turns = if square { turns } else { turns & 2 };
                }
            }
        }
        symmetry
    }

    /// Appends the image of `height`×`width`×3 bytes, so changed, to `out`. Odd turns are for
    /// square images only.
    pub(super) fn append(self, image: &[u8], height: usize, width: usize, out: &mut Vec<u8>) {
        if self == Symmetry::default() {
            return out.extend_from_slice(image);
        }
        for y in 0..height {
            for x in 0..width {
                let x = if self.mirrored { width - 1 - x } else { x };
                let y = if self.upended { height - 1 - y } else { y };
                let (y, x) = match self.turns {
                    0 => (y, x),
                    1 => (x, height - 1 - y),
                    2 => (height - 1 - y, width - 1 - x),
                    _ => (width - 1 - x, y),
                };
                out.extend_from_slice(&image[(y * width + x) * 3..][..3]);
            }
        }
    }
}
