//! Bad Kaggle folders: each fault gets one whole message that names the place and says what to do.

use expect_test::{Expect, expect};
use image::ImageFormat;
use tempfile::TempDir;

use crate::common::{encoded, fails, folder, ingest, shared, write};

/// A Kaggle folder with the patches a, b, c, d and e, and this CSV file.
fn kaggle(labels: &str) -> TempDir {
    let dir = folder();
    for (i, id) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        let patch = encoded(96, 96, [i as u8, 0, 0], ImageFormat::Tiff);
        write(dir.path(), &format!("train/{id}.tif"), patch);
    }
    write(dir.path(), "train_labels.csv", labels);
    dir
}

const KAGGLE: &str = "kaggle = { DIR, check_ids = false }";

fn kaggle_fails(labels: &str, message: Expect) {
    fails(kaggle(labels).path(), KAGGLE, "", message);
}

#[test]
fn missing_folders() {
    let dir = folder();
    let gone = dir.path().join("gone");
    fails(
        &gone,
        KAGGLE,
        "",
        expect![
            "DIR is not a folder; set `dir` to the folder of Kaggle's histopathologic-cancer-detection data, which holds train/ and train_labels.csv"
        ],
    );
    fails(
        dir.path(),
        KAGGLE,
        "",
        expect![
            "DIR/train is not a folder; set `dir` to the folder of Kaggle's histopathologic-cancer-detection data, which holds train/ and train_labels.csv"
        ],
    );
}

#[test]
fn missing_labels() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("train")).unwrap();
    fails(
        dir.path(),
        KAGGLE,
        "",
        expect![
            "DIR/train_labels.csv is missing; it lists the labels of the images, set `labels` to its name"
        ],
    );
    fails(
        dir.path(),
        "kaggle = { DIR, labels = 'mine.csv' }",
        "",
        expect![
            "DIR/mine.csv is missing; it lists the labels of the images, set `labels` to its name"
        ],
    );
}

#[test]
fn a_table_without_the_columns() {
    kaggle_fails(
        "name,label\na,1\n",
        expect![
            "DIR/train_labels.csv: there is no column `id`, only `name`, `label`; its first line must name the columns"
        ],
    );
    kaggle_fails(
        "id\na\n",
        expect![
            "DIR/train_labels.csv: there is no column `label`, only `id`; its first line must name the columns"
        ],
    );
    kaggle_fails(
        "",
        expect!["DIR/train_labels.csv is empty; its first line must name the columns"],
    );
    kaggle_fails(
        "id,label\na,1\nb\n",
        expect!["DIR/train_labels.csv, line 3: 1 of 2 fields; give each line as many as the first"],
    );
}

#[test]
fn a_label_that_is_neither_0_nor_1() {
    kaggle_fails(
        "id,label\na,1\nb,0\nc,2\n",
        expect![[r#"
            DIR/train_labels.csv: 1 of 3 labels cannot be used:
              line 4: `2` for `c`
            a label is 0 or 1"#]],
    );
    kaggle_fails(
        "id,label\na,\nb,no\nc,yes\nd,3\ne,0\n",
        expect![[r#"
            DIR/train_labels.csv: 4 of 5 labels cannot be used:
              line 2: `` for `a`
              line 3: `no` for `b`
              line 4: `yes` for `c`
              and 1 more
            a label is 0 or 1"#]],
    );
}

#[test]
fn an_id_twice() {
    kaggle_fails(
        "id,label\na,1\nb,0\na,0\n",
        expect![
            "DIR/train_labels.csv, line 4: `a` is listed a second time, it is on line 2 already; remove one of the two lines"
        ],
    );
    kaggle_fails(
        "id,label\na,1\na.tif,1\n",
        expect![
            "DIR/train_labels.csv, line 3: `a` is listed a second time, it is on line 2 already; remove one of the two lines"
        ],
    );
}

#[test]
fn labels_without_images() {
    kaggle_fails(
        "id,label\na,1\nb,0\nc,0\nd,0\ne,1\nz,1\n",
        expect![
            "DIR/train_labels.csv lists 1 image (`z`) that is not in DIR/train; add what is missing or remove the lines"
        ],
    );
    let many: String = (0..27).map(|i| format!("x{i},1\n")).collect();
    kaggle_fails(
        &format!("id,label\n{many}"),
        expect![
            "DIR/train_labels.csv lists 27 images (`x0`, `x1`, `x2` and 24 more) that are not in DIR/train; add what is missing or remove the lines"
        ],
    );
}

#[test]
fn images_without_labels() {
    kaggle_fails(
        "id,label\na,1\nb,0\nc,1\nd,0\n",
        expect![[
            r#"DIR/train_labels.csv has no label for 1 image (`train/e.tif`); add what is missing, remove the images, or set `unlabelled = "keep"` to keep them without a label"#
        ]],
    );
    kaggle_fails(
        "id,label\na,1\n",
        expect![[
            r#"DIR/train_labels.csv has no label for 4 images (`train/b.tif`, `train/c.tif`, `train/d.tif` and 1 more); add what is missing, remove the images, or set `unlabelled = "keep"` to keep them without a label"#
        ]],
    );
}

#[test]
fn images_without_labels_can_be_kept() {
    let dir = kaggle("id,label\na,1\n");
    let (_out, data) = ingest(&format!(
        "source.kaggle = {{ dir = {:?}, check_ids = false, unlabelled = 'keep' }}",
        dir.path()
    ));
    let labels: Vec<_> = (0..data.len()).map(|i| data.label(i)).collect();
    assert_eq!(labels, [Some(1), None, None, None, None]);
    assert_eq!(data.info().labels["none"], 4);
}

#[test]
fn tables_as_people_have_them() {
    let odd =
        "\u{feff}\"id\", Label ,note\r\n\"a\",1,\"x, y\"\r\nb.tif, 0,\r\nc,1,\r\nd,0,\r\ne,0,\r\n";
    let dir = kaggle(odd);
    let (_out, data) =
        ingest(&format!("source.kaggle = {{ dir = {:?}, check_ids = false }}", dir.path()));
    let labels: Vec<_> = (0..data.len()).map(|i| data.label(i).unwrap()).collect();
    assert_eq!(labels, [1, 0, 1, 0, 0]);
}

#[test]
fn an_id_that_is_not_the_sha1_of_its_pixels() {
    let dir = folder();
    let right = "train/0c620dc5d0b42849d55bdf30db3e35ebf427da1c.tif";
    let patch = std::fs::read(shared("kaggle-pcam").join(right)).unwrap();
    write(dir.path(), right, &patch);
    write(dir.path(), "train/15c6f9585902bd67951f6b13a51a211d08929a67.tif", &patch);
    let labels = "id,label\n0c620dc5d0b42849d55bdf30db3e35ebf427da1c,0\n\
                  15c6f9585902bd67951f6b13a51a211d08929a67,1\n";
    write(dir.path(), "train_labels.csv", labels);
    fails(
        dir.path(),
        "kaggle = { DIR }",
        "",
        expect![[r#"
        1 of 2 images cannot be used:
          train/15c6f9585902bd67951f6b13a51a211d08929a67.tif: its pixels have the SHA-1 0c620dc5d0b42849d55bdf30db3e35ebf427da1c, which should be its id: the patch was changed or renamed; get it again, or set `check_ids = false`
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
}

#[test]
fn a_patch_of_another_size() {
    let dir = kaggle("id,label\na,1\nb,0\nc,1\nd,0\ne,1\n");
    write(dir.path(), "train/b.tif", encoded(50, 40, [0; 3], ImageFormat::Tiff));
    fails(
        dir.path(),
        KAGGLE,
        "",
        expect![[r#"
        1 of 5 images cannot be used:
          train/b.tif: it is 50×40 pixels, and Kaggle's patches are 96×96
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
}

#[test]
fn no_patches() {
    let dir = folder();
    write(dir.path(), "train_labels.csv", "id,label\n");
    std::fs::create_dir(dir.path().join("train")).unwrap();
    fails(
        dir.path(),
        KAGGLE,
        "",
        expect!["DIR/train holds no image; it must hold the patches as <id>.tif"],
    );
}
