//! Image files: what is read, and what is refused instead of guessed.

use std::io::Cursor;

use expect_test::{Expect, expect};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};
use microtome::data::{Picture, decode, resize};

use crate::common::{encoded, grey};

fn bytes(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A photograph of sorts, for coders to chew on.
fn picture() -> RgbImage {
    RgbImage::from_fn(24, 16, |x, y| Rgb([(x * 9) as u8, (y * 13) as u8, (x * y) as u8]))
}

fn refused(bytes: &[u8], because: Expect) {
    because.assert_eq(&decode(bytes).unwrap_err());
}

#[test]
fn exact_formats_give_exact_pixels() {
    for format in [ImageFormat::Tiff, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP] {
        let decoded = decode(&bytes(picture(), format)).unwrap();
        assert_eq!((decoded.height, decoded.width), (16, 24));
        assert_eq!(decoded.pixels, picture().into_raw(), "{format:?}");
    }
    assert_eq!(decode(&bytes(picture(), ImageFormat::Jpeg)).unwrap().pixels.len(), 24 * 16 * 3);
}

#[test]
fn grey_is_repeated_and_an_opaque_alpha_dropped() {
    let luma = ImageBuffer::from_pixel(2, 1, Luma([7u8]));
    assert_eq!(decode(&bytes(luma, ImageFormat::Png)).unwrap().pixels, [7; 6]);
    let opaque = ImageBuffer::from_pixel(2, 1, Rgba([1u8, 2, 3, 255]));
    assert_eq!(decode(&bytes(opaque, ImageFormat::Png)).unwrap().pixels, [1, 2, 3, 1, 2, 3]);
    let opaque = ImageBuffer::from_pixel(1, 1, LumaA([9u8, 255]));
    assert_eq!(decode(&bytes(opaque, ImageFormat::Png)).unwrap().pixels, [9; 3]);
}

#[test]
fn transparency_and_deep_pixels_are_refused() {
    let glass = ImageBuffer::from_pixel(2, 1, Rgba([1u8, 2, 3, 254]));
    refused(
        &bytes(glass, ImageFormat::Png),
        expect!["it is transparent in places; save it without an alpha channel"],
    );
    let deep = ImageBuffer::from_pixel(2, 1, Rgb([1u16, 2, 3]));
    refused(
        &bytes(deep, ImageFormat::Png),
        expect!["its pixels are Rgb16; save it with 8 bits a channel"],
    );
}

#[test]
fn what_is_no_image_is_refused() {
    refused(b"", expect!["the file is empty"]);
    refused(b"id,label\n", expect!["the file is no TIFF, PNG, JPEG, BMP or WebP image"]);
}

#[test]
fn cut_files_are_refused_wherever_they_are_cut() {
    let formats = [
        ImageFormat::Tiff,
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Bmp,
        ImageFormat::WebP,
    ];
    for format in formats {
        let whole = bytes(picture(), format);
        // The last bytes of a PNG are a checksum and of a TIFF its directory; all are needed.
        for length in (0..whole.len() - 1).step_by(7).chain([whole.len() - 2]) {
            assert!(decode(&whole[..length]).is_err(), "{format:?} cut to {length} bytes");
        }
    }
    let jpeg = bytes(picture(), ImageFormat::Jpeg);
    refused(&jpeg[..jpeg.len() - 40], expect!["the JPEG image is cut short: it has no end marker"]);
}

#[test]
fn a_thumbnails_end_is_not_the_end_of_a_jpeg() {
    let jpeg = bytes(picture(), ImageFormat::Jpeg);
    // An application segment of six bytes that holds an end marker.
    let mut with = jpeg[..2].to_vec();
    with.extend([0xff, 0xe1, 0, 6, 0xff, 0xd9, 0, 0]);
    with.extend(&jpeg[2..]);
    assert!(decode(&with).is_ok());
    assert!(decode(&with[..with.len() - 40]).is_err());
}

#[test]
fn files_of_several_images_are_refused() {
    let mut tiff = bytes(picture(), ImageFormat::Tiff);
    let directory = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
    let entries = u16::from_le_bytes(tiff[directory..directory + 2].try_into().unwrap());
    let next = directory + 2 + 12 * usize::from(entries);
    assert_eq!(tiff[next..next + 4], [0; 4]);
    tiff[next..next + 4].copy_from_slice(&8u32.to_le_bytes());
    refused(&tiff, expect!["the TIFF file holds several images; save just one"]);

    let mut png = bytes(picture(), ImageFormat::Png);
    // acTL: two frames, played for ever; behind the header, which takes 33 bytes.
    let control = [b'a', b'c', b'T', b'L', 0, 0, 0, 2, 0, 0, 0, 0];
    let mut chunk = vec![0, 0, 0, 8];
    chunk.extend(control);
    chunk.extend(crc32(&control).to_be_bytes());
    png.splice(33..33, chunk);
    refused(&png, expect!["the PNG file holds several images; save just one"]);
}

#[test]
fn an_animation_is_refused() {
    let still = bytes(picture(), ImageFormat::WebP);
    let frame = &still[12..];
    // Canvas of 24×16 with the animation flag; no background, no end; one frame from the start.
    let mut chunks = [b"VP8X", &[10, 0, 0, 0, 2, 0, 0, 0, 23, 0, 0, 15, 0, 0][..]].concat();
    chunks.extend([b"ANIM", &[6, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]].concat());
    chunks.extend([b"ANMF", &(frame.len() as u32 + 16).to_le_bytes()[..]].concat());
    chunks.extend([0, 0, 0, 0, 0, 0, 23, 0, 0, 15, 0, 0, 100, 0, 0, 0]);
    chunks.extend(frame);
    let mut webp = [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP"].concat();
    webp.extend(chunks);
    refused(&webp, expect!["the WebP file holds several images; save just one"]);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

#[test]
fn a_huge_header_is_refused() {
    let mut bmp = encoded(2, 2, [1, 2, 3], ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&100_000u32.to_le_bytes());
    refused(
        &bmp,
        expect![
            "the BMP image cannot be decoded: Format error decoding Bmp: Image too large (one of (100000, 2) > soft limit of 65535)"
        ],
    );
}

fn resized(height: usize, width: usize, pixels: &[u8], to: (usize, usize)) -> Vec<u8> {
    let picture = Picture { height, width, pixels: grey(pixels) };
    resize(picture, to.0, to.1).pixels.chunks(3).map(|pixel| pixel[0]).collect()
}

#[test]
fn resizing_follows_the_triangle() {
    // Halving weighs the pixels at distances 1/2, 1/2, 3/2 (in input pixels) with 3, 3, 1 eighths:
    // (3·0 + 3·80 + 1·160) / 7 = 57.14, (1·80 + 3·160 + 3·240) / 7 = 182.86.
    assert_eq!(resized(1, 4, &[0, 80, 160, 240], (1, 2)), [57, 183]);
    // Doubling: a quarter of the way to the neighbour, the border repeated.
    assert_eq!(resized(1, 2, &[0, 100], (1, 4)), [0, 25, 75, 100]);
    assert_eq!(resized(2, 1, &[0, 100], (4, 1)), [0, 25, 75, 100]);
    // Halves are rounded up: (1 + 2) / 2.
    assert_eq!(resized(1, 2, &[1, 2], (1, 1)), [2]);
    assert_eq!(resized(2, 2, &[0, 10, 20, 30], (1, 1)), [15]);
}

#[test]
fn resizing_keeps_what_is_even_and_what_has_the_size() {
    for to in [1, 7, 32, 50, 96, 224] {
        assert!(resized(50, 49, &[123; 50 * 49], (to, to)).iter().all(|&byte| byte == 123));
    }
    let pixels: Vec<u8> = (0..12).collect();
    assert_eq!(resized(3, 4, &pixels, (3, 4)), pixels);
}
