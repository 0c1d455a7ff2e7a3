//! A stage made again beside the store.

use crate::world::World;
use microtome::engine::{Judge, Reproducible, StageError, Store, artifact::Tree, plan};
use std::{collections::BTreeSet, fs, sync::atomic::AtomicBool};

const STAGES: &str = r#"
stage.a = { kind = "say", text = " hi " }
stage.b = { kind = "trim", of = "a" }
"#;

/// Makes a stage again in a folder of its own, and gives what the store has and what came out.
fn again(world: &World, toml: &str, stage: &str, folder: &str) -> Result<(Tree, Tree), StageError> {
    let (pipeline, store) = (world.load(toml), Store::at(&world.path("cache")));
    let judge = Judge::new(&pipeline, &store, BTreeSet::new());
    let id = pipeline.find(stage).unwrap();
    let stage = Reproducible::new(&judge, &plan(&judge, &[id]), id)?;
    let beside = Store::open(&world.path(folder)).unwrap();
    let made = stage.make(&beside, &AtomicBool::new(false), &|_| {})?;
    Ok((stage.record.outputs.clone(), made))
}

#[test]
fn the_same_comes_out_beside_the_store_and_nothing_is_published() {
    let world = World::new();
    world.run(STAGES);
    let (kept, made) = again(&world, STAGES, "b", "beside").unwrap();
    assert_eq!(kept, made);
    assert_eq!(fs::read_dir(world.path("beside/recipes")).unwrap().count(), 0);
}

#[test]
fn chance_shows() {
    let world = World::new();
    let toml = r#"stage.a = { kind = "fickle" }"#;
    world.run(toml);
    let (kept, one) = again(&world, toml, "a", "one").unwrap();
    let (_, other) = again(&world, toml, "a", "other").unwrap();
    assert!(kept != one && one != other);
}

#[test]
fn a_stage_reads_nothing_that_it_made_earlier() {
    let world = World::new();
    world.write_source("one.txt", "1");
    let toml = r#"stage.a = { kind = "read", dir = "DIR" }"#;
    world.run(toml);
    world.notes();
    let (kept, made) = again(&world, toml, "a", "beside").unwrap();
    assert_eq!(kept, made);
}

#[test]
fn what_has_no_result_or_fails_is_an_error() {
    let world = World::new();
    let said = |stage| again(&world, STAGES, stage, "beside").unwrap_err().to_string();
    assert_eq!(said("b"), "`b` has no result to compare with");
    world.run(STAGES);
    let digest = microtome::engine::Digest::of_bytes(b" hi ");
    let kept = Store::at(&world.path("cache")).blob(&digest);
    fs::remove_file(&kept).unwrap();
    fs::write(&kept, " ho ").unwrap();
    assert_eq!(said("b"), "the result of `a` is damaged: `text`");
}
