//! Failures stay where they are.

use crate::world::World;
use expect_test::expect;
use microtome::engine::OnFailure;
use std::fs;

const BRANCHES: &str = r#"
stage.bad = { kind = "fail", how = "error" }
stage.reader = { kind = "trim", of = "bad" }
stage.further = { kind = "trim", of = "reader" }
stage.good = { kind = "say", text = "hi" }
stage.next = { kind = "trim", of = "good" }
"#;

#[test]
fn a_failed_stage_fails_only_its_readers() {
    let world = World::new();
    expect![[r#"
        bad failed: it went wrong
        further skipped: `bad` failed
        good ran: it never finished here before
        next ran: it never finished here before
        reader skipped: `bad` failed
    "#]]
    .assert_eq(&world.run(BRANCHES));
}

#[test]
fn a_result_that_falls_short_is_kept_and_says_so_each_time() {
    let world = World::new();
    let toml = r#"
        stage.little = { kind = "say", text = "more tea" }
        stage.reader = { kind = "join", of = ["little"] }
    "#;
    expect![[r#"
        little ran: it never finished here before [short of: more tea was wanted]
        reader ran: it never finished here before
    "#]]
    .assert_eq(&world.run(toml));
    expect![[r#"
        little cached [short of: more tea was wanted]
        reader cached
    "#]]
    .assert_eq(&world.run(toml));
}

#[test]
fn fail_fast_starts_nothing_new() {
    let world = World { jobs: 1, on_failure: OnFailure::Stop, ..World::new() };
    expect![[r#"
        bad failed: it went wrong
        further skipped: `bad` failed
        good skipped: a stage failed
        next skipped: a stage failed
        reader skipped: `bad` failed
    "#]]
    .assert_eq(&world.run(BRANCHES));
}

#[test]
fn a_panic_is_that_stages_failure() {
    let world = World::new();
    let toml = BRANCHES.replace("\"error\"", "\"panic\"");
    let log = world.run(&toml);
    assert!(log.starts_with("bad failed: the stage panicked: out of cheese\n"), "{log}");
    assert!(log.contains("next ran"), "{log}");
}

#[test]
fn a_failed_stage_leaves_nothing_behind() {
    let world = World::new();
    world.run("stage.bad = { kind = \"fail\", how = \"error\" }");
    for folder in ["cache/tmp", "cache/objects", "cache/recipes", "cache/locks"] {
        assert_eq!(fs::read_dir(world.path(folder)).unwrap().count(), 0, "{folder}");
    }
}

#[test]
fn many_jobs_give_what_one_gives() {
    let stages = (0..40).map(|i| match i {
        0..10 => format!("stage.s{i} = {{ kind = \"say\", text = \"t{i}\" }}\n"),
        _ => {
            format!("stage.s{i} = {{ kind = \"join\", of = [\"s{}\", \"s{}\"] }}\n", i - 10, i - 7)
        }
    });
    let toml: String = stages.collect();
    let lock = |jobs| {
        let world = World { jobs, ..World::new() };
        world.run(&toml);
        fs::read_to_string(world.path("toy.lock")).unwrap()
    };
    let alone = lock(1);
    assert_eq!(alone.matches("key = ").count(), 40);
    assert_eq!(alone, lock(2));
    assert_eq!(alone, lock(16));
}

#[test]
fn two_processes_make_a_result_once() {
    let world = World::new();
    let toml = r#"stage.a = { kind = "say", text = "hi" }"#;
    let logs: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| world.run(toml))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(logs.iter().filter(|log| log.starts_with("a ran")).count(), 1, "{logs:?}");
    assert_eq!(logs.iter().filter(|log| *log == "a cached\n").count(), 7, "{logs:?}");
}

#[test]
fn interrupted_stages_are_no_failures() {
    let world = World::new();
    let toml = BRANCHES.replace("\"error\"", "\"interrupt\"");
    expect![[r#"
        bad failed: interrupted
        further skipped: `bad` was interrupted
        good ran: it never finished here before
        next ran: it never finished here before
        reader skipped: `bad` was interrupted
    "#]]
    .assert_eq(&world.run(&toml));
}
