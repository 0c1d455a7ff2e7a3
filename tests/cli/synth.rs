//! `synth`: drawn tissue in Kaggle's layout is taken for Kaggle's.

use crate::world::World;
use expect_test::expect;
use std::fs;

const PIPELINE: &str = r#"
[pipeline]
name = "drawn"
[stage.patches]
kind = "ingest"
source.kaggle = { dir = "kaggle" }
"#;

#[test]
fn drawn_patches_are_ingested_as_kaggles_their_ids_checked() {
    let world = World::with(PIPELINE);
    let done = world.run("synth --kaggle kaggle -n 40 --test 3 --seed 7");
    assert_eq!((done.code, &*done.err), (Some(0), ""));
    assert_eq!(done.out, "wrote kaggle: 40 labelled patches, 3 without\n");
    let files = |folder: &str| fs::read_dir(world.path(folder)).unwrap().count();
    assert_eq!((files("kaggle/train"), files("kaggle/test")), (40, 3));
    let lines = |file: &str| fs::read_to_string(world.path(file)).unwrap().lines().count();
    assert_eq!(lines("kaggle/train_labels.csv"), 41);
    assert_eq!(lines("kaggle/sample_submission.csv"), 4);

    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    let info = fs::read_to_string(world.path("out/drawn/patches/dataset.json")).unwrap();
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!((&info["images"], &info["width"]), (&40.into(), &96.into()));
    let positive = info["labels"]["1"].as_u64().unwrap();
    assert!((12..=20).contains(&positive), "{positive} of 40, wanted about 16");
}

#[test]
fn equal_seeds_draw_equal_files_and_others_do_not() {
    let world = World::with(PIPELINE);
    for (folder, seed) in [("a", 1), ("b", 1), ("c", 2)] {
        world.run(&format!("synth --kaggle {folder} -n 3 --seed {seed}"));
    }
    let labels = |folder: &str| fs::read(world.path(folder).join("train_labels.csv")).unwrap();
    assert!(labels("a") == labels("b"));
    assert!(labels("a") != labels("c"));
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let world = World::with(PIPELINE);
    fs::create_dir(world.path("mine")).unwrap();
    fs::write(world.path("mine/notes.txt"), "keep").unwrap();
    let done = world.run("synth --kaggle mine -n 2");
    assert_eq!(done.code, Some(1));
    expect![[r#"
        error: mine is not empty; give a folder that is not there yet
    "#]]
    .assert_eq(&done.err);
    assert_eq!(fs::read_dir(world.path("mine")).unwrap().count(), 1);
}

#[test]
fn what_is_made_after_one_file_has_changed_is_what_a_clean_run_makes() {
    let pipeline = PIPELINE.replace(
        "kaggle = { dir = \"kaggle\" }",
        "folder = { dir = \"kaggle\", table = { file = \"train_labels.csv\", path = \"id\", label = \"label\" } }",
    );
    let world = World::with(&pipeline);
    world.run("synth --kaggle kaggle -n 12");
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    let files = fs::read_dir(world.path("kaggle/train")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    fs::copy(&files[3], &files[7]).unwrap();
    assert_eq!(world.ran("run pipeline.toml"), ["patches"]);
    let clean = world.run("run pipeline.toml --locked --cache clean --out clean-out");
    assert_eq!(clean.code, Some(0), "{}", clean.err);
}
