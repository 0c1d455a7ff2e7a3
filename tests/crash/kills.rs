//! Killed before, in the middle of, and after each step.

use crate::{
    clean::{CLEAN, ends_like_a_clean_run},
    process::Ended,
    rounds,
    shim::Deed,
    steps::{Step, choose},
    world::World,
};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn killed_before_any_step_it_ends_like_a_clean_run() {
    for step in choose(CLEAN.steps.iter(), rounds(80)) {
        killed_at(step, Deed::KillBefore);
    }
}

#[test]
fn killed_after_any_step_it_ends_like_a_clean_run() {
    for step in choose(CLEAN.steps.iter(), rounds(80)) {
        killed_at(step, Deed::KillAfter);
    }
}

#[test]
fn killed_in_the_middle_of_any_write_it_ends_like_a_clean_run() {
    for step in choose(CLEAN.steps.iter().filter(|step| step.writes()), rounds(40)) {
        killed_at(step, Deed::KillHalfway);
    }
}

fn killed_at(step: &Step, deed: Deed) {
    let world = World::new();
    let story = format!("{deed:?} {step:?}");
    let killed = world.disturb(world.pipeline(), Some((step.number, deed))).end();
    assert!(killed.was_killed(), "{story}: {}", killed.text());
    let mut done = world.steps();
    assert_eq!(
        done.last().map(Step::sort),
        Some(step.sort()),
        "{story}: another run went another way"
    );
    if deed != Deed::KillAfter {
        done.pop();
    }
    let ended = ends_like_a_clean_run(&world, &story);
    assert_nothing_twice(&done, &ended, &story);
}

/// What was published does not run again, and no epoch that a checkpoint holds is trained again.
fn assert_nothing_twice(done: &[Step], then: &Ended, story: &str) {
    let renamed = |step: &&Step| step.call == "rename";
    let key = |path: &str| path.split('/').find(|part| part.len() >= 64).unwrap()[..64].to_string();
    let mut published = BTreeSet::new();
    let mut checkpoints = BTreeMap::<_, usize>::new();
    for step in done.iter().filter(renamed) {
        if step.path.starts_with("/cache/recipes/") {
            published.insert(key(&step.path));
        } else if step.path.ends_with("/checkpoint") {
            *checkpoints.entry(key(&step.path)).or_default() += 1;
        }
    }
    let expected: Vec<_> =
        CLEAN.stages.iter().filter(|(_, key)| !published.contains(key)).cloned().collect();
    assert_eq!(then.events("started"), expected, "{story}");
    for (stage, key) in expected {
        let trains = stage == "cnn" || stage.starts_with("search[");
        let first = 1 + checkpoints.get(&key).copied().unwrap_or(0);
        let expected: Vec<_> = if trains { (first..=3).collect() } else { Vec::new() };
        assert_eq!(then.epochs(&stage), expected, "{story}: epochs of {stage}");
    }
}
