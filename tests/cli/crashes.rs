//! Killed at any moment and run again, a run ends as if nothing had happened.

use crate::world::{TINY, World, done};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

fn start(world: &World) -> Child {
    let mut command = world.command("run pipeline.toml --json --jobs 1 --set stage.cnn.epochs=40");
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn clean() -> String {
    let world = World::with(TINY);
    assert!(start(&world).wait_with_output().unwrap().status.success());
    world.read("pipeline.lock")
}

/// Runs to the end; gives what ran.
fn finish(world: &World) -> String {
    let done = done(start(world).wait_with_output().unwrap());
    assert_eq!(done.code, Some(0), "{}", done.out);
    done.out
}

#[test]
fn killed_in_the_middle_of_a_training_it_resumes_to_the_same_bits() {
    let clean = clean();
    let world = World::with(TINY);
    let mut child = start(&world);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The second epoch's line tells that at least one checkpoint is written.
    let second = lines.find(|line| line.as_ref().is_ok_and(|l| l.contains("epoch 2/40")));
    assert!(second.is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!world.path("pipeline.lock").exists());
    let scratch = fs::read_dir(world.path("cache/scratch")).unwrap();
    assert!(scratch.flatten().any(|key| fs::read_dir(key.path()).unwrap().count() > 0));

    let log = finish(&world);
    assert_eq!(world.read("pipeline.lock"), clean);
    let first = |line: &str| line.contains("\"cnn\"") && line.contains("epoch 1/40");
    assert!(!log.lines().any(first), "the first epoch was repeated: {log}");
    assert_eq!(fs::read_dir(world.path("cache/tmp")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(world.path("cache/scratch")).unwrap().count(), 0);
}

#[test]
fn killed_at_many_moments_it_ends_like_a_clean_run() {
    let clean = clean();
    let world = World::with(TINY);
    // Each attempt gets a little further: everything that was published stays.
    for attempt in 0..12 {
        let mut child = start(&world);
        std::thread::sleep(Duration::from_millis(15 + attempt * 35));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    finish(&world);
    assert_eq!(world.read("pipeline.lock"), clean);
    assert_eq!(fs::read_dir(world.path("cache/tmp")).unwrap().count(), 0);
}

/// Signals a run after its first epoch; gives its exit code and all that it said.
fn signalled(world: &World, signal: &str) -> (Option<i32>, String) {
    let mut child = start(world);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.is_ok_and(|l| l.contains("epoch 1/40"))));
    let kill = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    // Read on, or the child would wait for a full pipe.
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    (child.wait().unwrap().code(), rest.join("\n"))
}

#[test]
fn interrupted_it_stops_tidily_and_goes_on_later() {
    let clean = clean();
    let world = World::with(TINY);
    let (code, said) = signalled(&world, "-INT");
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains(r#"{"event":"interrupted","stage":"cnn","kind":"train"}"#), "{said}");
    assert!(said.contains("`cnn` was interrupted"), "{said}");
    let why = world.run("why pipeline.toml cnn --set stage.cnn.epochs=40");
    assert!(why.out.contains("it was interrupted; it goes on from its checkpoint"), "{}", why.out);
    assert_eq!(fs::read_dir(world.path("cache/tmp")).unwrap().count(), 0);
    finish(&world);
    assert_eq!(world.read("pipeline.lock"), clean);
}

#[test]
fn terminated_it_says_so_by_its_exit_code() {
    let (code, said) = signalled(&World::with(TINY), "-TERM");
    assert_eq!(code, Some(143), "{said}");
}
