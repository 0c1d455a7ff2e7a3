//! `verify --reproduce`: results made again beside the store, and compared.

use crate::{
    ci::{SMALL, constant},
    world::World,
};
use expect_test::expect;
use microtome::engine::Digest;
use std::{collections::BTreeMap, fs, path::PathBuf};

/// Every file of the store with its contents, but for the indices of source files.
fn store(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(world.path("cache")).into_iter().map(Result::unwrap);
    let files = entries.filter(|e| e.file_type().is_file());
    let kept = files.filter(|e| !e.path().components().any(|c| c.as_os_str() == "index"));
    kept.map(|e| (e.path().to_owned(), fs::read(e.path()).unwrap())).collect()
}

/// A world in which all has run.
fn made() -> World {
    let world = World::with(SMALL);
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    world
}

/// Lets the store have another `index.csv` for `patches`, as if another machine had made it.
fn spoil(world: &World) {
    let key = world.run("plan pipeline.toml --json").out;
    let first: serde_json::Value = serde_json::from_str(key.lines().next().unwrap()).unwrap();
    let key = first["key"].as_str().unwrap();
    let path = world.path(&format!("cache/recipes/{}/{key}.json", &key[..2]));
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let files = record["outputs"].as_array_mut().unwrap();
    let index = files.iter_mut().find(|file| file["name"] == "index.csv").unwrap();
    let text = world.read("out/small/patches/index.csv");
    let line = text.lines().nth(2).unwrap();
    let other = text.replacen(line, "another,line\u{1b}[31m", 1);
    let digest = Digest::of_bytes(other.as_bytes()).hex();
    (index["digest"], index["size"]) = (digest.clone().into(), other.len().into());
    world.write(&format!("cache/objects/{}/{digest}", &digest[..2]), other);
    record.as_object_mut().unwrap().remove("sum");
    fs::write(path, microtome::engine::store::sealed(&record).unwrap()).unwrap();
}

#[test]
fn all_stages_are_made_again_and_the_store_is_left_alone() {
    let world = made();
    let before = store(&world);
    let done = world.run("verify pipeline.toml --temp . --reproduce");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    expect![[r#"
        patches: reproduced 4 files in TIME
        prep: reproduced 5 files in TIME
        again: reproduced 5 files in TIME
    "#]]
    .assert_eq(&constant(&done.out));
    assert_eq!(store(&world), before);
    let left = fs::read_dir(world.dir.path()).unwrap().map(|e| e.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with("microtome-")));
}

#[test]
fn named_stages_are_made_of_what_the_store_has() {
    let world = made();
    let done = world.run("verify pipeline.toml --temp . --twice --reproduce again");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    expect![[r#"
        again: reproduced twice, 5 files in TIME
    "#]]
    .assert_eq(&constant(&done.out));
}

#[test]
fn what_differs_is_shown_by_both_digests_and_the_first_line() {
    let world = made();
    spoil(&world);
    let done = world.run("verify pipeline.toml --temp . --reproduce patches");
    assert_eq!(done.code, Some(4), "{}{}", done.out, done.err);
    let version = env!("CARGO_PKG_VERSION");
    let out = constant(&done.out).replace(version, "VERSION");
    expect![[r#"
        patches: differs from the store: what is kept was made WHEN by version VERSION on HOST, and this is version VERSION on HOST
          index.csv: kept DIGEST, made DIGEST
            line 3, kept: another,line\u{1b}[31m
            line 3, made: synthetic-000001,1,slide-001,,synthetic,synthetic
    "#]]
    .assert_eq(&out);
    let twice = world.run("verify pipeline.toml --temp . --twice --reproduce patches");
    assert_eq!(twice.code, Some(4));
    assert!(
        twice.out.starts_with("patches: differs from the store, in the same way twice: "),
        "{}",
        twice.out
    );
}

#[test]
fn what_is_not_there_cannot_be_compared() {
    let world = World::with(SMALL);
    let done = world.run("verify pipeline.toml --reproduce prep");
    assert_eq!(done.code, Some(1));
    expect![[r#"
        error: `prep` has no result to compare with
          = help: `microtome run` makes it, and `microtome why` says what it lacks
    "#]]
    .assert_eq(&done.err);
    assert!(!world.path("cache").exists());
}

#[test]
fn a_damaged_input_is_named() {
    let world = made();
    let digest = Digest::of_file(&world.path("out/small/prep/index.csv")).unwrap().0.hex();
    let blob = world.path(&format!("cache/objects/{}/{digest}", &digest[..2]));
    let length = fs::read(&blob).unwrap().len();
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "x".repeat(length)).unwrap();
    let done = world.run("verify pipeline.toml --temp . --reproduce again");
    assert_eq!(done.code, Some(1));
    expect![[r#"
        again: runs, to be compared
        error: `again` failed: the result of `prep` is damaged: `index.csv`
          = help: `microtome run --force prep` makes it again
    "#]]
    .assert_eq(&done.err);
}
