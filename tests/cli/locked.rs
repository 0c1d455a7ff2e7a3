//! `run --locked`: what differs from the lock file, where, and by which two values.

use crate::{
    ci::{SMALL, constant},
    world::World,
};
use expect_test::{Expect, expect};
use std::{fs, process::Command};

/// A world in which the pipeline has run, and whose store is then lost, as in CI.
fn locked() -> World {
    let world = World::with(SMALL);
    let done = world.run("run pipeline.toml");
    assert_eq!(done.code, Some(0), "{}", done.err);
    fs::remove_dir_all(world.path("cache")).unwrap();
    world
}

/// What is said after the table of stages.
fn error(world: &World, args: &str, code: i32) -> String {
    let done = world.run(args);
    assert_eq!(done.code, Some(code), "{}", done.err);
    done.err.split_once("error: ").map_or(String::new(), |(_, text)| text.to_string())
}

fn differs(world: &World, args: &str, expected: Expect) {
    expected.assert_eq(&error(world, args, 4));
}

#[test]
fn the_lock_file_says_what_keys_are_made_of() {
    let world = locked();
    let lock = world.read("pipeline.lock");
    let lines: Vec<_> = lock.lines().take_while(|line| *line != "[stage.\"prep\"]").collect();
    expect![[r##"
        # Written by microtome: commit it, and check it with `microtome run --locked`.
        version = 2

        [stage."again"]
        key = "KEY"
        recipe."inputs.data" = "DIGEST"
        recipe."kind" = "preprocess"
        recipe."params.leakage" = '"deny"'
        recipe."params.normalize" = '"dataset"'
        recipe."params.seed" = "0"
        recipe."params.size" = "8"
        recipe."params.split" = '"given"'
        recipe."params.stain" = "null"
        recipe."version" = "3"
        outputs."dataset.json" = "KEY"
        outputs."images.safetensors" = "KEY"
        outputs."index.csv" = "KEY"
        outputs."leaks.csv" = "KEY"
        outputs."rejected.csv" = "KEY"

        [stage."patches"]
        key = "KEY"
        recipe."kind" = "ingest"
        recipe."params.limit" = "null"
        recipe."params.on_bad_image" = '"fail"'
        recipe."params.sample" = "null"
        recipe."params.seed" = "0"
        recipe."params.source.synthetic.count" = "24"
        recipe."params.source.synthetic.positive" = "0.5"
        recipe."params.source.synthetic.size" = "16"
        recipe."params.source.synthetic.slides" = "6"
        recipe."version" = "2"
        outputs."dataset.json" = "KEY"
        outputs."images.safetensors" = "KEY"
        outputs."index.csv" = "KEY"
        outputs."rejected.csv" = "KEY"
    "##]]
    .assert_eq(&constant(&(lines.join("\n").trim_end().to_string() + "\n")));
}

#[test]
fn first_causes_come_first_and_what_follows_says_so() {
    let world = locked();
    differs(
        &world,
        "run pipeline.toml --locked --set stage.patches.source.synthetic.count=30 --set stage.again.size=6",
        expect![[r#"
            the run differs from pipeline.lock (locked → found):
              patches: params.source.synthetic.count: 24 → 30
              prep: because `patches` differs
              again: params.size: 8 → 6
              again: because `prep` differs
        "#]],
    );
}

#[test]
fn another_result_of_the_same_recipe_is_named_by_its_file() {
    let world = locked();
    let lock = world.read("pipeline.lock");
    let (before, rest) = lock.split_once("[stage.\"patches\"]").unwrap();
    let (patches, after) = rest.split_once("\n\n").unwrap();
    let digest = "0".repeat(64);
    let patches: Vec<_> = patches
        .lines()
        .map(|line| match line.split_once("index.csv\" = ") {
            Some((name, _)) => format!("{name}index.csv\" = \"{digest}\""),
            None => line.to_string(),
        })
        .collect();
    let text = format!("{before}[stage.\"patches\"]{}\n\n{after}", patches.join("\n"));
    world.write("pipeline.lock", text);
    let said = error(&world, "run pipeline.toml --locked", 4);
    expect![[r#"
        the run differs from pipeline.lock (locked → found):
          patches: outputs.index.csv: DIGEST → DIGEST, by the same recipe
    "#]]
    .assert_eq(&constant(&said));
    assert!(said.contains("outputs.index.csv: 0000000000 → "), "{said}");
}

#[test]
fn only_what_was_asked_for_is_compared() {
    let world = locked();
    let changed = "--locked --set stage.again.size=6";
    assert_eq!(world.run(&format!("run pipeline.toml prep {changed}")).code, Some(0));
    assert_eq!(world.run(&format!("run pipeline.toml again {changed}")).code, Some(4));
}

#[test]
fn stages_on_one_side_only_are_all_named() {
    let world = locked();
    world.write("pipeline.toml", SMALL.replace("stage.again", "stage.other"));
    differs(
        &world,
        "run pipeline.toml --locked",
        expect![[r#"
            the run differs from pipeline.lock (locked → found):
              other: is not in the lock file
              again: is locked, and not in the pipeline
        "#]],
    );
}

/// As version 1 wrote it: without what keys are made of.
fn of_version_1(lock: &str) -> String {
    let lines = lock.lines().filter(|line| !line.starts_with("recipe."));
    lines.map(|line| line.replace("version = 2", "version = 1") + "\n").collect()
}

#[test]
fn lock_files_of_version_1_hold_and_a_run_that_finds_all_cached_rewrites_them() {
    let world = locked();
    let lock = world.read("pipeline.lock");
    world.write("pipeline.lock", of_version_1(&lock));
    let said = error(&world, "run pipeline.toml --locked --set stage.again.size=6", 4);
    expect![[r#"
        the run differs from pipeline.lock (locked → found):
          again: key: DIGEST → DIGEST, and the lock file does not say what is behind it
    "#]]
    .assert_eq(&constant(&said));
    assert_eq!(world.run("run pipeline.toml --locked").code, Some(0));
    assert_eq!(world.read("pipeline.lock"), of_version_1(&lock), "--locked writes nothing");
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
    assert_eq!(world.read("pipeline.lock"), lock);
}

#[test]
fn branches_that_changed_different_stages_merge() {
    let world = World::with(SMALL);
    let lock = |name: &str, sets: &str| {
        assert_eq!(world.run(&format!("run pipeline.toml {sets}")).code, Some(0));
        fs::copy(world.path("pipeline.lock"), world.path(name)).unwrap();
    };
    let (ours, theirs) = ("--set stage.again.size=6", "--set stage.look.per_class=3");
    world.write(
        "pipeline.toml",
        format!("{SMALL}\n[stage.look]\nkind = \"eda\"\ndata = \"prep\"\n"),
    );
    lock("base.lock", "");
    lock("ours.lock", ours);
    lock("theirs.lock", theirs);
    let merged = Command::new("git")
        .current_dir(world.dir.path())
        .args(["merge-file", "-p", "ours.lock", "base.lock", "theirs.lock"])
        .output()
        .unwrap();
    assert!(merged.status.success(), "{}", String::from_utf8_lossy(&merged.stdout));
    world.write("pipeline.lock", merged.stdout);
    assert_eq!(world.run(&format!("run pipeline.toml --locked {ours} {theirs}")).code, Some(0));
}

#[test]
fn what_git_left_of_a_merge_is_named_with_its_line() {
    let world = locked();
    let lock = world.read("pipeline.lock");
    let conflict = "<<<<<<< HEAD\nkey = \"1\"\n=======\nkey = \"2\"\n>>>>>>> branch\n";
    world.write("pipeline.lock", lock.replacen("key", &format!("{conflict}key"), 1));
    expect![[r#"
        pipeline.lock, line 5: `<<<<<<< HEAD` is left of a merge
          = help: take either side, as by `git checkout --ours pipeline.lock`, and run without `--locked`: the file then says what the merged pipeline gives
    "#]]
    .assert_eq(&error(&world, "run pipeline.toml --locked", 2));
    let warned = world.run("run pipeline.toml");
    let warning = "warning: pipeline.lock, line 5: `<<<<<<< HEAD` is left of a merge; it will be written anew\n";
    assert!(warned.err.ends_with(warning), "{}", warned.err);
    assert_eq!(world.read("pipeline.lock"), lock);
}

#[test]
fn what_is_no_lock_file_is_refused_with_its_line() {
    let world = locked();
    let lock = world.read("pipeline.lock");
    world.write("pipeline.lock", lock.replacen("key = \"", "key = \"x", 1));
    let said = error(&world, "run pipeline.toml --locked", 2);
    assert!(said.starts_with("pipeline.lock is not a lock file: line "), "{said}");
    assert!(said.contains("is not a digest of 64 hexadecimal characters"), "{said}");
}

#[test]
fn neither_paths_nor_long_texts_are_in_the_lock_file() {
    let world = World::new();
    let dir = world.path("images");
    for i in 0..8u8 {
        let path = dir.join(format!("{}/{i}.png", i % 2));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::from_pixel(8, 8, image::Rgb([i; 3])).save(path).unwrap();
    }
    let notes = "a remark that is long\\n".repeat(50);
    let toml = format!(
        "stage.patches = {{ kind = \"ingest\", source = {{ folder = {{ dir = \"{}\" }} }} }}\n\
         stage.eda = {{ kind = \"eda\", data = \"patches\" }}\n\
         stage.page = {{ kind = \"report\", of = [\"eda\"], notes = \"{notes}\" }}\n",
        dir.display()
    );
    world.write("pipeline.toml", toml);
    let done = world.run("run pipeline.toml");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let lock = world.read("pipeline.lock");
    assert!(!lock.contains(&world.dir.path().display().to_string()), "{lock}");
    let line = lock.lines().find(|line| line.starts_with("recipe.\"params.notes\"")).unwrap();
    assert!(line.contains("a remark that is long") && line.len() < 120, "{line}");
}
