//! The points of a search: what runs when one fails, comes, or the run is stopped.

use crate::world::World;
use expect_test::expect;
use microtome::engine::Retry;

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
