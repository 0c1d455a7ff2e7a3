//! Bad folders of classes, and tissue that cannot be drawn: each fault gets one whole message that
//! names the place and says what to do.

use expect_test::expect;
use image::ImageFormat;
use tempfile::TempDir;

use crate::common::{encoded, fails, files, folder, ingest, text, write, write_png};

#[test]
fn a_missing_folder() {
    let dir = folder();
    fails(
        &dir.path().join("gone"),
        "folder = { DIR }",
        "",
        expect!["DIR is not a folder; set `dir` to the folder that holds the images"],
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
            "4 images (`p1/0/a.png`, `p1/1/b.png`, `p2/0/c.png` and 1 more) of class `p1`, `p2`, which is neither in `positive` (1) nor in `negative` (0); add it to one of them, or let `label` point to another part of the path or another column"
        ],
    );
    fails(
        dir.path(),
        "folder = { DIR, positive = ['tumour'] }",
        "",
        expect![
            "2 images (`p1/1/b.png`, `p2/1/d.png`) of class `1`, which is neither in `positive` (tumour) nor in `negative` (0); add it to one of them, or let `label` point to another part of the path or another column"
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
        expect![[r#"
            DIR/splits.csv: 1 of 2 splits cannot be used:
              line 3: `holdout` for `p1/1/b.png`
            a split is train, valid (or val, validation) or test"#]],
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
