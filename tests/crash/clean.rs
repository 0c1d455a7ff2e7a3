//! What a run that nobody disturbs leaves, and does on its way.

use crate::{
    process::{Ended, Process},
    steps::Step,
    world::World,
};
use microtome::engine::Digest;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

/// An undisturbed run.
pub struct Clean {
    /// All that is there after it.
    pub contents: BTreeMap<String, String>,
    /// What it did.
    pub steps: Vec<Step>,
    /// The pairs of stages and keys that it started.
    pub stages: Vec<(String, String)>,
    /// How long it took.
    pub time: Duration,
}

pub static CLEAN: LazyLock<Clean> = LazyLock::new(|| {
    let (world, begun) = (World::new(), Instant::now());
    let ended = world.disturb(world.pipeline(), None).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.text());
    let time = begun.elapsed();
    let (contents, stages) = (contents(&world), ended.events("started"));
    Clean { contents, steps: world.steps(), stages, time }
});

/// What was disturbed left a store in which all is whole. Runs again, undisturbed, and expects that
/// everything is as after a clean run; gives what was done.
pub fn ends_like_a_clean_run(world: &World, story: &str) -> Ended {
    if world.root().join("cache").exists() {
        let verified = Process::start(world.command("cache verify")).end();
        let whole = verified.out.iter().any(|line| line.ends_with(" checked: all whole"));
        assert!(whole && verified.code() == Some(0), "{story}: {}", verified.text());
    }
    let ended = world.run();
    assert_eq!(ended.code(), Some(0), "{story}: {}", ended.text());
    assert_like_clean(world, story);
    ended
}

pub fn assert_like_clean(world: &World, story: &str) {
    let (found, expected) = (contents(world), &CLEAN.contents);
    let missing = expected.iter().filter(|(name, _)| !found.contains_key(*name));
    let other = found.iter().filter(|(name, what)| expected.get(*name) != Some(what));
    let differ: Vec<_> = missing
        .map(|(n, _)| format!("missing: {n}"))
        .chain(other.map(|(n, w)| format!("differs: {n} is {w}")))
        .collect();
    assert!(differ.is_empty(), "{story}: {differ:#?}");
}

/// Every file and folder with what is in it. Blobs must have the contents that their names tell. Of
/// records everything counts but when and where they were made, which varies; what only saves time
/// the next time may be missing.
fn contents(world: &World) -> BTreeMap<String, String> {
    let root = world.root();
    let mut contents = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&root).min_depth(1) {
        let path = entry.unwrap().into_path();
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_string();
        if path.is_dir() {
            contents.insert(name, "a folder".into());
        } else if name.starts_with("cache/roots/") {
            // It tells where the lock file lies.
            contents.insert("cache/roots/…".into(), "a file".into());
        } else if !name.ends_with(".stat") && !name.ends_with(".made") {
            let what = if name.starts_with("cache/recipes") {
                without_provenance(&path)
            } else {
                Digest::of_file(&path).unwrap().0.hex()
            };
            if let Some(digest) = name.strip_prefix("cache/objects/") {
                assert_eq!(digest[3..], what, "a blob is not what its name says");
            }
            contents.insert(name, what);
        }
    }
    contents
}

fn without_provenance(path: &Path) -> String {
    let text = fs::read(path).unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&text).unwrap();
    // The sum is over all of the record.
    for varies in ["provenance", "sum"] {
        record.as_object_mut().unwrap().remove(varies).unwrap();
    }
    record.to_string()
}
