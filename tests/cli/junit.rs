//! The JUnit file of a run, whole. `.ci/junit.py` holds such files to the rules of Jenkins' schema.

use crate::{
    ci::{SMALL, constant},
    github::hostile,
    world::World,
};
use expect_test::expect;

#[test]
fn a_cached_stage_has_passed_and_says_by_which_result() {
    let world = World::with(SMALL);
    world.run("run pipeline.toml prep");
    let done = world.run("run pipeline.toml again --junit reports/junit.xml");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.out, "");
    expect![[r#"
    "#]]
    .assert_eq(&constant(&world.read("reports/junit.xml")));
}

#[test]
fn failures_and_what_was_skipped_are_valid_xml_whatever_they_say() {
    let world = hostile();
    assert_eq!(world.run("run pipeline.toml --junit junit.xml").code, Some(1));
    expect![[r#"
    "#]]
    .assert_eq(&constant(&world.read("junit.xml")));
}

#[test]
fn a_difference_from_the_lock_file_is_a_failure() {
    let world = World::with(SMALL);
    world.run("run pipeline.toml");
    world.write("pipeline.toml", SMALL.replace("stage.again", "stage.other"));
    let done = world.run("run pipeline.toml --locked --set stage.prep.seed=3 --junit junit.xml");
    assert_eq!(done.code, Some(4));
    let xml = world.read("junit.xml");
    let failures: Vec<_> = xml.lines().filter(|line| line.contains("<failure")).collect();
    expect![[r#"
    "#]]
    .assert_eq(&failures.join("\n"));
    // Without the flag it is none.
    let done = world.run("run pipeline.toml --set stage.prep.seed=3 --junit junit.xml");
    assert_eq!(done.code, Some(0));
    assert!(!world.read("junit.xml").contains("<failure"));
}

#[test]
fn a_frozen_run_that_lacks_results_and_a_rejected_file_fail_too() {
    let world = World::with(SMALL);
    world.run("run pipeline.toml prep");
    assert_eq!(world.run("run pipeline.toml --frozen --junit junit.xml").code, Some(4));
    let failures = |xml: String| {
        let lines =
            xml.lines().filter(|line| line.contains("<testcase") || line.contains("<failure"));
        constant(&lines.map(str::to_string).collect::<Vec<_>>().join("\n"))
    };
    expect![[r#"
    "#]]
    .assert_eq(&failures(world.read("junit.xml")));
    world.write("pipeline.toml", "stage.a = 1\n");
    assert_eq!(world.run("run pipeline.toml --junit junit.xml").code, Some(2));
    expect![[r#"
    "#]]
    .assert_eq(&failures(world.read("junit.xml")));
}

#[test]
fn a_file_that_cannot_be_written_is_a_failure() {
    let world = World::with(SMALL);
    world.write("file", "");
    let done = world.run("run pipeline.toml --junit file/junit.xml");
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.ends_with("error: cannot make file: File exists (os error 17)\n"),
        "{}",
        done.err
    );
}
