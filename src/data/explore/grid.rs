//! Grids of patches, drawn at random or chosen for a flaw, as PNG files of bounded size.

use std::collections::BTreeMap;
use std::path::Path;

use image::{Rgba, RgbaImage};

use super::class_of;
use super::measures::central;
use crate::data::dataset::Dataset;
use crate::data::decode::Picture;
use crate::data::error::DataError;
use crate::data::png::{self, GAP};
use crate::data::random::Random;
use crate::data::resize::resize;

const COLUMNS: usize = 6;
/// Large ones are shrunk to at most so many, so that a grid stays small.
const LARGEST_SIDE: usize = 160;
/// Yellow stands out from every stain.
const LINE: Rgba<u8> = Rgba([255, 225, 0, 255]);

/// Whether the box that decides a patch's class is drawn.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Frame {
    Central,
    None,
}

impl Frame {
    /// Small patches are enlarged to at least so many pixels; larger with a box, whose line would
    /// otherwise hide much.
    fn least_side(self) -> usize {
        match self {
            Frame::Central => 128,
            Frame::None => 96,
        }
    }
}

/// Draws up to `per_class` rows of each class that occurs.
pub(super) fn choose(
    data: &Dataset,
    per_class: usize,
    seed: u64,
) -> BTreeMap<&'static str, Vec<usize>> {
    let mut chosen: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for (at, row) in data.rows().iter().enumerate() {
        chosen.entry(class_of(row)).or_default().push(at);
    }
    for (index, rows) in chosen.values_mut().enumerate() {
        Random::new(seed, "samples", 0, index as u64).shuffle(rows);
        rows.truncate(per_class);
    }
    chosen.retain(|_, rows| !rows.is_empty());
    chosen
}

/// Writes the grid of these rows as a PNG.
pub(super) fn draw(
    data: &Dataset,
    rows: &[usize],
    frame: Frame,
    path: &Path,
) -> Result<(), DataError> {
    let (height, width) = (data.height(), data.width());
    let patch = |&row: &usize| Picture { height, width, pixels: data.image(row).to_vec() };
    let patches: Vec<Picture> = rows.iter().map(patch).map(shrunk).collect();
    png::write(&side_by_side(&patches, frame), path)
}

/// A patch at most [`LARGEST_SIDE`] pixels wide and high.
fn shrunk(patch: Picture) -> Picture {
    let side = patch.height.max(patch.width);
    let scaled = |length: usize| (length * LARGEST_SIDE / side).max(1);
    match side > LARGEST_SIDE {
        true => {
            let (height, width) = (scaled(patch.height), scaled(patch.width));
            resize(patch, height, width)
        }
        false => patch,
    }
}

/// Patches of one size in rows of six, enlarged if they are small.
pub(super) fn side_by_side(patches: &[Picture], frame: Frame) -> RgbaImage {
    let Some(first) = patches.first() else { return RgbaImage::new(1, 1) };
    let zoom = png::zoom(first.height, first.width, frame.least_side());
    let cell = [first.width * zoom + GAP, first.height * zoom + GAP];
    let columns = COLUMNS.min(patches.len());
    let lines = patches.len().div_ceil(columns);
    let (width, height) = (columns * cell[0] - GAP, lines * cell[1] - GAP);
    let mut grid = RgbaImage::new(width as u32, height as u32);
    for (place, patch) in patches.iter().enumerate() {
        let corner = [place % columns * cell[0], place / columns * cell[1]];
        png::paste(&mut grid, &patch.pixels, patch.width, zoom, corner);
        if frame == Frame::Central {
            draw_box(&mut grid, patch, zoom, corner);
        }
    }
    grid
}

/// The box around the central third of an enlarged patch.
fn draw_box(grid: &mut RgbaImage, patch: &Picture, zoom: usize, [left, top]: [usize; 2]) {
    let (height, width) = (patch.height * zoom, patch.width * zoom);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        if on_box(x, y, patch, zoom) {
            grid.put_pixel((left + x) as u32, (top + y) as u32, LINE);
        }
    }
}

/// Whether a point of the enlarged patch is on the line around its central third (32 of 96 pixels,
/// Veeling et al. 2018). The line lies outside, so that it hides nothing of the box.
fn on_box(x: usize, y: usize, patch: &Picture, zoom: usize) -> bool {
    const THICK: usize = 2;
    let near = |at: usize, side: usize, margin: usize| {
        let inside = central(side);
        let (low, high) = (inside.start * zoom, inside.end * zoom);
        (low.saturating_sub(margin)..high + margin).contains(&at)
    };
    let inside = |margin| near(x, patch.width, margin) && near(y, patch.height, margin);
    inside(THICK) && !inside(0)
}
