//! Parquet shards, as pyarrow writes them (`parquet/write.py`) and as they may be by mistake.

mod odd;

use std::path::{Path, PathBuf};

use expect_test::expect;
use microtome::data::{Dataset, Split};
use tempfile::TempDir;

use crate::common::{fails, files, folder, ingest};

/// What `write.py` wrote and was committed.
fn small(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parquet/small").join(name)
}

const PLAIN: &str = "image = 'picture', label = 'tumour', group = 'slide', split = 'part'";
const TEXT: &str = "label = 'class', group = 'slide', positive = ['tumour'], negative = ['normal']";

fn shards(files: &Path, more: &str) -> String {
    format!("source.parquet = {{ files = {files:?}, {more} }}")
}

fn tensors((out, _data): &(TempDir, Dataset)) -> Vec<u8> {
    files(out.path()).remove("images.safetensors").unwrap()
}

/// The same images in every layout.
fn all_the_same(root: &Path) {
    let zip = ingest(&format!("source.kaggle.dir = {:?}", root.join("kaggle.zip")));
    for (layout, more) in [("hub", ""), ("plain", PLAIN), ("text", TEXT)] {
        let read = ingest(&shards(&root.join(layout), more));
        assert!(tensors(&read) == tensors(&zip), "{layout}");
    }
}

#[test]
fn every_layout_gives_the_same_images_as_kaggles() {
    all_the_same(&small(""));
}

/// More images than are read at a time, in several row groups; `.ci/run` writes them.
#[test]
#[ignore = "needs what tests/data/parquet/write.py writes into target/tmp/parquet"]
fn every_layout_gives_the_same_images_as_kaggles_when_there_are_many() {
    all_the_same(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("parquet"));
}

/// What is told of some of the images.
fn told(data: &Dataset, rows: [usize; 3]) -> String {
    let tell = |&row: &usize| {
        let row = &data.rows()[row];
        format!("{} {:?} {} {:?} {}\n", row.id, row.label, row.group, row.split, row.source)
    };
    rows.iter().map(tell).collect()
}

#[test]
fn the_hubs_libraries_write_paths_and_splits() {
    let (_out, data) = ingest(&shards(&small("hub"), ""));
    assert_eq!((data.len(), data.height(), data.width()), (18, 96, 96));
    assert_eq!(Split::ALL.map(|split| data.indices(split).len()), [6, 6, 6]);
    assert_eq!(data.info().formats["PNG rgb8"], 18);
    expect![[r#"
        24b7be4b2fa5ef3a066a59c5434ae46562e1a3db Some(1) 24b7be4b2fa5ef3a066a59c5434ae46562e1a3db Some(Test) data/test-00000-of-00002.parquet
        63a47174f575137e0ef9e30097505473f2328387 Some(1) 63a47174f575137e0ef9e30097505473f2328387 Some(Test) data/test-00001-of-00002.parquet
        e6c683e7d83b3fcfeec281a26e357c9c7e12a718 Some(1) e6c683e7d83b3fcfeec281a26e357c9c7e12a718 Some(Valid) data/validation-00001-of-00002.parquet
    "#]]
    .assert_eq(&told(&data, [0, 5, 17]));
}

#[test]
fn columns_say_groups_and_splits() {
    let (_out, data) = ingest(&shards(&small("plain"), PLAIN));
    assert_eq!(data.info().formats["TIFF rgb8"], 18);
    expect![[r#"
        all-000000 Some(1) slide 0 Some(Test) all.parquet
        all-000006 Some(1) slide 1 Some(Train) all.parquet
        all-000017 Some(1) slide 2 Some(Valid) all.parquet
    "#]]
    .assert_eq(&told(&data, [0, 6, 17]));
    let (_out, data) = ingest(&shards(&small("text"), TEXT));
    expect![[r#"
        test-000000 Some(1) 0 Some(Test) test.parquet
        train-000000 Some(1) 0 Some(Train) train.parquet
        validation-000005 Some(1) 0 Some(Valid) validation.parquet
    "#]]
    .assert_eq(&told(&data, [0, 6, 17]));
}

#[test]
fn a_pattern_or_the_name_of_a_file_tells_which_shards_are_read() {
    let read = |files: &str| {
        let (_out, data) = ingest(&shards(&small("hub").join(files), ""));
        (data.len(), data.rows()[0].source.clone())
    };
    assert_eq!(read("data/train-*.parquet"), (6, "train-00000-of-00002.parquet".into()));
    assert_eq!(read("*/t*-00001-*"), (6, "data/test-00001-of-00002.parquet".into()));
    assert_eq!(read("data/test-00001-of-00002.parquet"), (3, "test-00001-of-00002.parquet".into()));
    let repo = format!("source.parquet = {{ repo = {:?}, files = 'data/v*' }}", small("hub"));
    assert_eq!(ingest(&repo).1.len(), 6, "the folder of a copy of a repository");
}

#[test]
fn some_of_the_images_can_be_read_and_resized() {
    for (layout, more) in [("hub", "size = 96"), ("plain", PLAIN), ("text", TEXT)] {
        let (_out, all) = ingest(&shards(&small(layout), more));
        let (_out, some) = ingest(&format!("sample.count = 7\n{}", shards(&small(layout), more)));
        assert_eq!(some.len(), 7);
        for (at, row) in some.rows().iter().enumerate() {
            let place = all.rows().iter().position(|other| other.id == row.id).unwrap();
            assert_eq!(some.image(at), all.image(place));
        }
    }
    let (_out, data) = ingest(&shards(&small("hub"), "size = 32"));
    assert_eq!((data.height(), data.width()), (32, 32));
    assert_eq!(data.info().sizes["96×96"], 18);
}

#[test]
fn shards_that_are_not_there() {
    let dir = folder();
    let source = |files: &str| format!("parquet = {{ files = 'FOLDER/{files}' }} # DIR");
    let source = |files: &str| source(files).replace("FOLDER", dir.path().to_str().unwrap());
    fails(
        dir.path(),
        &source(""),
        "",
        expect!["DIR/ holds no image; no file in it or below it fits `**/*.parquet`: set `files`"],
    );
    fails(
        dir.path(),
        &source("gone/*.parquet"),
        "",
        expect![[
            r#"DIR/gone: there is no such folder; let `files` name the shards, as in "data/*.parquet""#
        ]],
    );
    fails(
        dir.path(),
        &source("*.arrow"),
        "",
        expect!["DIR holds no image; no file in it or below it fits `*.arrow`: set `files`"],
    );
    fails(
        dir.path(),
        "parquet = { size = 0, positive = ['0'] } # DIR",
        "",
        expect![[r#"
        `parquet` names no shards; give `files = "data/*.parquet"`, or `repo = "hf://datasets/owner/name"`
        the class `0` is in both `positive` and `negative`; keep one of the two
        `size` is 0; give the number of pixels, 1 to 4096"#]],
    );
    fails(
        dir.path(),
        "parquet = { repo = 'hf://datasets/owner/name' } # DIR",
        "",
        expect![[
            r#"hf://datasets/owner/name: there is no such folder; let `files` name the shards, as in "data/*.parquet""#
        ]],
    );
}
