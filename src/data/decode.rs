//! Bytes of an image file to RGB pixels, or the reason why not. Never a guess: what cannot be read
//! whole and exactly is refused. Knows nothing of files or data sets.

use std::io::Cursor;

use image::codecs::{png::PngDecoder, webp::WebPDecoder};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

/// No patch is this large; a broken header may say so.
const LARGEST_SIDE: u32 = 16_384;
const LARGEST_ALLOCATION: u64 = 1 << 30;

/// An image of H×W×3 bytes, row by row, red first.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    pub pixels: Vec<u8>,
}

/// Decodes a TIFF, PNG, JPEG, BMP or WebP file, which one being told by its first bytes.
///
/// Grey is repeated in all three channels, an alpha channel that is opaque everywhere is dropped.
/// The error is a phrase that can follow the file's name and a colon.
pub fn decode(bytes: &[u8]) -> Result<Picture, String> {
    let format = image::guess_format(bytes).map_err(|_| match bytes {
        [] => "the file is empty".to_string(),
        _ => "the file is no TIFF, PNG, JPEG, BMP or WebP image".to_string(),
    })?;
    check_whole(format, bytes)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_ALLOCATION);
    reader.limits(limits);
    to_rgb(reader.decode().map_err(|e| broken(format, e))?)
}

fn broken(format: ImageFormat, error: impl ToString) -> String {
    format!("the {} image cannot be decoded: {}", name(format), error.to_string())
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Bmp => "BMP",
        ImageFormat::WebP => "WebP",
        _ => "image",
    }
}

/// Refuses what the decoders would read in part without a word.
fn check_whole(format: ImageFormat, bytes: &[u8]) -> Result<(), String> {
    let several = match format {
        ImageFormat::Tiff => has_second_page(bytes),
        ImageFormat::Png => PngDecoder::new(Cursor::new(bytes))
            .and_then(|decoder| decoder.is_apng())
            .map_err(|e| broken(format, e))?,
        ImageFormat::WebP => {
            WebPDecoder::new(Cursor::new(bytes)).map_err(|e| broken(format, e))?.has_animation()
        }
        _ => false,
    };
    let ended = match format {
        ImageFormat::Jpeg => jpeg_has_end(bytes),
        ImageFormat::Png => png_has_end(bytes),
        _ => true,
    };
    if !ended {
        return Err(format!("the {} image is cut short: it has no end marker", name(format)));
    }
    if several {
        return Err(format!("the {} file holds several images; save just one", name(format)));
    }
    Ok(())
}

/// Whether the first directory of a TIFF names a next one (TIFF 6.0, section 2).
fn has_second_page(bytes: &[u8]) -> bool {
    let little = bytes.starts_with(b"II");
    let number = |at: usize, size: usize| {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let add = |number: usize, &byte: &u8| number << 8 | usize::from(byte);
        Some(if little { field.iter().rev().fold(0, add) } else { field.iter().fold(0, add) })
    };
    let next = number(4, 4).and_then(|directory| {
        let entries = number(directory, 2)?;
        number(directory + 2 + 12 * entries, 4)
    });
    // A directory that lies outside the file is for the decoder to report.
    next.is_some_and(|next| next != 0)
}

/// Whether the chunks of a PNG run up to the one that ends it (PNG, third edition, section 5).
fn png_has_end(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some([a, b, c, d, kind @ ..]) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        // Length, kind, data and checksum.
        at += 12 + length;
        if kind == b"IEND" {
            return at <= bytes.len();
        }
    }
    false
}

/// Whether a JPEG's data runs up to its end marker (ITU T.81, annex B). Its decoder fills up what
/// is missing with grey.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[first, marker]) = bytes.get(at..at + 2) {
        match (first, marker) {
            (0xff, 0xd9) => return true,
            // Stuffed bytes, restart markers, fill bytes, and the coded data itself.
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, 0xff) => at += 1,
            // A segment, whose length may hide bytes that look like an end (a thumbnail's).
            (0xff, _) => match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
            _ => at += 1,
        }
    }
    false
}

fn to_rgb(image: DynamicImage) -> Result<Picture, String> {
    let (height, width) = (image.height() as usize, image.width() as usize);
    let pixels = match image {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        DynamicImage::ImageLuma8(image) => {
            image.as_raw().iter().flat_map(|&grey| [grey; 3]).collect()
        }
        DynamicImage::ImageRgba8(image) => {
            drop_alpha(image.as_raw(), |&[r, g, b, alpha]| ([r, g, b], alpha))?
        }
        DynamicImage::ImageLumaA8(image) => {
            drop_alpha(image.as_raw(), |&[grey, alpha]| ([grey; 3], alpha))?
        }
        other => {
            return Err(format!(
                "its pixels are {:?}; save it with 8 bits a channel",
                other.color()
            ));
        }
    };
    Ok(Picture { height, width, pixels })
}

fn drop_alpha<const N: usize>(
    pixels: &[u8],
    parts: impl Fn(&[u8; N]) -> ([u8; 3], u8),
) -> Result<Vec<u8>, String> {
    let (pixels, _) = pixels.as_chunks::<N>();
    let mut rgb = Vec::with_capacity(pixels.len() * 3);
    for pixel in pixels {
        let (color, alpha) = parts(pixel);
        if alpha != 255 {
            return Err("it is transparent in places; save it without an alpha channel".into());
        }
        rgb.extend_from_slice(&color);
    }
    Ok(rgb)
}
