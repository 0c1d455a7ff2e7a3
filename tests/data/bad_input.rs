//! Bad input: each kind gets one whole message that names the place and says what to do.

use std::path::Path;

use expect_test::{Expect, expect};
use image::ImageFormat;
use microtome::data::Ingest;
use tempfile::TempDir;

use crate::common::{encoded, files, ingest, parse, shared, text, write, write_png};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The message that this ingest ends with; the data's folder is called DIR.
fn fails(dir: &Path, source: &str, more: &str, message: Expect) {
    let toml = format!("source.{}\n{more}", source.replace("DIR", &format!("dir = {dir:?}")));
    let out = folder();
    let error = parse::<Ingest>(&toml).run(out.path(), &|_, _| ()).unwrap_err();
    message.assert_eq(&error.to_string().replace(dir.to_str().unwrap(), "DIR"));
}

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
        &gone,
        "folder = { DIR }",
        "",
        expect!["DIR is not a folder; set `dir` to the folder that holds the images"],
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
        expect!["DIR/train_labels.csv, line 4: the label of `c` is `2`; a label is 0 or 1"],
    );
    kaggle_fails(
        "id,label\na,\n",
        expect!["DIR/train_labels.csv, line 2: the label of `a` is ``; a label is 0 or 1"],
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
fn no_images() {
    let dir = folder();
    write(dir.path(), "1/notes.txt", "");
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![
            "DIR holds no image; files ending in png, jpg, jpeg, tif, tiff, bmp, webp are searched in it and below it"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, extensions = ['svs'] }",
        "",
        expect!["DIR holds no image; files ending in svs are searched in it and below it"],
    );
    write(dir.path(), "train_labels.csv", "id,label\n");
    std::fs::create_dir(dir.path().join("train")).unwrap();
    fails(
        dir.path(),
        KAGGLE,
        "",
        expect!["DIR/train holds no image; it must hold the patches as <id>.tif"],
    );
}

/// A folder of classes with four images.
fn classes() -> TempDir {
    let dir = folder();
    for (i, name) in ["p1/0/a.png", "p1/1/b.png", "p2/0/c.png", "p2/1/d.png"].iter().enumerate() {
        write_png(dir.path(), name, i as u8);
    }
    dir
}

#[test]
fn classes_that_are_not_known() {
    let dir = classes();
    fails(
        dir.path(),
        "folder = { DIR, label = { component = 0 } }",
        "",
        expect![
            "4 images (`p1/0/a.png`, `p1/1/b.png`, `p2/0/c.png` and 1 more) of class `p1`, `p2`, which is neither in `positive` (1) nor in `negative` (0); add it to one of them, or let `label` point to another part of the path"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, positive = ['1', '0'] }",
        "",
        expect!["the class `0` is in both `positive` and `negative`; keep one of the two"],
    );
    fails(
        dir.path(),
        "folder = { DIR, positive = ['tumour'] }",
        "",
        expect![
            "2 images (`p1/1/b.png`, `p2/1/d.png`) of class `1`, which is neither in `positive` (tumour) nor in `negative` (0); add it to one of them, or let `label` point to another part of the path"
        ],
    );
}

#[test]
fn parts_of_a_path_that_are_not_there() {
    let dir = classes();
    fails(
        dir.path(),
        "folder = { DIR, group = { component = 3 } }",
        "",
        expect![
            "`group.component` is 3, but `p1/0/a.png` has 3 parts: 0 to 2, or -1 (the file's name) to -3"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, label = { component = -4 } }",
        "",
        expect![
            "`label.component` is -4, but `p1/0/a.png` has 3 parts: 0 to 2, or -1 (the file's name) to -3"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, label = { regex = 'class(.)' } }",
        "",
        expect![
            "`label.regex` is `class(.)`, which does not match 4 images (`p1/0/a.png`, `p1/1/b.png`, `p2/0/c.png` and 1 more); it must match every path"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, group = { regex = 'p1/(.)' } }",
        "",
        expect![
            "`group.regex` is `p1/(.)`, which does not match 2 images (`p2/0/c.png`, `p2/1/d.png`); it must match every path"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, label = { regex = 'class' } }",
        "",
        expect![
            "`label.regex`: `class` has no group; put round brackets around the part that is wanted"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, label = { regex = '(' } }",
        "",
        expect![[r#"
        `label.regex`: regex parse error:
            (
            ^
        error: unclosed group"#]],
    );
}

#[test]
fn splits_that_do_not_fit() {
    let dir = classes();
    let source = "folder = { DIR, splits = 'splits.csv' }";
    fails(
        dir.path(),
        source,
        "",
        expect![
            "DIR/splits.csv is missing; it lists the splits of the images, set `splits` to its name"
        ],
    );
    let splits = |lines: &str| write(dir.path(), "splits.csv", format!("path,split\n{lines}"));
    splits("p1/0/a.png,train\np1/1/b.png,holdout\n");
    fails(
        dir.path(),
        source,
        "",
        expect![
            "DIR/splits.csv, line 3: `holdout` is no split; write train, valid (or val, validation) or test"
        ],
    );
    splits("p1/0/a.png,train\np1/1/b.png,val\n");
    fails(
        dir.path(),
        source,
        "",
        expect![
            "DIR/splits.csv has no split for 2 images (`p2/0/c.png`, `p2/1/d.png`); add what is missing, remove the images, or leave `splits` out"
        ],
    );
    splits("p1/0/a.png,train\np1/0/a.png,test\n");
    fails(
        dir.path(),
        source,
        "",
        expect![
            "DIR/splits.csv, line 3: `p1/0/a.png` is listed a second time, it is on line 2 already; remove one of the two lines"
        ],
    );
    splits("p1/0/a.png,train\np9/0/a.png,test\n");
    fails(
        dir.path(),
        source,
        "",
        expect![
            "DIR/splits.csv lists 1 image (`p9/0/a.png`) that is not in DIR; add what is missing or remove the lines"
        ],
    );
}

#[test]
fn images_of_different_sizes() {
    let dir = classes();
    write(dir.path(), "p2/0/c.png", encoded(9, 8, [0; 3], ImageFormat::Png));
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![
            "images of different sizes: `p1/0/a.png` is 8×8 and `p2/0/c.png` is 9×8 pixels wide and high; a packed data set has one size, set `size` of the source to resize them when they are read"
        ],
    );
    let (_out, data) = ingest(&format!("source.folder = {{ dir = {:?}, size = 8 }}", dir.path()));
    assert_eq!((data.len(), data.height(), data.width()), (4, 8, 8));
    fails(
        dir.path(),
        "folder = { DIR, size = 0 }",
        "",
        expect!["`size` is 0; give the number of pixels, at least 1"],
    );
}

#[test]
fn images_that_cannot_be_read() {
    let dir = classes();
    write(dir.path(), "p2/0/c.png", "");
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![[r#"
        1 of 4 images cannot be used:
          p2/0/c.png: the file is empty
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
    for name in ["p1/0/a.png", "p1/1/b.png", "p2/0/c.png"] {
        write(dir.path(), name, "not an image");
    }
    write(dir.path(), "p2/1/e.png", "");
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![[r#"
        4 of 5 images cannot be used:
          p1/0/a.png: the file is no TIFF, PNG, JPEG, BMP or WebP image
          p1/1/b.png: the file is no TIFF, PNG, JPEG, BMP or WebP image
          p2/0/c.png: the file is no TIFF, PNG, JPEG, BMP or WebP image
          and 1 more
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
    write(dir.path(), "p2/1/d.png", "");
    fails(
        dir.path(),
        "folder = { DIR }",
        "on_bad_image = 'exclude'",
        expect![[r#"
        none of the 5 images can be used:
          p1/0/a.png: the file is no TIFF, PNG, JPEG, BMP or WebP image
          p1/1/b.png: the file is no TIFF, PNG, JPEG, BMP or WebP image
          p2/0/c.png: the file is no TIFF, PNG, JPEG, BMP or WebP image
          and 2 more
        repair them"#]],
    );
}

#[test]
fn images_that_cannot_be_read_are_listed_when_they_are_excluded() {
    let dir = classes();
    let cut = &encoded(8, 8, [1; 3], ImageFormat::Png)[..50];
    write(dir.path(), "p2/0/c.png", cut);
    let (out, data) =
        ingest(&format!("on_bad_image = 'exclude'\nsource.folder = {{ dir = {:?} }}", dir.path()));
    let ids: Vec<_> = data.rows().iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["p1/0/a.png", "p1/1/b.png", "p2/1/d.png"]);
    assert_eq!((data.rejected().len(), data.info().rejected), (1, 1));
    expect![[r#"
        path,problem
        p2/0/c.png,the PNG image is cut short: it has no end marker
    "#]]
    .assert_eq(&text(out.path(), "rejected.csv"));
    assert_eq!(files(out.path()).len(), 4);
}

#[test]
fn synthetic_tissue_of_no_extent() {
    let dir = Path::new("DIR");
    fails(dir, "synthetic = { count = 0 }", "", expect!["`count` is 0; draw at least 1 patch"]);
    fails(
        dir,
        "synthetic = { slides = 0 }",
        "",
        expect!["`slides` is 0; there is at least 1 slide"],
    );
    fails(
        dir,
        "synthetic = { size = 5 }",
        "",
        expect!["`size` is 5; patches of 12 to 1024 pixels can be drawn"],
    );
    fails(
        dir,
        "synthetic = { positive = 1.5 }",
        "",
        expect!["`positive` is 1.5; a share lies between 0 and 1"],
    );
}
