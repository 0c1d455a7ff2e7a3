//! Which files a source is made of: all that it opens, and names and links that are none.

use std::fs;
use std::os::unix::{ffi::OsStrExt, fs::symlink};
use std::path::Path;

use expect_test::expect;
use microtome::data::{Dataset, Ingest};
use tempfile::TempDir;

use crate::common::{encoded, fails, folder, ingest, parse, write, write_png};

/// Removes every file that the source does not name as its own.
fn strip(toml: &str) {
    let (_, files) = parse::<Ingest>(toml).source.files().remove(0);
    let all: Vec<_> = walkdir::WalkDir::new(&files.root).into_iter().flatten().collect();
    let mut gone = 0;
    for entry in all.iter().filter(|entry| entry.file_type().is_file()) {
        if !(files.keep)(entry.path().strip_prefix(&files.root).unwrap()) {
            fs::remove_file(entry.path()).unwrap();
            gone += 1;
        }
    }
    assert!(gone > 0, "there was nothing to leave out");
}

/// What is read is read from the source's own files: it is the same without the others.
fn reads_only_its_own(toml: &str) -> (TempDir, Dataset) {
    let (_out, before) = ingest(toml);
    strip(toml);
    let (out, data) = ingest(toml);
    assert_eq!((data.rows(), data.info()), (before.rows(), before.info()));
    (out, data)
}

fn classes() -> TempDir {
    let dir = folder();
    write_png(dir.path(), "p1/0/a.png", 1);
    write_png(dir.path(), "p1/1/b.png", 2);
    write(dir.path(), "sub/splits.csv", "path,split\np1/0/a.png,train\np1/1/b.png,test\n");
    write(dir.path(), "notes.txt", "");
    dir
}

fn kaggle() -> TempDir {
    let dir = folder();
    for id in ["a", "b"] {
        let patch = encoded(96, 96, [id.as_bytes()[0], 0, 0], image::ImageFormat::Tiff);
        write(dir.path(), &format!("train/{id}.tif"), &patch);
        write(dir.path(), &format!("test/{id}.tif"), &patch);
    }
    write(dir.path(), "labels.csv", "id,label\na,1\nb,0\n");
    dir
}

#[test]
fn a_kaggle_folder_reads_only_what_it_names_as_its_own() {
    for labels in ["labels.csv", "./labels.csv", ".//labels.csv"] {
        let dir = kaggle();
        let (_out, data) = reads_only_its_own(&format!(
            "source.kaggle = {{ dir = {:?}, labels = '{labels}', check_ids = false }}",
            dir.path()
        ));
        assert_eq!((data.label(0), data.label(1)), (Some(1), Some(0)));
    }
}

#[test]
fn a_folder_of_classes_reads_only_what_it_names_as_its_own() {
    for splits in ["sub/splits.csv", "./sub/splits.csv", "sub/./splits.csv"] {
        let dir = classes();
        let (_out, data) = reads_only_its_own(&format!(
            "source.folder = {{ dir = {:?}, splits = '{splits}' }}",
            dir.path()
        ));
        assert!(data.rows().iter().all(|row| row.split.is_some()));
    }
}

#[test]
fn a_table_behind_a_circle_of_links_is_not_one_of_its_files() {
    let dir = classes();
    symlink(".", dir.path().join("loop")).unwrap();
    fails(
        dir.path(),
        "folder = { DIR, splits = 'loop/sub/splits.csv' }",
        "",
        expect![
            "DIR/loop/sub/splits.csv is missing; it lists the splits of the images, set `splits` to its name"
        ],
    );
}

#[test]
fn links_that_lead_nowhere_do_not_matter_among_other_files() {
    let dir = classes();
    symlink("gone", dir.path().join("README")).unwrap();
    symlink(".", dir.path().join("p1/loop")).unwrap();
    symlink("itself", dir.path().join("itself")).unwrap();
    let (_out, data) = ingest(&format!("source.folder.dir = {:?}", dir.path()));
    assert_eq!(data.len(), 2);
}

#[test]
fn links_that_lead_nowhere_are_no_images() {
    let dir = classes();
    symlink("gone.png", dir.path().join("p1/1/c.png")).unwrap();
    symlink("d.png", dir.path().join("p1/1/d.png")).unwrap();
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![[r#"
        2 of 4 images cannot be used:
          p1/1/c.png: it is a link to nowhere
          p1/1/d.png: it is a link to nowhere
        repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv"#]],
    );
    let toml = format!("on_bad_image = 'exclude'\nsource.folder.dir = {:?}", dir.path());
    let (_out, data) = ingest(&toml);
    assert_eq!((data.len(), data.rejected().len()), (2, 2));
}

#[test]
fn links_to_images_are_images() {
    let dir = classes();
    let away = folder();
    write_png(away.path(), "far.png", 3);
    symlink(away.path().join("far.png"), dir.path().join("p1/1/c.png")).unwrap();
    let (_out, data) = ingest(&format!("source.folder.dir = {:?}", dir.path()));
    assert_eq!((data.len(), data.image(2)[0]), (3, 3));
}

#[test]
fn names_that_are_not_utf_8() {
    let dir = classes();
    let odd = |bytes: &[u8]| dir.path().join("p1/1").join(std::ffi::OsStr::from_bytes(bytes));
    let copy = |to: &Path| fs::copy(dir.path().join("p1/1/b.png"), to).unwrap();
    copy(&odd(b"\xff.txt"));
    let (_out, data) = ingest(&format!("source.folder.dir = {:?}", dir.path()));
    assert_eq!(data.len(), 2);
    copy(&odd(b"\xff.png"));
    copy(&odd(b"\xe9t\xe9.png"));
    fails(
        dir.path(),
        "folder = { DIR }",
        "",
        expect![[r#"
        the names of 2 images in DIR cannot be used:
          "p1/1/\xE9t\xE9.png": its name is not UTF-8: rename it
          "p1/1/\xFF.png": its name is not UTF-8: rename it"#]],
    );
}
