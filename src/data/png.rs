//! Patches drawn side by side into a PNG file. Knows nothing of data sets.

use std::io::{Cursor, Error};
use std::path::Path;

use image::{ImageFormat, Rgba, RgbaImage};

use super::error::DataError;

/// Pixels between patches, see-through so that a picture fits light and dark pages.
pub(super) const GAP: usize = 4;

/// How many times a patch of `height`×`width` is enlarged to have at least a side of `least` pixels.
pub(super) fn zoom(height: usize, width: usize, least: usize) -> usize {
    least.div_ceil(height.max(width)).max(1)
}

/// Puts a patch of so many columns, three bytes a pixel, enlarged `zoom` times, where its left and
/// top corner are to be.
pub(super) fn paste(
    picture: &mut RgbaImage,
    patch: &[u8],
    width: usize,
    zoom: usize,
    [left, top]: [usize; 2],
) {
    for (at, &[r, g, b]) in patch.as_chunks::<3>().0.iter().enumerate() {
        let (y, x) = (top + at / width * zoom, left + at % width * zoom);
        for (y, x) in (y..y + zoom).flat_map(|y| (x..x + zoom).map(move |x| (y, x))) {
            picture.put_pixel(x as u32, y as u32, Rgba([r, g, b, 255]));
        }
    }
}

/// Writes a picture as a PNG file.
pub(super) fn write(picture: &RgbaImage, path: &Path) -> Result<(), DataError> {
    let mut png = Cursor::new(Vec::new());
    let encoded = picture.write_to(&mut png, ImageFormat::Png);
    encoded.map_err(|e| DataError::write(path)(Error::other(e)))?;
    std::fs::write(path, png.into_inner()).map_err(DataError::write(path))
}
