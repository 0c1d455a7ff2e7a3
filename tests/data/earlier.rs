//! Reading again after some files have changed: only these are read, and the result is that of
//! reading all.

use std::fs;
use std::path::Path;

use microtome::data::{DataError, Dataset, Earlier, Ingest, Row};
use tempfile::TempDir;

use crate::common::{files, folder, ingest, never_stop, parse, write_png};

/// A folder of images, how it is ingested, and the data set.
struct World {
    images: TempDir,
    toml: String,
    before: Dataset,
    _out: TempDir,
}

fn world() -> World {
    let images = folder();
    for (name, shade) in [("0/a.png", 10), ("0/b.png", 20), ("1/c.png", 30)] {
        write_png(images.path(), name, shade);
    }
    let toml = format!("source.folder.dir = '{}'", images.path().display());
    let (_out, before) = ingest(&toml);
    World { images, toml, before, _out }
}

/// Ingests again into `out`; all other files count as unchanged.
fn again(world: World, changed: &[&str], out: &Path) -> Result<Dataset, DataError> {
    let unchanged = |row: &Row| !changed.contains(&&*row.source);
    let earlier = Earlier::of(world.before, &unchanged);
    parse::<Ingest>(&world.toml).run_after(earlier.as_ref(), out, &never_stop)
}

#[test]
fn one_changed_file_is_read_and_no_other() {
    let (world, out) = (world(), folder());
    write_png(world.images.path(), "0/b.png", 99);
    // What is not read may hold anything.
    fs::write(world.images.path().join("1/c.png"), "no image").unwrap();
    let data = again(world, &["0/b.png"], out.path()).unwrap();
    let reds: Vec<u8> = (0..3).map(|at| data.image(at)[0]).collect();
    assert_eq!(reds, [10, 99, 30]);
}

#[test]
fn the_files_are_those_of_reading_all() {
    let (world, out) = (world(), folder());
    write_png(world.images.path(), "1/c.png", 77);
    write_png(world.images.path(), "1/d.png", 88);
    fs::remove_file(world.images.path().join("0/a.png")).unwrap();
    let (all, _) = ingest(&world.toml);
    again(world, &["1/c.png", "1/d.png"], out.path()).unwrap();
    assert!(files(out.path()) == files(all.path()));
}

#[test]
fn a_changed_file_that_cannot_be_read_is_told() {
    let (world, out) = (world(), folder());
    fs::write(world.images.path().join("0/b.png"), "no image").unwrap();
    let problem = again(world, &["0/b.png"], out.path()).unwrap_err().to_string();
    assert!(problem.contains("0/b.png: the file is no TIFF"), "{problem}");
}

#[test]
fn files_of_several_formats_are_all_read_again() {
    let images = folder();
    write_png(images.path(), "0/a.png", 10);
    fs::write(
        images.path().join("0/b.bmp"),
        crate::common::encoded(8, 8, [20, 0, 0], image::ImageFormat::Bmp),
    )
    .unwrap();
    let (_out, before) = ingest(&format!("source.folder.dir = '{}'", images.path().display()));
    assert!(Earlier::of(before, &|_: &Row| true).is_none());
}
