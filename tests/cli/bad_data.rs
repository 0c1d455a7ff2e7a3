//! Mistakes in the data, from the command line's side: each fails its stage with one message that
//! names the file and says what to do, on real patches.

use crate::world::{World, project};
use expect_test::{Expect, expect};
use std::{fs, path::PathBuf};

const KAGGLE: &str = r#"
stage.patches = { kind = "ingest", source = { kaggle = { dir = "kaggle" } } }
stage.eda = { kind = "eda", data = "patches" }
"#;

/// The 15 labelled patches of a real Kaggle folder, to be hurt.
fn kaggle() -> World {
    let world = World::with(KAGGLE);
    let from = project("../shared/data/kaggle-pcam");
    fs::create_dir_all(world.path("kaggle/train")).unwrap();
    // Read and written, not copied: the originals may be read-only.
    world.write("kaggle/train_labels.csv", fs::read(from.join("train_labels.csv")).unwrap());
    for file in fs::read_dir(from.join("train")).unwrap().flatten() {
        let name = format!("kaggle/train/{}", file.file_name().to_str().unwrap());
        world.write(&name, fs::read(file.path()).unwrap());
    }
    world
}

fn patches(world: &World) -> Vec<PathBuf> {
    let found = fs::read_dir(world.path("kaggle/train")).unwrap();
    let mut found: Vec<_> = found.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// What the run says of the stage `patches`, which fails, and `eda`, which is skipped.
fn fails(world: &World, expected: Expect) {
    let done = world.run("run pipeline.toml");
    assert_eq!(done.code, Some(1), "{}", done.err);
    let about = done.err.split("\nstage ").next().unwrap();
    expected.assert_eq(&format!("{about}\n"));
}

#[test]
fn a_real_kaggle_folder_is_read() {
    let done = kaggle().run("run pipeline.toml");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("15 images 96×96"), "{}", done.err);
}

#[test]
fn a_missing_folder() {
    fails(
        &World::with(KAGGLE),
        expect![[r#"
        error: `patches` failed: the folder kaggle does not exist
          = help: `source.kaggle.dir` of `patches` names it; paths are relative to the folder that you run in
        eda: skipped, `patches` failed
    "#]],
    );
}

#[test]
fn missing_labels() {
    let world = kaggle();
    fs::remove_file(world.path("kaggle/train_labels.csv")).unwrap();
    fails(
        &world,
        expect![[r#"
            patches: runs, it never finished here before
            error: `patches` failed: kaggle/train_labels.csv is missing; it lists the labels of the images, set `labels` to its name
            eda: skipped, `patches` failed
        "#]],
    );
}

#[test]
fn a_truncated_image() {
    let world = kaggle();
    let victim = &patches(&world)[3];
    let bytes = fs::read(victim).unwrap();
    fs::write(victim, &bytes[..bytes.len() / 2]).unwrap();
    fails(
        &world,
        expect![[r#"
            patches: runs, it never finished here before
            error: `patches` failed: 1 of 15 images cannot be used:
              train/23d20acc518f4fb3aa15581eef735b9607f8ce88.tif: the TIFF image cannot be decoded: failed to fill whole buffer
            repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv
            eda: skipped, `patches` failed
        "#]],
    );
}

#[test]
fn an_excluded_image_is_named_by_the_eda() {
    let world = kaggle();
    let victim = &patches(&world)[3];
    fs::write(victim, "not a picture").unwrap();
    let done = world.run("run pipeline.toml --set stage.patches.on_bad_image=exclude");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let id = victim.file_stem().unwrap().to_str().unwrap();
    let eda: serde_json::Value =
        serde_json::from_str(&world.read("out/pipeline/eda/eda.json")).unwrap();
    assert_eq!(eda["images"], 14);
    assert_eq!(eda["unreadable"][0]["path"], format!("train/{id}.tif"));
    let closing = done.err.split("\nstage ").nth(1).unwrap();
    assert!(closing.contains("14 images 96×96, 1 rejected"), "{closing}");
    assert!(closing.contains("1 unreadable"), "{closing}");
}

#[test]
fn an_id_that_is_not_the_digest_of_its_pixels() {
    let world = kaggle();
    let found = patches(&world);
    fs::copy(&found[0], &found[1]).unwrap();
    fails(
        &world,
        expect![[r#"
            patches: runs, it never finished here before
            error: `patches` failed: 1 of 15 images cannot be used:
              train/15c6f9585902bd67951f6b13a51a211d08929a67.tif: its pixels have the SHA-1 0c620dc5d0b42849d55bdf30db3e35ebf427da1c, which should be its id: the patch was changed or renamed; get it again, or set `check_ids = false`
            repair or remove them, or set `on_bad_image = "exclude"` to leave them out and list them in rejected.csv
            eda: skipped, `patches` failed
        "#]],
    );
}

#[test]
fn a_label_for_no_image() {
    let world = kaggle();
    fs::remove_file(&patches(&world)[0]).unwrap();
    fails(
        &world,
        expect![[r#"
            patches: runs, it never finished here before
            error: `patches` failed: kaggle/train_labels.csv lists 1 image (`0c620dc5d0b42849d55bdf30db3e35ebf427da1c`) that is not in kaggle/train; add what is missing or remove the lines
            eda: skipped, `patches` failed
        "#]],
    );
}

#[test]
fn an_image_without_a_label() {
    let world = kaggle();
    let labels = world.read("kaggle/train_labels.csv");
    let without: Vec<_> =
        labels.lines().enumerate().filter(|(i, _)| *i != 2).map(|(_, l)| l).collect();
    world.write("kaggle/train_labels.csv", without.join("\n"));
    fails(
        &world,
        expect![[r#"
            patches: runs, it never finished here before
            error: `patches` failed: kaggle/train_labels.csv has no label for 1 image (`train/15c6f9585902bd67951f6b13a51a211d08929a67.tif`); add what is missing, remove the images, or set `unlabelled = "keep"` to keep them without a label
            eda: skipped, `patches` failed
        "#]],
    );
}

#[test]
fn duplicate_ids() {
    let world = kaggle();
    let labels = world.read("kaggle/train_labels.csv");
    let second = labels.lines().nth(1).unwrap();
    world.write("kaggle/train_labels.csv", format!("{}\n{second}\n", labels.trim_end()));
    fails(
        &world,
        expect![[r#"
            patches: runs, it never finished here before
            error: `patches` failed: kaggle/train_labels.csv, line 17: `0c620dc5d0b42849d55bdf30db3e35ebf427da1c` is listed a second time, it is on line 2 already; remove one of the two lines
            eda: skipped, `patches` failed
        "#]],
    );
}

#[test]
fn a_class_that_is_absent_from_a_split() {
    let world = kaggle();
    let labels = world.read("kaggle/train_labels.csv");
    let negative = labels.lines().skip(1).map(|l| format!("{},0\n", l.split(',').next().unwrap()));
    world.write("kaggle/train_labels.csv", format!("id,label\n{}", negative.collect::<String>()));
    world.write(
        "pipeline.toml",
        format!("{KAGGLE}\nstage.prep = {{ kind = \"preprocess\", data = \"patches\" }}"),
    );
    let done = world.run("run pipeline.toml prep");
    assert_eq!(done.code, Some(1));
    let line = done.err.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    expect!["error: `prep` failed: the train split has no image of class 1 (train: 12 negative, 0 positive; valid: 2 negative, 0 positive; test: 1 negative, 0 positive); there is none in the whole data set: look at the labels"].assert_eq(line);
}

#[test]
fn errors_are_events_too() {
    let done = World::with(KAGGLE).run("run pipeline.toml --json");
    assert_eq!((done.code, done.err.as_str()), (Some(1), ""));
    let events: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["began", "failed", "skipped", "finished"]);
    assert_eq!(events[1]["stage"], "patches");
    assert!(events[1]["message"].as_str().unwrap().contains("does not exist"), "{}", events[1]);
    assert_eq!(events[3]["failed"], 1);
}
