//! A disk that fails at any step: the run says which file and which action, and loses nothing.

use crate::{
    clean::{CLEAN, ends_like_a_clean_run},
    process::Ended,
    rounds,
    shim::{Deed, Error},
    steps::{Step, choose},
    world::World,
};
use regex::Regex;

/// What fails, fails with a sentence: what could not be done to which file, and why.
fn complaint(error: Error) -> Regex {
    let why = regex::escape(&error.text());
    Regex::new(&format!(r"(cannot [a-z ]+|could not be linked at) [^ ]+: {why}")).unwrap()
}

/// Steps that may fail without a word: they only save time, or tidy up what the next run does too,
/// or there is another way.
fn may_be_silent(step: &Step) -> bool {
    match step.call.as_str() {
        // A folder that is there already, which `mkdir` is how to find out.
        "mkdir" => true,
        // A link that cannot be made is a copy.
        "linkat" => true,
        "unlink" | "unlinkat" | "rmdir" => true,
        _ => step.sort().ends_with("an index"),
    }
}

#[test]
fn on_a_full_disk_it_names_the_file_and_loses_nothing() {
    fails_at_each_step(Error::Full, 60);
}

#[test]
fn on_a_broken_disk_it_names_the_file_and_loses_nothing() {
    fails_at_each_step(Error::Broken, 60);
}

#[test]
fn where_it_may_not_write_it_names_the_file_and_loses_nothing() {
    fails_at_each_step(Error::Forbidden, 60);
}

fn fails_at_each_step(error: Error, proposed: usize) {
    for step in choose(CLEAN.steps.iter(), rounds(proposed)) {
        let (world, story) = (World::new(), format!("{error:?} at {step:?}"));
        let ended = disturbed(&world, step, Deed::Fail(error), &story);
        let said = complaint(error).is_match(&ended.text());
        assert!(
            said || (ended.code() == Some(0) && may_be_silent(step)),
            "{story}: {}",
            ended.text()
        );
        ends_like_a_clean_run(&world, &story);
    }
}

#[test]
fn on_a_disk_that_stays_full_it_names_a_file_and_loses_nothing() {
    for step in choose(CLEAN.steps.iter(), rounds(60)) {
        let (world, story) = (World::new(), format!("full from {step:?} on"));
        let ended = disturbed(&world, step, Deed::FailOn(Error::Full), &story);
        let said = complaint(Error::Full).is_match(&ended.text());
        let last = step.number + 1 >= CLEAN.steps.len();
        assert!(said || last, "{story}: {}", ended.text());
        ends_like_a_clean_run(&world, &story);
    }
}

#[test]
fn a_write_that_is_cut_short_goes_on() {
    for step in choose(CLEAN.steps.iter().filter(|step| step.writes()), rounds(40)) {
        let (world, story) = (World::new(), format!("half of {step:?}"));
        let ended = disturbed(&world, step, Deed::Short, &story);
        assert_eq!(ended.code(), Some(0), "{story}: {}", ended.text());
        crate::clean::assert_like_clean(&world, &story);
    }
}

/// Runs with a fault; whatever it is, the run comes to an end of its own.
fn disturbed(world: &World, step: &Step, deed: Deed, story: &str) -> Ended {
    let command = world.command("run pipeline.toml --jobs 1 --threads 1");
    let ended = world.disturb(command, Some((step.number, deed))).end();
    let text = ended.text();
    assert!(matches!(ended.code(), Some(0 | 1)), "{story}: {:?} {text}", ended.status);
    assert!(!text.contains("panicked"), "{story}: {text}");
    let came = world.steps().into_iter().find(|done| done.number == step.number);
    assert_eq!(came.map(|done| done.sort()), Some(step.sort()), "{story}: it went another way");
    ended
}
