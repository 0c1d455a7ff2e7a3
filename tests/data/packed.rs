//! Kaggle's zip file as downloaded: read where it lies, and what it may not hold.

use std::io::{Cursor, Write};
use std::path::Path;

use expect_test::{Expect, expect};
use image::ImageFormat;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::common::{encoded, fails, files, folder, ingest, shared, write};

/// A zip file with these entries.
fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn patch(shade: u8) -> Vec<u8> {
    encoded(96, 96, [shade, 0, 0], ImageFormat::Tiff)
}

const LABELS: &[u8] = b"id,label\na,1\nb,0\n";

fn zip_fails(bytes: &[u8], message: Expect) {
    let dir = folder();
    write(dir.path(), "data.zip", bytes);
    fails(&dir.path().join("data.zip"), "kaggle = { DIR, check_ids = false }", "", message);
}

/// The real patches, packed below a folder of this name.
fn real(below: &str, dir: &Path) -> TempDir {
    let mut entries = Vec::new();
    for entry in walkdir::WalkDir::new(dir) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(dir).unwrap().to_str().unwrap();
            entries.push((format!("{below}{name}"), std::fs::read(entry.path()).unwrap()));
        }
    }
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
    let out = folder();
    write(out.path(), "histopathologic-cancer-detection", zipped(&entries));
    out
}

#[test]
fn a_zip_gives_the_same_data_set_as_the_folder() {
    let (unpacked, _) = ingest(&format!("source.kaggle.dir = {:?}", shared("kaggle-pcam")));
    for below in ["", "histopathologic-cancer-detection/"] {
        // It is known by what it is, not by its name.
        let zip = real(below, &shared("kaggle-pcam"));
        let path = zip.path().join("histopathologic-cancer-detection");
        let (packed, _) = ingest(&format!("source.kaggle.dir = {path:?}"));
        assert!(files(packed.path()) == files(unpacked.path()));
    }
}

#[test]
fn no_zip() {
    zip_fails(b"hello", expect!["DIR is no zip file that can be read: invalid Zip archive: Could not find EOCD; get it again"]);
    let whole = zipped(&[("train/a.tif", &patch(1)), ("train_labels.csv", LABELS)]);
    zip_fails(&whole[..whole.len() - 30], expect!["DIR is no zip file that can be read: invalid Zip archive: Could not find EOCD; get it again"]);
}

#[test]
fn entries_that_lead_out_of_the_archive() {
    for name in ["../train/a.tif", "/etc/passwd", "train/../../a.tif", "..\\a.tif"] {
        let bytes = zipped(&[(name, b""), ("train_labels.csv", LABELS)]);
        let dir = folder();
        write(dir.path(), "data.zip", bytes);
        let message = format!(
            "`{}` in DIR: its name leads out of the folder that it is unpacked in; get the archive \
             again",
            name.replace('\\', "/")
        );
        let toml = format!("source.kaggle.dir = {:?}", dir.path().join("data.zip"));
        let ingest: microtome::data::Ingest = crate::common::parse(&toml);
        let error = ingest.run(folder().path(), &crate::common::never_stop).unwrap_err();
        let path = dir.path().join("data.zip");
        assert_eq!(error.to_string().replace(path.to_str().unwrap(), "DIR"), message);
    }
}

#[test]
fn entries_that_are_missing() {
    zip_fails(&zipped(&[("train/a.tif", &patch(1))]), expect!["DIR/train_labels.csv is missing; it lists the labels of the images, set `labels` to its name"]);
    zip_fails(&zipped(&[("train_labels.csv", LABELS)]), expect!["DIR/train holds no image; it must hold the patches as <id>.tif"]);
    zip_fails(&zipped(&[("train/a.tif", &patch(1)), ("train_labels.csv", LABELS)]), expect!["DIR/train_labels.csv lists 1 image (`b`) that is not in DIR/train; add what is missing or remove the lines"]);
}

#[test]
fn a_bomb_that_says_so() {
    let bomb = vec![0; (1 << 28) + 1];
    zip_fails(&zipped(&[("train/a.tif", &patch(1)), ("train_labels.csv", &bomb)]), expect!["`train_labels.csv` in DIR: it unpacks to 268435457 bytes, more than the 268435456 that are read; get the archive again"]);
}

/// Writes other sizes of the unpacked entry into its two headers.
fn lie(mut zip: Vec<u8>, size: u32, claimed: u32) -> Vec<u8> {
    let mut found = 0;
    for at in 0..zip.len() - 4 {
        if zip[at..at + 4] == size.to_le_bytes() {
            zip[at..at + 4].copy_from_slice(&claimed.to_le_bytes());
            found += 1;
        }
    }
    assert_eq!(found, 2);
    zip
}

#[test]
fn a_bomb_that_lies() {
    let bomb = vec![7; 10_000_001];
    let zip = zipped(&[("train/a.tif", &bomb), ("train/b.tif", &patch(2)), ("train_labels.csv", LABELS)]);
    zip_fails(&lie(zip.clone(), 10_000_001, 30_000), expect![[r#"
        1 of 2 images cannot be used:
          train/a.tif: it cannot be unpacked: File is larger than its declared uncompressed size
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]]);
    zip_fails(&lie(zip.clone(), 10_000_001, 20_000_000), expect![[r#"
        1 of 2 images cannot be used:
          train/a.tif: it unpacks to 10000001 bytes, not the 20000000 it claims
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]]);
    zip_fails(&lie(zip, 10_000_001, 0xf000_0000), expect![[r#"
        1 of 2 images cannot be used:
          train/a.tif: it unpacks to 4026531840 bytes, more than the 536870912 that are read
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]]);
}

#[test]
fn a_byte_that_flipped_in_an_entry() {
    let noise: Vec<u8> = (0..96 * 96).flat_map(|i: u32| [(i * i) as u8, (i * 7) as u8, i as u8]).collect();
    let image = image::RgbImage::from_raw(96, 96, noise).unwrap();
    let mut tiff = Cursor::new(Vec::new());
    image.write_to(&mut tiff, ImageFormat::Tiff).unwrap();
    let mut zip = zipped(&[
        ("train/a.tif", tiff.get_ref()),
        ("train/b.tif", &patch(2)),
        ("train_labels.csv", LABELS),
    ]);
    zip[5000] ^= 0x04;
    let dir = folder();
    write(dir.path(), "data.zip", zip);
    let toml = format!(
        "on_bad_image = 'exclude'\nsource.kaggle = {{ dir = {:?}, check_ids = false }}",
        dir.path().join("data.zip")
    );
    let (_out, data) = ingest(&toml);
    assert_eq!(data.rejected()[0].path, "train/a.tif");
    assert!(data.rejected()[0].problem.starts_with("it cannot be unpacked: "));
}
