//! Stopped, continued, interrupted, killed: what the others do, and what is left.

use crate::{
    clean::{CLEAN, ends_like_a_clean_run},
    process::Process,
    shim::Deed,
    world::World,
};
use std::time::{Duration, Instant};

/// Long enough to see that somebody waits.
const WHILE: Duration = Duration::from_millis(300);

/// A training long enough to be interfered with.
fn long(world: &World) -> Process {
    Process::start(
        world
            .command("run pipeline.toml cnn --json --jobs 1 --threads 1 --set stage.cnn.epochs=60"),
    )
}

/// What the training gives when nobody interferes.
fn undisturbed() -> Vec<(String, String)> {
    let ended = long(&World::new()).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.text());
    ended.events("ran")
}

/// A run that holds the training's lock and is stopped in it, and two others that wait for it.
fn stopped(world: &World) -> (Process, [Process; 2]) {
    let holder = long(world);
    holder.says(&["epoch 2/60"]);
    holder.signal("STOP");
    let others = [long(world), long(world)];
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let name = format!("process {} on {}", holder.id(), host.trim());
    for other in &others {
        other.says(&[
            "\"event\":\"waiting\"",
            "\"stage\":\"cnn\"",
            &format!("\"holder\":\"{name}\""),
        ]);
        assert!(!other.ends_within(WHILE), "{:#?}", other.said());
    }
    (holder, others)
}

#[test]
fn who_waits_for_a_stopped_process_says_so_and_takes_what_it_makes_when_it_goes_on() {
    let world = World::new();
    let (holder, others) = stopped(&world);
    holder.signal("CONT");
    let (ran, others) = (holder.end(), others.map(Process::end));
    assert_eq!(ran.code(), Some(0), "{}", ran.text());
    for other in others {
        assert_eq!(other.code(), Some(0), "{}", other.text());
        assert_eq!(other.events("started"), []);
        assert_eq!(other.events("cached").last(), ran.events("ran").last());
    }
}

#[test]
fn when_a_stopped_process_is_killed_one_that_waited_goes_on_from_its_checkpoint() {
    let world = World::new();
    let (mut holder, others) = stopped(&world);
    holder.kill();
    assert!(holder.end().was_killed());
    let others = others.map(Process::end);
    let mut ran = Vec::new();
    for other in &others {
        assert_eq!(other.code(), Some(0), "{}", other.text());
        ran.extend(other.events("ran"));
    }
    assert_eq!(ran, undisturbed()[2..], "one of the two ran it");
    let epochs: Vec<_> = others.iter().flat_map(|other| other.epochs("cnn")).collect();
    assert!(epochs[0] > 2 && epochs.is_sorted(), "{epochs:?}");
    for part in ["tmp", "scratch", "locks"] {
        assert_eq!(world.names(part), Vec::<String>::new(), "{part}");
    }
}

#[test]
fn who_waits_for_another_process_can_be_interrupted() {
    let world = World::new();
    let (_holder, [one, other]) = stopped(&world);
    one.signal("INT");
    let ended = one.end();
    assert_eq!(ended.code(), Some(130), "{}", ended.text());
    assert_eq!(ended.events("interrupted").len(), 1);
    assert!(!other.ends_within(WHILE), "{:#?}", other.said());
}

#[test]
fn interrupted_once_it_stops_tidily_and_goes_on_later() {
    let world = World::new();
    let run = long(&world);
    run.says(&["epoch 2/60"]);
    run.signal("INT");
    let ended = run.end();
    assert_eq!(ended.code(), Some(130), "{}", ended.text());
    assert_eq!(ended.events("interrupted").len(), 1);
    assert_eq!([world.names("tmp"), world.names("locks")], [const { Vec::<String>::new() }; 2]);
    assert_eq!(world.names("scratch").len(), 1);
    let why = world.command("why pipeline.toml cnn --set stage.cnn.epochs=60").output().unwrap();
    let why = String::from_utf8(why.stdout).unwrap();
    assert!(why.contains("it was interrupted; it goes on from its checkpoint"), "{why}");

    let then = long(&world).end();
    assert_eq!(then.events("started").len(), 1);
    assert_eq!(then.epochs("cnn").first(), Some(&(ended.epochs("cnn").len() + 1)));
    assert_eq!(then.events("ran")[..], undisturbed()[2..]);
}

#[test]
fn terminated_it_says_so_by_its_exit_code() {
    let world = World::new();
    let run = long(&world);
    run.says(&["epoch 2/60"]);
    run.signal("TERM");
    assert_eq!(run.end().code(), Some(143));
}

/// In the middle of something that does not end, such as a write to a disk that hangs.
#[test]
fn interrupted_twice_it_ends_now_and_goes_on_later() {
    let step = CLEAN.steps.iter().find(|step| step.path.ends_with("/checkpoint.new")).unwrap();
    let world = World::new();
    let command = world.command("run pipeline.toml --jobs 1 --threads 1");
    let run = world.disturb(command, Some((step.number, Deed::Stall)));
    world.waits_for_step(step.number);
    run.signal("INT");
    run.warns("interrupted: waiting for running stages to stop; once more to stop now");
    assert!(!run.ends_within(WHILE), "it ends before the stage does");
    let begun = Instant::now();
    run.signal("INT");
    assert_eq!(run.end().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    ends_like_a_clean_run(&world, "interrupted twice");
}
