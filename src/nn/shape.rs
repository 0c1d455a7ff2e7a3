//! The size of what flows between layers, for one image.

use serde::{Deserialize, Serialize};

/// A map of `height` × `width` pixels with `channels` values each; a vector is a 1 × 1 map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Rows, in pixels.
    pub height: usize,
    /// Columns, in pixels.
    pub width: usize,
    /// Values a pixel.
    pub channels: usize,
}

impl Shape {
    /// A shape from its sizes.
    pub fn new(height: usize, width: usize, channels: usize) -> Shape {
        Shape { height, width, channels }
    }

    /// Floats in one image of this shape.
    pub fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Whether nothing fits in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.height, self.width, self.channels)
    }
}
