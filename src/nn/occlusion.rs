//! Occlusion (Zeiler and Fergus 2014): an image is predicted again and again, each time with another
//! part of it covered.

use super::attention::{Attention, Method};
use super::error::NnError;
use super::predict::Network;
use super::shape::Shape;

/// Parts of a side; images are covered part by part.
const PARTS: usize = 8;

/// By how much the logit of class 1, times the image's sign, falls when a cell of the image is
/// covered by the image's mean colour; 0 where it rises.
pub(super) fn occlusion(
    network: &Network,
    pixels: &[u8],
    signs: &[f32],
) -> Result<Attention, NnError> {
    let Shape { height, width, .. } = network.input();
    let (rows, columns) = (PARTS.min(height), PARTS.min(width));
    let images = pixels.chunks_exact((height * width * 3).max(1));
    let mut maps = Vec::with_capacity(images.len());
    for (image, sign) in images.zip(signs) {
        let whole = network.logits(image)?[0];
        let mut views = Vec::with_capacity(rows * columns * image.len());
        let mean = mean_colour(image);
        for cell in 0..rows * columns {
            let (row, column) = (cell / columns, cell % columns);
            let mut covered = image.to_vec();
            for y in row * height / rows..(row + 1) * height / rows {
                for x in column * width / columns..(column + 1) * width / columns {
                    covered[(y * width + x) * 3..][..3].copy_from_slice(&mean);
                }
            }
            views.extend(covered);
        }
        let fall = |logit: f32| (sign * (whole - logit)).max(0.0);
        maps.push(network.logits(&views)?.into_iter().map(fall).collect());
    }
    Ok(Attention { method: Method::Occlusion, height: rows, width: columns, maps })
}

/// Rounded to whole bytes.
fn mean_colour(image: &[u8]) -> [u8; 3] {
    let (pixels, _) = image.as_chunks::<3>();
    let count = pixels.len().max(1);
    [0, 1, 2].map(|c| {
        let sum: usize = pixels.iter().map(|pixel| usize::from(pixel[c])).sum();
        ((sum + count / 2) / count) as u8
    })
}
