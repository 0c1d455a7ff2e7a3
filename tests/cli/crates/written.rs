//! A crate is written whole, the same each time, or not at all.

use super::{Crate, FILE, PIPELINE, export, world};
use crate::world::{World, done};
use expect_test::expect;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn the_lock_file_of_the_crate_is_that_of_what_it_holds() {
    for (name, args, count) in [("locked", "", 5), ("locked-part", "prep", 2)] {
        let it = Crate::written(name, args);
        let lock = fs::read_to_string(it.root.join("Tissue 100% é.lock")).unwrap();
        let lock: toml::Table = lock.parse().unwrap();
        let stages = lock["stage"].as_table().unwrap();
        assert_eq!(stages.len(), count);
        let mut outputs = 0;
        for (stage, locked) in stages {
            for (file, digest) in locked["outputs"].as_table().unwrap() {
                let id = format!("stages/{stage}/{file}").replace('[', "%5B").replace(']', "%5D");
                assert_eq!(it.entity(&id)["blake3"], digest.as_str().unwrap(), "{id}");
                outputs += 1;
            }
        }
        let below = it.files().iter().filter(|file| file.starts_with("stages/")).count();
        assert_eq!(below, outputs);
    }
}

#[test]
fn equal_results_give_equal_bytes() {
    let first = Crate::written("first", "--sources --author Anna");
    let second = Crate::written("second", "--sources --author Anna");
    assert_eq!(first.files(), second.files());
    for file in first.files().iter().chain([&"ro-crate-metadata.json".to_owned()]) {
        let [one, other] = [&first, &second].map(|it| fs::read(it.root.join(file)).unwrap());
        assert!(one == other, "{file} differs");
    }
}

#[test]
fn a_crate_with_its_sources_gives_the_same_results_again() {
    let it = Crate::written("rerun", "cnn --sources");
    let images = "stage.patches.source.folder.dir=sources/patches/source.folder.dir";
    let args = [FILE, "cnn", "--locked", "--set", images];
    let ran = done(world().command("run").args(args).current_dir(&it.root).output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("3 ran in "), "{}", ran.err);
}

#[test]
fn what_is_lacking_is_named() {
    let world = World::new();
    world.write(FILE, PIPELINE);
    world.write("images/a/0/x.png", "");
    let done = export(&world, "--ro-crate crate prep");
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    expect![[r#"
        error: 2 stages have no results to export:
          patches (run: it never finished here before)
          prep (run: it never finished here before)
          = help: run `microtome run Tissue 100% é.toml` first
    "#]]
    .assert_eq(&done.err);
    assert!(!world.path("crate").exists());

    let done = export(self::world(), "--ro-crate failed search[lr=1e+30]");
    assert_eq!(done.code, Some(1));
    let begins =
        "error: a stage has no result to export:\n  search[lr=1e+30] (failed before: the loss";
    assert!(done.err.starts_with(begins), "{}", done.err);
}

/// The files in a world's cache, so that one of them can be damaged without harm to other tests.
fn copied_cache(to: &str) -> PathBuf {
    let copy = world().path(to);
    let copied = Command::new("cp").arg("-r").arg(world().path("cache")).arg(&copy).status();
    assert!(copied.unwrap().success());
    copy
}

#[test]
fn a_damaged_result_is_not_exported() {
    let cache = copied_cache("damaged-cache");
    let whole = Crate::written("undamaged", "prep");
    let digest = whole.entity("stages/prep/dataset.json")["blake3"].as_str().unwrap().to_owned();
    let blob = cache.join("objects").join(&digest[..2]).join(&digest);
    let mut contents = fs::read(&blob).unwrap();
    contents[0] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, contents).unwrap();
    let done = export(world(), "--ro-crate below/damaged prep --cache damaged-cache");
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    expect![[r#"
        error: `dataset.json` of `prep` is damaged in the store
          = help: `microtome run Tissue 100% é.toml --force prep` makes it again
    "#]]
    .assert_eq(&done.err);
    assert_eq!(fs::read_dir(world().path("below")).unwrap().count(), 0, "something is left behind");
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_behind() {
    let world = world();
    world.write("taken/note.txt", "mine");
    world.write("a-file", "mine");
    for taken in ["taken", "a-file"] {
        let done = export(world, &format!("--ro-crate {taken}"));
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
        assert_eq!(
            done.err,
            format!(
                "error: {taken} is there already, and not empty\n  = help: give another folder, or empty it first\n"
            )
        );
    }
    assert_eq!(world.read("taken/note.txt"), "mine");
    fs::create_dir(world.path("empty")).unwrap();
    Crate::written("empty", "patches");
    Crate::written("a/b/c", "patches");
    let left = fs::read_dir(world.path("a/b")).unwrap().count();
    assert_eq!(left, 1);
}

#[test]
fn names_that_a_crate_needs_itself_are_refused() {
    let world = World::new();
    world.write("README.md", "[pipeline]\n[stage.s]\nkind = \"ingest\"\nsource = { synthetic = { count = 8, size = 16, slides = 2 } }\n");
    assert_eq!(world.run("run README.md").code, Some(0));
    let done = world.run("export-run README.md --ro-crate crate");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: a crate cannot hold a pipeline file that is called `README.md`
          = help: give the file another name
    "#]]
    .assert_eq(&done.err);
}

#[test]
#[ignore = "writes crates for tests/cli/crate/validate.py; run by .ci/run"]
fn crates_with_hostile_names_for_the_validator() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    let _ = fs::remove_dir_all(&folder);
    for (name, args) in [("plain", ""), ("full", "--sources --license MIT --author Anna")] {
        let args = format!("--ro-crate {} {args}", folder.join(name).display());
        let done = export(world(), &args);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{}", done.out);
    }
}
