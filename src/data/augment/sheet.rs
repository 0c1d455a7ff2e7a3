//! A contact sheet: what augmentation makes of some images.

use std::path::Path;

use image::RgbaImage;

use super::Augment;
use crate::data::batches::Batches;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::png::{self, GAP};

/// Draws beside each image; together they fill a page.
const DRAWS: usize = 7;
/// Small patches are enlarged to at least so many pixels.
const LEAST_SIDE: usize = 96;

/// Writes a PNG with a line for each of these rows: the image, a wider gap, and as it is seen in
/// the first seven epochs of a training with this seed.
pub fn contact_sheet(
    data: &Dataset,
    rows: &[usize],
    augment: &[Augment],
    seed: u64,
    path: &Path,
) -> Result<(), DataError> {
    let (height, width) = (data.height(), data.width());
    let zoom = png::zoom(height, width, LEAST_SIDE);
    let cell = [height * zoom + GAP, width * zoom + GAP];
    let size = [(DRAWS + 1) * cell[1] + 2 * GAP, rows.len() * cell[0]];
    let mut sheet = RgbaImage::new(size[0].max(1) as u32, size[1].max(1) as u32);
    let batches = Batches::shuffled(data, rows.to_vec(), 1, augment, seed);
    for (line, &row) in rows.iter().enumerate() {
        let views = (0..DRAWS).map(|epoch| batches.view(epoch as u64, row));
        for (column, pixels) in [data.image(row).to_vec()].into_iter().chain(views).enumerate() {
            let left = column * cell[1] + if column > 0 { 3 * GAP } else { 0 };
            png::paste(&mut sheet, &pixels, width, zoom, [left, line * cell[0]]);
        }
    }
    png::write(&sheet, path)
}
