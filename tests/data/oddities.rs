//! Images as they should not be, each with the whole message, and what is said of those that are
//! read. `odd/write.py` wrote the files that only others can write.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use image::ImageFormat;
use microtome::data::{Ingest, decode};

use crate::common::{encoded, fails, folder, ingest, never_stop, parse, shared, write};

fn odd(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/odd").join(name)).unwrap()
}

fn refused(bytes: &[u8], because: Expect) {
    because.assert_eq(&decode(bytes).unwrap_err());
}

/// FNV-1a over the pixels.
fn digest(bytes: &[u8]) -> String {
    let pixels = decode(bytes).unwrap().pixels;
    let add = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:x}", pixels.iter().fold(0xcbf2_9ce4_8422_2325, add))
}

/// The decoder has code of its own for AVX2; a build of it without (zune-jpeg without the feature
/// `x86`) gave these digests.
#[test]
fn jpeg_decodes_to_the_same_pixels_with_and_without_special_instructions() {
    assert_eq!(digest(&odd("444.jpg")), "43a4ed3f7ae99b3c");
    assert_eq!(digest(&odd("422.jpg")), "e97c86f01e14ea77");
    assert_eq!(digest(&odd("420.jpg")), "c9e763b2f2f15cc3");
    assert_eq!(digest(&odd("coarse.jpg")), "779034fce563c7eb");
    assert_eq!(decode(&odd("grey.jpg")).unwrap().pixels[..3], [204, 204, 204]);
}

#[test]
fn colours_that_would_have_to_be_guessed() {
    refused(&odd("cmyk.jpg"), expect!["its colours are CMYK; save it as RGB"]);
    refused(&odd("cmyk.tif"), expect!["its colours are CMYK; save it as RGB"]);
    refused(&odd("grey16.tif"), expect!["its pixels are L16; save it with 8 bits a channel"]);
    refused(
        &odd("float.tif"),
        expect![
            "the TIFF image cannot be decoded: The encoder or decoder for Tiff does not support the color type `Unknown(32)`"
        ],
    );
    refused(
        &odd("palette.tif"),
        expect![
            "its colours are those of a palette, which are looked up in PNG and BMP but not in TIFF; save it as RGB"
        ],
    );
}

/// The PNG with another width and height in its header, and the checksum of that.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(2, 2, [1, 2, 3], ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = !png[12..29].iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

#[test]
fn bombs() {
    refused(
        &claiming(20_000, 20_000),
        expect![
            "it is 20000×20000 pixels; images of up to 67108864 pixels are read, cut it into patches"
        ],
    );
    refused(
        &claiming(0x7fff_ffff, 0x7fff_ffff),
        expect!["the PNG image cannot be decoded: Memory limit exceeded"],
    );
    refused(
        &claiming(0, 1),
        expect![
            "the PNG image cannot be decoded: Format error decoding Png: Invalid image dimensions"
        ],
    );
    // As many pixels as are read, but not there.
    refused(
        &claiming(8192, 8192),
        expect![
            "the PNG image cannot be decoded: Format error decoding Png: IDAT or fDAT chunk does not have enough data for image."
        ],
    );
}

#[test]
fn one_pixel_is_an_image() {
    let dir = folder();
    write(dir.path(), "1/a.png", encoded(1, 1, [1, 2, 3], ImageFormat::Png));
    write(dir.path(), "0/b.bmp", encoded(1, 1, [4, 5, 6], ImageFormat::Bmp));
    let (_out, data) = ingest(&format!("source.folder.dir = {:?}", dir.path()));
    assert_eq!((data.height(), data.width(), data.image(0)), (1, 1, &[4, 5, 6][..]));
}

#[test]
fn what_was_met_is_said() {
    let dir = folder();
    for name in [
        "444.jpg",
        "422.jpg",
        "grey.jpg",
        "palette.png",
        "palette.bmp",
        "inside.tif",
        "bits.tif",
        "lossy.webp",
    ] {
        write(dir.path(), &format!("1/{name}"), odd(name));
    }
    // The name says nothing of what is in a file.
    write(dir.path(), "0/mislabelled.jpg", encoded(7, 9, [1, 2, 3], ImageFormat::Png));
    let rgba = image::ImageBuffer::from_pixel(45, 35, image::Rgba([1u8, 2, 3, 255]));
    rgba.save(dir.path().join("0/rgba.png")).unwrap();
    let (_out, data) = ingest(&format!("source.folder = {{ dir = {:?}, size = 8 }}", dir.path()));
    let met = (&data.info().formats, &data.info().sizes);
    expect![[r#"
        [
          {
            "BMP rgb8": 1,
            "JPEG grey8": 1,
            "JPEG rgb8": 2,
            "PNG palette4": 1,
            "PNG rgb8": 1,
            "PNG rgb8 with alpha": 1,
            "TIFF grey1": 1,
            "TIFF rgb8": 1,
            "WebP rgb8": 1
          },
          {
            "45×35": 9,
            "7×9": 1
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&met).unwrap());
}

#[test]
fn many_sizes_are_not_all_listed() {
    let dir = folder();
    for i in 1..=40 {
        write(dir.path(), &format!("1/{i}.bmp"), encoded(i, 1, [0; 3], ImageFormat::Bmp));
    }
    write(dir.path(), "1/0.bmp", encoded(40, 1, [0; 3], ImageFormat::Bmp));
    let (_out, data) = ingest(&format!("source.folder = {{ dir = {:?}, size = 1 }}", dir.path()));
    let sizes = &data.info().sizes;
    assert_eq!((sizes.len(), sizes["40×1"], sizes["other"]), (33, 2, 8));
    assert_eq!(sizes.values().sum::<usize>(), 41);
}

#[test]
fn an_image_of_another_size_does_not_stay_in_memory() {
    let dir = folder();
    write(dir.path(), "1/a.png", encoded(8, 8, [0; 3], ImageFormat::Png));
    for i in 0..6 {
        write(
            dir.path(),
            &format!("1/large{i}.png"),
            encoded(6000, 6000, [0; 3], ImageFormat::Png),
        );
    }
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![
            "images of different sizes: `1/a.png` is 8×8 and `1/large0.png` is 6000×6000 pixels wide and high; a packed data set has one size, set `size` of the source to resize them when they are read"
        ],
    );
}

#[test]
fn a_byte_that_flipped_in_a_patch_is_named() {
    let dir = folder();
    for entry in walkdir::WalkDir::new(shared("kaggle-pcam")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(shared("kaggle-pcam")).unwrap();
            write(dir.path(), name.to_str().unwrap(), fs::read(entry.path()).unwrap());
        }
    }
    let (_out, data) =
        ingest(&format!("source.kaggle = {{ dir = {:?}, test = 'keep' }}", dir.path()));
    assert_eq!((data.len(), data.info().labels["none"]), (42, 27), "all ids are verified");
    let path = dir.path().join("train/3b5ec8559fd6142387f9b005945b4cd50235a2ac.tif");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    fails(
        dir.path(),
        "kaggle = { DIR, test = 'keep' }",
        "",
        expect![[r#"
        1 of 42 images cannot be used:
          train/3b5ec8559fd6142387f9b005945b4cd50235a2ac.tif: its pixels have the SHA-1 1985833d64df1cdf7ae9efb512ad1ef2c2283e43, which should be its id: the patch was changed or renamed; get it again, or set `check_ids = false`
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
}

#[test]
fn the_sample_submission_lists_the_test_images() {
    let dir = folder();
    let patch = |shade: u8| encoded(96, 96, [shade, 0, 0], ImageFormat::Tiff);
    write(dir.path(), "train/a.tif", patch(1));
    write(dir.path(), "test/b.tif", patch(2));
    write(dir.path(), "test/c.tif", patch(3));
    write(dir.path(), "train_labels.csv", "id,label\na,1\n");
    let kaggle = "kaggle = { DIR, test = 'keep', check_ids = false }";
    let with = |submission: &str, message: Expect| {
        write(dir.path(), "sample_submission.csv", submission);
        fails(dir.path(), kaggle, "", message);
    };
    with(
        "id,label\nb,0\nc,0\nd,0\n",
        expect![
            "DIR/sample_submission.csv lists 1 image (`d`) that is not in DIR/test; add what is missing or remove the lines"
        ],
    );
    with(
        "id,label\nb,0\n",
        expect![
            "DIR/sample_submission.csv does not list 1 image (`test/c.tif`); add what is missing, or remove the images"
        ],
    );
    write(dir.path(), "sample_submission.csv", "id,label\nb,0\nc,0\n");
    let (_out, data) =
        ingest(&format!("source.{}", kaggle.replace("DIR", &format!("dir = {:?}", dir.path()))));
    let rows: Vec<_> = data.rows().iter().map(|row| (row.id.as_str(), row.label)).collect();
    assert_eq!(rows, [("a", Some(1)), ("b", None), ("c", None)]);
    // The same id twice would be two images under one name.
    write(dir.path(), "test/a.tif", patch(4));
    write(dir.path(), "sample_submission.csv", "id\na\nb\nc\n");
    fails(
        dir.path(),
        kaggle,
        "",
        expect![
            "`a` is the id of both `train/a.tif` and `test/a.tif`; rename or remove one of them"
        ],
    );
}

/// Whoever may read everything, as root may, sees no such error; the test then says nothing.
#[test]
fn files_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    write(dir.path(), "1/a.png", encoded(8, 8, [0; 3], ImageFormat::Png));
    write(dir.path(), "1/b.png", encoded(8, 8, [0; 3], ImageFormat::Png));
    let path = dir.path().join("1/b.png");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let toml = format!("source.folder.dir = {:?}", dir.path());
    let read = parse::<Ingest>(&toml).run(folder().path(), &never_stop);
    match fs::read(&path) {
        Ok(_) => assert_eq!(read.unwrap().len(), 2),
        Err(_) => expect![[r#"
            1 of 2 images cannot be used:
              1/b.png: the file cannot be read: Permission denied (os error 13)
            repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]]
        .assert_eq(&read.unwrap_err().to_string()),
    }
}

/// A file that cannot be read by anyone: a folder with an image's name, a pipe that nobody fills.
#[test]
fn things_that_are_no_files() {
    let dir = folder();
    write(dir.path(), "1/a.png", encoded(8, 8, [0; 3], ImageFormat::Png));
    fs::create_dir(dir.path().join("1/b.png")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.path().join("1/c.png")).status();
    assert!(made.unwrap().success());
    let (_out, data) = ingest(&format!("source.folder.dir = {:?}", dir.path()));
    assert_eq!(data.len(), 1);
}
