//! Grids of sample patches with the box drawn that decides a patch's class.

use std::collections::BTreeMap;
use std::path::Path;

use image::{Rgba, RgbaImage};

use super::class_of;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::random::Random;

const COLUMNS: usize = 6;
/// Pixels between patches, see-through so that the grid fits light and dark pages.
const GAP: usize = 4;
/// Small patches are enlarged to at least so many pixels.
const LEAST_SIDE: usize = 128;
/// Yellow stands out from every stain.
const LINE: Rgba<u8> = Rgba([255, 225, 0, 255]);

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
pub(super) fn draw(data: &Dataset, rows: &[usize], path: &Path) -> Result<(), DataError> {
    let zoom = LEAST_SIDE.div_ceil(data.height().max(data.width())).max(1);
    let cell = [data.width() * zoom + GAP, data.height() * zoom + GAP];
    let columns = COLUMNS.min(rows.len());
    let (width, height) = (columns * cell[0] - GAP, rows.len().div_ceil(columns) * cell[1] - GAP);
    let mut grid = RgbaImage::new(width as u32, height as u32);
    for (place, &row) in rows.iter().enumerate() {
        let (left, top) = (place % columns * cell[0], place / columns * cell[1]);
        for y in 0..data.height() * zoom {
            for x in 0..data.width() * zoom {
                let pixel = match on_box(x, y, data, zoom) {
                    true => LINE,
                    false => {
                        let at = (y / zoom * data.width() + x / zoom) * 3;
                        let image = data.image(row);
                        Rgba([image[at], image[at + 1], image[at + 2], 255])
                    }
                };
                grid.put_pixel((left + x) as u32, (top + y) as u32, pixel);
            }
        }
    }
    let mut png = std::io::Cursor::new(Vec::new());
    let encoded = grid.write_to(&mut png, image::ImageFormat::Png);
    encoded.map_err(|e| DataError::write(path)(std::io::Error::other(e)))?;
    std::fs::write(path, png.into_inner()).map_err(DataError::write(path))
}

/// Whether a point of the enlarged patch is on the line around its central third (32 of 96 pixels,
/// Veeling et al. 2018). The line lies outside, so that it hides nothing of the box.
fn on_box(x: usize, y: usize, data: &Dataset, zoom: usize) -> bool {
    const THICK: usize = 2;
    let near = |at: usize, side: usize, margin: usize| {
        let (low, high) = (side / 3 * zoom, (side - side / 3) * zoom);
        (low.saturating_sub(margin)..high + margin).contains(&at)
    };
    let inside = |margin| near(x, data.width(), margin) && near(y, data.height(), margin);
    inside(THICK) && !inside(0)
}
