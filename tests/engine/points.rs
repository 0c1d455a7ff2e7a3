//! The points of a search: what runs when one fails, comes, or the run is stopped.

use crate::world::World;
use expect_test::expect;
use microtome::engine::{LockFile, Retry};
use std::fs;

fn search(texts: &str) -> String {
    format!(
        "stage.a = {{ kind = \"say\", text = \"hi\" }}\n\
         stage.s = {{ kind = \"try\", say = \"a\", grid = {{ text = {texts} }} }}\n\
         stage.reader = {{ kind = \"trim\", of = \"s\" }}\n"
    )
}

#[test]
fn a_failing_point_fails_alone() {
    let world = World::new();
    expect![[r#"
        a ran: it never finished here before
        reader ran: it never finished here before
        s ran: it never finished here before
        s[text="fail"] failed: it went wrong
        s[text="x"] ran: it never finished here before
        s[text="y"] ran: it never finished here before
    "#]]
    .assert_eq(&world.run(&search("[\"x\", \"fail\", \"y\"]")));
    expect![[r#"
        s[text="x"]: x
        s[text="y"]: y
        s[text="fail"]: failed: it went wrong
    "#]]
    .assert_eq(&world.text("s"));
}

#[test]
fn a_failure_is_remembered_until_it_is_to_be_tried_again() {
    let mut world = World::new();
    let toml = search("[\"x\", \"fail\"]");
    world.run(&toml);
    world.notes();
    expect![[r#"
        a cached
        reader cached
        s cached
        s[text="fail"] failed before: it went wrong
        s[text="x"] cached
    "#]]
    .assert_eq(&world.plan(&toml));
    expect![[r#"
        a cached
        reader cached
        s cached
        s[text="fail"] failed: it went wrong
        s[text="x"] cached
    "#]]
    .assert_eq(&world.run(&toml));
    assert_eq!(world.notes(), Vec::<String>::new());
    world.retry = Retry::Failed;
    expect![[r#"
        a cached
        reader cached
        s cached
        s[text="fail"] failed: it went wrong
        s[text="x"] cached
    "#]]
    .assert_eq(&world.run(&toml));
    assert_eq!(world.notes(), ["about to fail"]);
}

#[test]
fn what_a_failing_point_said_is_kept() {
    let world = World::new();
    let toml = search("[\"x\", \"fail\"]");
    world.run(&toml);
    let plan = world.plan(&toml);
    assert!(plan.contains("s[text=\"fail\"] failed before: it went wrong"), "{plan}");
    let kept: Vec<_> = std::fs::read_dir(world.path("cache/failures")).unwrap().collect();
    let text = std::fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap();
    assert_eq!(kept.len(), 1);
    assert!(text.contains("about to fail") && text.contains("say something else"), "{text}");
}

/// The partial result has another key than the whole one, and the whole one comes when it can.
#[test]
fn a_whole_result_replaces_a_partial_one() {
    let world = World::new();
    world.run(&search("[\"x\", \"fail\"]"));
    expect![[r#"
        a cached
        reader ran: inputs.of: other contents (6682ebf149 → 26aa12cd2c)
        s ran: missing from points: s[text="fail"]: it went wrong → (gone); params.grid.text: ["x","fail"] → ["x","y"]; inputs.points.s[text="y"]: (new) → d8a13ff957
        s[text="x"] cached
        s[text="y"] ran: it never finished here before
    "#]].assert_eq(&world.run(&search("[\"x\", \"y\"]")));
    expect![[r#"
        a cached
        reader cached
        s cached
        s[text="fail"] failed: it went wrong
        s[text="x"] cached
    "#]]
    .assert_eq(&world.run(&search("[\"x\", \"fail\"]")));
}

#[test]
fn a_search_of_which_every_point_fails_has_no_result() {
    let world = World::new();
    let toml = search("[\"fail\"]");
    expect![[r#"
        a ran: it never finished here before
        reader skipped: `s[text="fail"]` failed
        s skipped: `s[text="fail"]` failed
        s[text="fail"] failed: it went wrong
    "#]]
    .assert_eq(&world.run(&toml));
    expect![[r#"
        a cached
        reader would run: it never finished here before
        s broken: none of its points gave a result
        s[text="fail"] failed before: it went wrong
    "#]]
    .assert_eq(&world.plan(&toml));
}

#[test]
fn only_points_of_searches_are_remembered_to_fail() {
    let world = World::new();
    let toml = "stage.a = { kind = \"say\", text = \"fail\" }";
    world.run(toml);
    world.notes();
    world.run(toml);
    assert_eq!(world.notes(), ["about to fail"]);
}

#[test]
fn a_stopped_search_goes_on_where_it_was() {
    let mut world = World { jobs: 1, stop_after: Some("s[text=\"x\"]"), ..World::new() };
    let toml = search("[\"x\", \"y\", \"z\"]");
    expect![[r#"
        a ran: it never finished here before
        reader skipped: the run was interrupted
        s skipped: the run was interrupted
        s[text="x"] ran: it never finished here before
        s[text="y"] skipped: the run was interrupted
        s[text="z"] skipped: the run was interrupted
    "#]]
    .assert_eq(&world.run(&toml));
    world.stop_after = None;
    expect![[r#"
        a cached
        reader ran: it never finished here before
        s ran: it never finished here before
        s[text="x"] cached
        s[text="y"] ran: it never finished here before
        s[text="z"] ran: it never finished here before
    "#]]
    .assert_eq(&world.run(&toml));
}

#[test]
fn a_value_that_is_added_runs_alone() {
    let world = World::new();
    world.run(&search("[\"x\", \"y\"]"));
    expect![[r#"
        a cached
        reader ran: inputs.of: other contents (26aa12cd2c → 4e6190f6dc)
        s ran: params.grid.text: ["x","y"] → ["x","z","y"]; inputs.points.s[text="z"]: (new) → b48b776fc2
        s[text="x"] cached
        s[text="y"] cached
        s[text="z"] ran: it never finished here before
    "#]].assert_eq(&world.run(&search("[\"x\", \"z\", \"y\"]")));
}

fn rungs(texts: &str, twice: usize) -> String {
    search(texts).replace("grid", &format!("twice = {twice}, grid"))
}

#[test]
fn a_gate_lets_the_best_points_through() {
    let world = World::new();
    let toml = rungs("[\"x\", \"xxx\", \"xx\"]", 1);
    expect![[r#"
        a ran: it never finished here before
        reader ran: it never finished here before
        s ran: it never finished here before
        s[rung=1] ran: it never finished here before
        s[text="x",twice] held back by s[rung=1]
        s[text="x"] ran: it never finished here before
        s[text="xx",twice] held back by s[rung=1]
        s[text="xx"] ran: it never finished here before
        s[text="xxx",twice] ran: it never finished here before
        s[text="xxx"] ran: it never finished here before
    "#]]
    .assert_eq(&world.run(&toml));
    expect![[r#"
        s[text="x"]: x
        s[text="xxx"]: xxx
        s[text="xx"]: xx
        s[text="xxx",twice]: xxxxxx
        s[text="x",twice]: failed: held back
        s[text="xx",twice]: failed: held back
    "#]]
    .assert_eq(&world.text("s"));
    expect![[r#"
        a cached
        reader cached
        s cached
        s[rung=1] cached
        s[text="x",twice] held back by s[rung=1]
        s[text="x"] cached
        s[text="xx",twice] held back by s[rung=1]
        s[text="xx"] cached
        s[text="xxx",twice] cached
        s[text="xxx"] cached
    "#]]
    .assert_eq(&world.plan(&toml));
    let lock = std::fs::read_to_string(world.path("toy.lock")).unwrap();
    let twice = lock.lines().filter(|line| line.starts_with("[stage.") && line.contains("twice"));
    assert_eq!(twice.count(), 1, "{lock}");
}

/// What is let through is the same training as without a gate, and one more runs alone.
#[test]
fn a_wider_gate_runs_only_what_it_lets_through_now() {
    let world = World::new();
    world.run(&rungs("[\"x\", \"xxx\", \"xx\"]", 1));
    expect![[r#"
        a cached
        reader ran: inputs.of: other contents (60520a2bab → 7d0c40c168)
        s ran: missing from points: s[text="xx",twice]: held back → (gone); params.twice: 1 → 2; inputs.points.s[text="xx",twice]: (new) → a484fbdf1d
        s[rung=1] ran: params.keep: 1 → 2
        s[text="x",twice] held back by s[rung=1]
        s[text="x"] cached
        s[text="xx",twice] ran: it never finished here before
        s[text="xx"] cached
        s[text="xxx",twice] cached
        s[text="xxx"] cached
    "#]].assert_eq(&world.run(&rungs("[\"x\", \"xxx\", \"xx\"]", 2)));
}

#[test]
fn a_point_that_is_better_takes_the_place_of_another() {
    let world = World::new();
    world.run(&rungs("[\"x\", \"xxx\"]", 1));
    expect![[r#"
        a cached
        reader ran: inputs.of: other contents (e8dad75fbb → b9125f6bd6)
        s ran: inputs.points.s[text="xxx",twice]: 1080c8cd02 → (gone); params.grid.text: ["x","xxx"] → ["x","xxx","xxxx"]; inputs.points.s[text="xxxx",twice]: (new) → 21766e407b; inputs.points.s[text="xxxx"]: (new) → a484fbdf1d; missing from points: s[text="xxx",twice]: (new) → held back
        s[rung=1] ran: inputs.points.s[text="xxxx"]: (new) → a484fbdf1d
        s[text="x",twice] held back by s[rung=1]
        s[text="x"] cached
        s[text="xxx",twice] held back by s[rung=1]
        s[text="xxx"] cached
        s[text="xxxx",twice] ran: it never finished here before
        s[text="xxxx"] ran: it never finished here before
    "#]].assert_eq(&world.run(&rungs("[\"x\", \"xxx\", \"xxxx\"]", 1)));
}

#[test]
fn a_failing_point_is_not_let_through() {
    let world = World::new();
    expect![[r#"
        a ran: it never finished here before
        reader ran: it never finished here before
        s ran: it never finished here before
        s[rung=1] ran: it never finished here before
        s[text="fail",twice] held back by s[rung=1]
        s[text="fail"] failed: it went wrong
        s[text="x",twice] ran: it never finished here before
        s[text="x"] ran: it never finished here before
    "#]]
    .assert_eq(&world.run(&rungs("[\"fail\", \"x\"]", 1)));
}

/// Nothing of it shows in sizes: a run would find it before the gate is asked, and so does a plan.
#[test]
fn a_plan_does_not_ask_a_damaged_gate() {
    let world = World::new();
    let toml = rungs("[\"x\", \"xxx\"]", 1);
    world.run(&toml);
    let lock = LockFile::read(&world.path("toy.toml")).unwrap().unwrap();
    let blob = world.store().blob(&lock.stage["s[rung=1]"].outputs["text"]);
    let whole = fs::read(&blob).unwrap();
    let mut damaged = whole.clone();
    damaged[0] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, &damaged).unwrap();
    expect![[r#"
        a cached
        reader waits on s
        s waits on s[text="x",twice], s[text="xxx",twice]
        s[rung=1] would run: its result was damaged: `text` is not what was stored
        s[text="x",twice] waits on s[rung=1]
        s[text="x"] cached
        s[text="xxx",twice] waits on s[rung=1]
        s[text="xxx"] cached
    "#]]
    .assert_eq(&world.plan(&toml));
    world.run(&toml);
    assert_eq!(fs::read(&blob).unwrap(), whole, "the run made it again");
}
