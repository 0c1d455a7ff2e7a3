//! PatchCamelyon's official files, as h5py writes them (`pcam/write.py`).

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use microtome::data::{Dataset, Ingest, Split};
use tempfile::TempDir;

use crate::common::{fails, files, folder, ingest, never_stop, parse};

/// What `write.py` wrote and was committed.
fn small(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pcam/small").join(name)
}

fn pcam(dir: &Path) -> String {
    format!("source.pcam = {{ dir = {dir:?}, check_sums = false }}")
}

fn tensors((out, _data): &(TempDir, Dataset)) -> Vec<u8> {
    files(out.path()).remove("images.safetensors").unwrap()
}

/// The same images in every layout.
fn all_the_same(root: &Path) {
    let zip = ingest(&format!("source.kaggle.dir = {:?}", root.join("kaggle.zip")));
    for layout in ["chunked", "tiled", "packed"] {
        let read = ingest(&pcam(&root.join(layout)));
        assert_eq!(read.1.len() % 3, 0);
        assert!(tensors(&read) == tensors(&zip), "{layout}");
        assert_eq!(files(read.0.path()).len(), 4, "{layout} leaves something behind");
    }
}

#[test]
fn every_layout_gives_the_same_images_as_kaggles() {
    all_the_same(&small(""));
}

/// More images than are read at a time; `.ci/run` writes them.
#[test]
#[ignore = "needs what tests/data/pcam/write.py writes into target/tmp/pcam"]
fn every_layout_gives_the_same_images_as_kaggles_when_there_are_many() {
    all_the_same(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("pcam"));
}

#[test]
fn splits_and_slides_are_kept() {
    let (_out, data) = ingest(&pcam(&small("chunked")));
    assert_eq!((data.len(), data.height(), data.width()), (18, 96, 96));
    assert_eq!(Split::ALL.map(|split| data.indices(split).len()), [6, 6, 6]);
    let row = &data.rows()[7];
    assert_eq!((row.id.as_str(), row.split), ("valid-000001", Some(Split::Valid)));
    assert_eq!(row.group, "camelyon16_valid_001");
    assert_eq!(row.source, "camelyonpatch_level_2_split_valid_x.h5");
    assert_eq!(row.origin, "pcam");
    assert_eq!(data.info().formats["HDF5 rgb8"], 18);
    // Without slides, every image is on its own.
    let (_out, data) = ingest(&pcam(&small("tiled")));
    assert_eq!(data.rows()[7].group, "valid-000001");
}

#[test]
fn packed_and_plain_files_give_equal_data_sets() {
    let (tiled, packed) = (ingest(&pcam(&small("tiled"))), ingest(&pcam(&small("packed"))));
    assert!(files(tiled.0.path()) == files(packed.0.path()));
}

#[test]
fn some_of_the_images_can_be_read() {
    for layout in ["chunked", "tiled", "packed"] {
        let (_out, all) = ingest(&pcam(&small(layout)));
        let (_out, some) = ingest(&format!("sample.count = 7\n{}", pcam(&small(layout))));
        assert_eq!(some.len(), 7);
        for (at, row) in some.rows().iter().enumerate() {
            let place = all.rows().iter().position(|other| other.id == row.id).unwrap();
            assert_eq!(some.image(at), all.image(place));
        }
    }
}

/// A copy of a layout with a file changed.
fn broken(layout: &str, name: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> TempDir {
    let dir = folder();
    for (file, bytes) in files(&small(layout)) {
        let changed = file.ends_with(name);
        if let Some(bytes) = if changed { change(bytes) } else { Some(bytes) } {
            std::fs::write(dir.path().join(file), bytes).unwrap();
        }
    }
    dir
}

const PCAM: &str = "pcam = { DIR, check_sums = false }";

fn pcam_fails(dir: TempDir, message: Expect) {
    fails(dir.path(), PCAM, "", message);
}

#[test]
fn files_that_are_not_there() {
    pcam_fails(
        folder(),
        expect![
            "DIR holds no image; set `dir` to the folder that holds camelyonpatch_level_2_split_train_x.h5.gz and its like"
        ],
    );
    fails(
        &folder().path().join("gone"),
        PCAM,
        "",
        expect![
            "DIR is not a folder; set `dir` to the folder that holds camelyonpatch_level_2_split_train_x.h5.gz and its like"
        ],
    );
    pcam_fails(broken("tiled", "valid_y.h5", |_| None), expect!["DIR/camelyonpatch_level_2_split_valid_y.h5.gz: it is missing, and camelyonpatch_level_2_split_valid_x.h5 is there; get it, too"]);
    let dir = broken("tiled", "test_x.h5", |_| None);
    std::fs::remove_file(dir.path().join("camelyonpatch_level_2_split_test_y.h5")).unwrap();
    let (_out, data) = ingest(&pcam(dir.path()));
    assert_eq!(data.len(), 12, "a split that is not there is left out");
}

#[test]
fn sums_are_checked_unless_told_otherwise() {
    fails(&small("packed"), "pcam = { DIR }", "", expect!["DIR/camelyonpatch_level_2_split_train_y.h5.gz: its MD5 is e4fe738db194109fa85a626df62325a7, not 35c2d7259d906cfc8143347bb8e05be7 as published: it is damaged or another file; get it again, or set `check_sums = false`"]);
    // None are published for unpacked files.
    ingest(&format!("source.pcam.dir = {:?}", small("tiled")));
}

#[test]
fn slides_of_another_split() {
    let dir = broken("chunked", "valid_meta.csv", |_| {
        files(&small("chunked")).remove("camelyonpatch_level_2_split_test_meta.csv")
    });
    pcam_fails(dir, expect!["DIR/camelyonpatch_level_2_split_valid_meta.csv: line 2: `center_tumor_patch` is `False`, but the image's label is 1; is it that of another split? put the right one there, or remove it to do without slides"]);
    let dir = broken("chunked", "train_meta.csv", |mut bytes| {
        bytes.truncate(bytes.len() - 40);
        while bytes.last() != Some(&b'\n') {
            bytes.pop();
        }
        Some(bytes)
    });
    pcam_fails(dir, expect!["DIR/camelyonpatch_level_2_split_train_meta.csv: it has 4 lines for 6 images; is it that of another split? put the right one there, or remove it to do without slides"]);
}

#[test]
fn files_that_are_broken() {
    pcam_fails(broken("tiled", "train_x.h5", |_| Some(b"hello".to_vec())), expect!["DIR/camelyonpatch_level_2_split_train_x.h5: its HDF5 cannot be read: invalid HDF5 magic bytes"]);
    pcam_fails(broken("tiled", "valid_y.h5", |_| Some(Vec::new())), expect!["DIR/camelyonpatch_level_2_split_valid_y.h5: its HDF5 cannot be read: invalid HDF5 magic bytes"]);
    let cut = |by: usize| move |bytes: Vec<u8>| Some(bytes[..bytes.len() - by].to_vec());
    pcam_fails(broken("chunked", "test_x.h5", cut(500)), expect!["DIR/camelyonpatch_level_2_split_test_x.h5: its HDF5 cannot be read: unexpected end of data at offset 6066 (need 276 bytes, have 42)"]);
    pcam_fails(broken("packed", "train_x.h5.gz", cut(4)), expect!["DIR/camelyonpatch_level_2_split_train_x.h5.gz: it cannot be unpacked: unexpected end of file"]);
    pcam_fails(broken("packed", "train_y.h5.gz", |_| Some(b"id,label\n".to_vec())), expect!["DIR/camelyonpatch_level_2_split_train_y.h5.gz: it cannot be unpacked: unexpected end of file"]);
    // Images of one split, labels of ours: as many, but the images of `y`.
    let labels = files(&small("tiled")).remove("camelyonpatch_level_2_split_train_y.h5").unwrap();
    pcam_fails(broken("tiled", "train_x.h5", |_| Some(labels.clone())), expect!["DIR/camelyonpatch_level_2_split_train_x.h5: its HDF5 cannot be read: x: dataset not found: x"]);
}

#[test]
fn a_byte_that_flipped_in_a_compressed_chunk_is_noticed() {
    let flip = |mut bytes: Vec<u8>| {
        let middle = bytes.len() * 3 / 4;
        bytes[middle] ^= 0x10;
        Some(bytes)
    };
    let dir = broken("chunked", "valid_x.h5", flip);
    let out = folder();
    let error = parse::<Ingest>(&pcam(dir.path())).run(out.path(), &never_stop).unwrap_err();
    assert!(error.to_string().contains("valid_x.h5"), "{error}");
}
