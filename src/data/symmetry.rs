//! The eight symmetries of the square, which tissue does not tell apart. Knows nothing of files.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the eight symmetries of the square: turned counter-clockwise, then mirrored.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Symmetry {
    /// Quarter turns counter-clockwise, 0 to 3.
    pub turns: u8,
    /// Left and right change places.
    pub mirrored: bool,
}

impl Symmetry {
    /// Leaves everything as it is.
    pub const IDENTITY: Symmetry = Symmetry { turns: 0, mirrored: false };

    /// All eight, the identity first.
    pub const ALL: [Symmetry; 8] = {
        let mut all = [Symmetry::IDENTITY; 8];
        let mut at = 0;
        while at < 8 {
            all[at] = Symmetry { turns: at as u8 % 4, mirrored: at >= 4 };
            at += 1;
        }
        all
    };

    /// This one, and then the other.
    pub fn then(self, other: Symmetry) -> Symmetry {
        // A turn after a mirror is a mirror after the opposite turn.
        let turns = if self.mirrored { 4 - other.turns } else { other.turns };
        Symmetry { turns: (self.turns + turns) % 4, mirrored: self.mirrored ^ other.mirrored }
    }

    /// The one that undoes it.
    pub fn inverse(self) -> Symmetry {
        let turns = if self.mirrored { self.turns } else { (4 - self.turns) % 4 };
        Symmetry { turns, ..self }
    }

    /// Images of `height`×`width`×3 bytes, one after the other, each so changed. Odd turns are for
    /// square images only.
    pub fn of(self, images: &[u8], height: usize, width: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(images.len());
        for image in images.chunks_exact((height * width * 3).max(1)) {
            self.append(image, height, width, &mut out);
        }
        out
    }

    /// Where in an image of this height and width the pixel at `(y, x)` of its changed view lies.
    fn source(self, (y, x): (usize, usize), height: usize, width: usize) -> (usize, usize) {
        let x = if self.mirrored { width - 1 - x } else { x };
        match self.turns {
            0 => (y, x),
            1 => (x, height - 1 - y),
            2 => (height - 1 - y, width - 1 - x),
            _ => (width - 1 - x, y),
        }
    }

    /// Appends the image of `height`×`width`×3 bytes, so changed, to `out`. Odd turns are for
    /// square images only.
    pub(super) fn append(self, image: &[u8], height: usize, width: usize, out: &mut Vec<u8>) {
        if self == Symmetry::IDENTITY {
            return out.extend_from_slice(image);
        }
        for y in 0..height {
            for x in 0..width {
                let (y, x) = self.source((y, x), height, width);
                out.extend_from_slice(&image[(y * width + x) * 3..][..3]);
            }
        }
    }
}

/// `as it is`, `turned by 90°`, `mirrored`, `turned by 90° and mirrored`.
impl fmt::Display for Symmetry {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let degrees = 90 * u32::from(self.turns);
        match (degrees, self.mirrored) {
            (0, false) => f.write_str("as it is"),
            (0, true) => f.write_str("mirrored"),
            (_, false) => write!(f, "turned by {degrees}°"),
            (_, true) => write!(f, "turned by {degrees}° and mirrored"),
        }
    }
}
