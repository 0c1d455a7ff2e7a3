//! Bytes of an image file to RGB pixels, or the reason why not. Never a guess: what cannot be read
//! whole and exactly is refused. Knows nothing of files or data sets.

use std::io::Cursor;

use image::codecs::{png::PngDecoder, webp::WebPDecoder};
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::resize::resize;

/// No patch has more pixels (8192×8192); a few bytes of a file may claim any number of them.
const MOST_PIXELS: u64 = 1 << 26;
/// What a decoder may allocate besides: enough for four channels of 16 bits of that many pixels.
const LARGEST_ALLOCATION: u64 = 8 * MOST_PIXELS;

/// An image of H×W×3 bytes, row by row, red first.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    pub pixels: Vec<u8>,
}

/// A picture and what it was before it became RGB.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub picture: Picture,
    /// The file's format and colour mode: `TIFF rgb8`, `PNG palette4`.
    pub format: String,
    /// Height and width in pixels as the file has them.
    pub size: (usize, usize),
}

impl Decoded {
    /// The picture as it is, or resized to a square with this side in pixels.
    pub(super) fn resized(mut self, side: Option<u32>) -> Decoded {
        if let Some(side) = side {
            self.picture = resize(self.picture, side as usize, side as usize);
        }
        self
    }
}

/// Decodes a TIFF, PNG, JPEG, BMP or WebP file, which one being told by its first bytes.
///
/// Grey is repeated in all three channels, an alpha channel that is opaque everywhere is dropped,
/// and the colours of a palette are looked up. What would take a guess is refused: more than 8 bits
/// a channel, CMYK, transparency, several images in one file, and anything cut short. The pixels
/// are the same on every CPU. The error is a phrase that can follow the file's name and a colon.
pub fn decode(bytes: &[u8]) -> Result<Picture, String> {
    Ok(decode_and_tell(bytes)?.picture)
}

/// As [`decode`], and says what the file was.
pub(super) fn decode_and_tell(bytes: &[u8]) -> Result<Decoded, String> {
    let format = image::guess_format(bytes).ok().filter(ImageFormat::reading_enabled);
    let format = format.ok_or_else(|| match bytes {
        [] => "the file is empty".to_string(),
        _ => "the file is no TIFF, PNG, JPEG, BMP or WebP image".to_string(),
    })?;
    check_whole(format, bytes)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(LARGEST_ALLOCATION);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|e| broken(format, e))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(format!(
            "it is {width}×{height} pixels; images of up to {MOST_PIXELS} pixels are read, cut it \
             into patches"
        ));
    }
    let mode = mode(format, bytes, decoder.original_color_type());
    if mode.starts_with("cmyk") {
        return Err("its colours are CMYK; save it as RGB".into());
    }
    decoder.set_limits(limits).map_err(|e| broken(format, e))?;
    let image = DynamicImage::from_decoder(decoder).map_err(|e| broken(format, e))?;
    let picture = to_rgb(image)?;
    let size = (picture.height, picture.width);
    Ok(Decoded { picture, format: format!("{} {mode}", name(format)), size })
}

/// The word for an image's channels and their depth, as the file has them.
fn mode(format: ImageFormat, bytes: &[u8], color: ExtendedColorType) -> String {
    // PNG decoders hide palettes, those of JPEG the channels; both are told by the header.
    if let (ImageFormat::Png, Some(&[depth, 3])) = (format, bytes.get(24..26)) {
        return format!("palette{depth}");
    }
    if format == ImageFormat::Jpeg && jpeg_channels(bytes) == Some(4) {
        return "cmyk8".into();
    }
    match color {
        ExtendedColorType::L1 => "grey1".into(),
        ExtendedColorType::L8 => "grey8".into(),
        ExtendedColorType::L16 => "grey16".into(),
        ExtendedColorType::La8 => "grey8 with alpha".into(),
        ExtendedColorType::Rgb8 => "rgb8".into(),
        ExtendedColorType::Rgba8 => "rgb8 with alpha".into(),
        other => format!("{other:?}").to_lowercase(),
    }
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
        ImageFormat::Tiff => return check_directory(bytes),
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

/// Refuses a TIFF whose first directory names a next one, or whose pixels point into a palette
/// (TIFF 6.0, sections 2 and 5). A directory outside the file is for the decoder to report.
fn check_directory(bytes: &[u8]) -> Result<(), String> {
    const PHOTOMETRIC: usize = 262;
    const PALETTE: usize = 3;
    let little = bytes.starts_with(b"II");
    let number = |at: usize, size: usize| {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let add = |number: usize, &byte: &u8| number << 8 | usize::from(byte);
        Some(if little { field.iter().rev().fold(0, add) } else { field.iter().fold(0, add) })
    };
    let Some((first, entries)) =
        number(4, 4).and_then(|directory| Some((directory + 2, number(directory, 2)?)))
    else {
        return Ok(());
    };
    if number(first + 12 * entries, 4).is_some_and(|next| next != 0) {
        return Err("the TIFF file holds several images; save just one".into());
    }
    let mut entries = (0..entries).map(|entry| first + 12 * entry);
    let entry = entries.find(|&entry| number(entry, 2) == Some(PHOTOMETRIC));
    match entry.and_then(|entry| number(entry + 8, 2)) {
        Some(PALETTE) => {
            Err("its colours are those of a palette, which are looked up in PNG and BMP \
                              but not in TIFF; save it as RGB"
                .into())
        }
        _ => Ok(()),
    }
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
    jpeg_segments(bytes).any(|(marker, _)| marker == 0xd9)
}

/// The number of channels in the frame header of a JPEG.
fn jpeg_channels(bytes: &[u8]) -> Option<u8> {
    let frame = |marker| matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
    let (_, at) = jpeg_segments(bytes).find(|&(marker, _)| frame(marker))?;
    // Marker, length, depth, height and width come before.
    bytes.get(at + 9).copied()
}

/// The markers of a JPEG, and where they stand.
fn jpeg_segments(bytes: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    let mut at = 2;
    std::iter::from_fn(move || {
        while let Some(&[first, marker]) = bytes.get(at..at + 2) {
            let here = at;
            match (first, marker) {
                // Stuffed bytes, restart markers, fill bytes, and the coded data itself.
                (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
                (0xff, 0xff) => at += 1,
                (0xff, 0xd9) => {
                    at = bytes.len();
                    return Some((marker, here));
                }
                // A segment, whose length may hide bytes that look like an end (a thumbnail's).
                (0xff, _) => {
                    let &[high, low] = bytes.get(at + 2..at + 4)? else { return None };
                    at += 2 + usize::from(u16::from_be_bytes([high, low]));
                    return Some((marker, here));
                }
                _ => at += 1,
            }
        }
        None
    })
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
