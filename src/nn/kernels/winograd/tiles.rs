//! How an output map is cut into tiles of 4 × 4 pixels, and these into chunks that fit a cache.

use std::ops::Range;

use super::super::geometry::Geometry;
use super::{EDGE, OUT};

/// The tiles of one sweep over a map.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    pub images: usize,
    /// Height and width of the map that is read.
    pub from: (usize, usize),
    /// Height and width of the map that is written.
    pub to: (usize, usize),
    /// Rows above and columns left of the map that the first tile reads.
    pub lead: usize,
}

/// Some images at some tiles: the rows of a matrix product, tile by tile.
#[derive(Clone)]
pub(super) struct Chunk {
    pub tiles: Range<usize>,
    pub images: Range<usize>,
}

impl Chunk {
    /// Rows of the product.
    pub fn rows(&self) -> usize {
        self.tiles.len() * self.images.len()
    }
}

impl Tiles {
    /// Those that read the input and write the output.
    pub fn forward(g: &Geometry) -> Tiles {
        Tiles { images: g.images, from: g.input, to: g.output, lead: g.lead }
    }

    /// Those that read the output's gradient and write the input's.
    pub fn backward(g: &Geometry) -> Tiles {
        Tiles { images: g.images, from: g.output, to: g.input, lead: 2 - g.lead }
    }

    pub fn count(&self) -> usize {
        self.to.0.div_ceil(OUT) * self.to.1.div_ceil(OUT)
    }

    /// Where a tile reads: the pixel of each place, none off the map.
    pub fn reads(&self, tile: usize) -> [[Option<usize>; EDGE]; EDGE] {
        self.places(tile, self.from, self.lead)
    }

    /// Where a tile writes: the pixel of each place, none off the map.
    pub fn writes(&self, tile: usize) -> [[Option<usize>; OUT]; OUT] {
        self.places(tile, self.to, 0)
    }

    fn places<const N: usize>(
        &self,
        tile: usize,
        (height, width): (usize, usize),
        lead: usize,
    ) -> [[Option<usize>; N]; N] {
        let across = self.to.1.div_ceil(OUT);
        let (top, left) = (tile / across * OUT, tile % across * OUT);
        let on = |at: usize, size: usize| at.checked_sub(lead).filter(|at| *at < size);
        std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                Some(on(top + row, height)? * width + on(left + column, width)?)
            })
        })
    }

    /// All rows in chunks of about `rows`: whole tiles, or equal parts of one tile's images.
    pub fn chunks(&self, rows: usize) -> Vec<Chunk> {
        let tiles = (rows / self.images).max(1);
        let parts = if tiles == 1 { self.images.div_ceil(rows.max(1)) } else { 1 };
        let mut chunks = Vec::new();
        for first in (0..self.count()).step_by(tiles) {
            for part in 0..parts {
                chunks.push(Chunk {
                    tiles: first..(first + tiles).min(self.count()),
                    images: part * self.images / parts..(part + 1) * self.images / parts,
                });
            }
        }
        chunks
    }
}
