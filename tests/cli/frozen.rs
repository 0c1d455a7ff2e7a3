//! `run --frozen`: nothing runs, nothing is fetched, nothing is written to the store.

use crate::{
    ci::SMALL,
    world::{Done, World},
};
use expect_test::expect;
use std::{collections::BTreeMap, fs, path::PathBuf, time::SystemTime};

/// Every file of the store with its time, but for the indices of source files.
fn store(world: &World) -> BTreeMap<PathBuf, SystemTime> {
    let entries = walkdir::WalkDir::new(world.path("cache")).into_iter().map(Result::unwrap);
    let kept = entries.filter(|entry| !entry.path().components().any(|c| c.as_os_str() == "index"));
    kept.map(|entry| (entry.path().to_owned(), entry.metadata().unwrap().modified().unwrap()))
        .collect()
}

fn frozen(world: &World, args: &str) -> Done {
    world.run(&format!("run pipeline.toml --frozen {args}"))
}

#[test]
fn what_is_cached_is_taken_and_the_store_is_left_alone() {
    let world = World::with(SMALL);
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    fs::remove_dir_all(world.path("out")).unwrap();
    let before = store(&world);
    let done = frozen(&world, "");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("3 cached in "), "{}", done.err);
    assert_eq!(store(&world), before);
    assert!(world.path("out/small/again/index.csv").is_file());
}

#[test]
fn a_store_that_cannot_be_written_will_do() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with(SMALL);
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    let folders = walkdir::WalkDir::new(world.path("cache")).into_iter().map(Result::unwrap);
    let folders: Vec<_> =
        folders.filter(|e| e.file_type().is_dir()).map(|e| e.into_path()).collect();
    let set = |mode| {
        for folder in &folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o555);
    let done = frozen(&world, "--out elsewhere");
    set(0o755);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(!done.err.contains("warning"), "{}", done.err);
}

#[test]
fn what_is_not_cached_is_named_with_its_reason_and_nothing_is_made() {
    let world = World::with(SMALL);
    world.run("run pipeline.toml");
    let done = frozen(&world, "--set stage.prep.seed=3");
    assert_eq!(done.code, Some(4));
    expect![[r#"
        error: 2 stages are not cached, and nothing was run:
          stage  verdict  why
          prep   run      params.seed: 0 → 3
          again  may run  if another result comes from prep
          = help: a run without `--frozen` makes them, and with `--locked` proves the lock file
    "#]]
    .assert_eq(&done.err);
    let nowhere = frozen(&world, "--cache nowhere --out none");
    assert_eq!(nowhere.code, Some(4), "{}", nowhere.err);
    assert!(!world.path("nowhere").exists() && !world.path("none").exists());
}

#[test]
fn the_lock_file_binds() {
    let world = World::with(SMALL);
    assert_eq!(frozen(&world, "").code, Some(4), "there is none");
    world.run("run pipeline.toml");
    let lock = world.read("pipeline.lock");
    world.run("run pipeline.toml --set stage.again.size=6");
    world.write("pipeline.lock", &lock);
    let done = frozen(&world, "--set stage.again.size=6");
    assert_eq!(done.code, Some(4));
    assert!(done.err.ends_with("\n  again: params.size: 8 → 6\n"), "{}", done.err);
    assert_eq!(world.read("pipeline.lock"), lock);
}

#[test]
fn it_takes_no_flag_that_would_run_something() {
    let world = World::with(SMALL);
    for flag in ["--force prep", "--retry-failed"] {
        assert_eq!(frozen(&world, flag).code, Some(2), "{flag}");
    }
}
