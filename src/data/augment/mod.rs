//! Random views of a patch: tissue has no up or down. Knows nothing of files or data sets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::random::Random;
use super::symmetry::Symmetry;

/// A way of changing training images at random that leaves their labels true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Augment {
    /// Mirrors left-right and top-bottom, each every other time.
    Flip,
    /// Turns by 0°, 90°, 180° or 270°; an image that is not square by 0° or 180°.
    Rotate90,
}

/// The symmetry that the augmentations leave to chance: a turn, and then flips.
pub(super) fn draw(augment: &[Augment], random: &mut Random, square: bool) -> Symmetry {
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
        }
    }
    turn.then(flips)
}
