//! A contact sheet: what augmentation makes of some images.

use std::path::Path;

use image::{Rgba, RgbaImage};

use super::Augment;
use crate::data::batches::Batches;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;

/// Draws beside each image; together they fill a page.
const DRAWS: usize = 7;
/// Pixels between patches, see-through so that the sheet fits light and dark pages.
const GAP: usize = 4;
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
    let zoom = LEAST_SIDE.div_ceil(height.max(width)).max(1);
    let cell = [height * zoom + GAP, width * zoom + GAP];
    let size = [(DRAWS + 1) * cell[1] + 2 * GAP, rows.len() * cell[0]];
    let mut sheet = RgbaImage::new((size[0]).max(1) as u32, (size[1]).max(1) as u32);
    let batches = Batches::shuffled(data, rows.to_vec(), 1, augment, seed);
    for (line, &row) in rows.iter().enumerate() {
        let views = (0..DRAWS).map(|epoch| batches.view(epoch as u64, row));
        for (column, pixels) in [data.image(row).to_vec()].into_iter().chain(views).enumerate() {
            let left = column * cell[1] + if column > 0 { 3 * GAP } else { 0 };
            for (y, x) in (0..height * zoom).flat_map(|y| (0..width * zoom).map(move |x| (y, x))) {
                let at = (y / zoom * width + x / zoom) * 3;
                let pixel = Rgba([pixels[at], pixels[at + 1], pixels[at + 2], 255]);
                sheet.put_pixel((left + x) as u32, (line * cell[0] + y) as u32, pixel);
            }
        }
    }
    let mut png = std::io::Cursor::new(Vec::new());
    let encoded = sheet.write_to(&mut png, image::ImageFormat::Png);
    encoded.map_err(|e| DataError::write(path)(std::io::Error::other(e)))?;
    std::fs::write(path, png.into_inner()).map_err(DataError::write(path))
}
