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
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="small" tests="3" failures="0" errors="0" time="TIME">
          <testsuite name="small.patches" tests="1" failures="0" errors="0" skipped="0" time="TIME">
            <properties>
              <property name="kind" value="ingest"/>
              <property name="state" value="cached"/>
              <property name="key" value="KEY"/>
              <property name="host" value="HOST"/>
              <property name="made" value="WHEN"/>
              <property name="took" value="TIME"/>
              <property name="version" value="VERSION"/>
              <property name="result" value="24 images 16×16"/>
            </properties>
            <testcase classname="small" name="patches" time="TIME"/>
          </testsuite>
          <testsuite name="small.prep" tests="1" failures="0" errors="0" skipped="0" time="TIME">
            <properties>
              <property name="kind" value="preprocess"/>
              <property name="state" value="cached"/>
              <property name="key" value="KEY"/>
              <property name="host" value="HOST"/>
              <property name="made" value="WHEN"/>
              <property name="took" value="TIME"/>
              <property name="version" value="VERSION"/>
              <property name="result" value="24 images 16×16"/>
            </properties>
            <testcase classname="small" name="prep" time="TIME"/>
          </testsuite>
          <testsuite name="small.again" tests="1" failures="0" errors="0" skipped="0" time="TIME">
            <properties>
              <property name="kind" value="preprocess"/>
              <property name="state" value="ran"/>
              <property name="key" value="KEY"/>
              <property name="host" value="HOST"/>
              <property name="made" value="WHEN"/>
              <property name="took" value="TIME"/>
              <property name="version" value="VERSION"/>
              <property name="result" value="24 images 8×8"/>
            </properties>
            <testcase classname="small" name="again" time="TIME"/>
          </testsuite>
        </testsuites>
    "#]]
    .assert_eq(&constant(&world.read("reports/junit.xml")));
}

#[test]
fn failures_and_what_was_skipped_are_valid_xml_whatever_they_say() {
    let world = hostile();
    assert_eq!(world.run("run pipeline.toml --junit junit.xml").code, Some(1));
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="bad" tests="2" failures="1" errors="0" time="TIME">
          <testsuite name="bad.patches" tests="1" failures="1" errors="0" skipped="0" time="TIME">
            <properties>
              <property name="kind" value="ingest"/>
              <property name="state" value="failed"/>
            </properties>
            <testcase classname="bad" name="patches" time="TIME">
              <failure type="failed" message="1 of 1 images cannot be used:">1 of 1 images cannot be used:&#10;  0/a&#10;::error::x|&lt;b&gt;`%�##[warning]y.png: the file is no TIFF, PNG, JPEG, BMP or WebP image&#10;repair or remove them, or set `on_bad_image = &quot;exclude&quot;` to leave them out and list them in rejected.csv</failure>
            </testcase>
          </testsuite>
          <testsuite name="bad.eda" tests="1" failures="0" errors="0" skipped="1" time="TIME">
            <properties>
              <property name="kind" value="eda"/>
              <property name="state" value="skipped"/>
            </properties>
            <testcase classname="bad" name="eda" time="TIME">
              <skipped message="`patches` failed"/>
            </testcase>
          </testsuite>
        </testsuites>
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
              <failure type="lock" message="params.seed: 0 → 3">params.seed: 0 → 3</failure>
              <failure type="lock" message="is not in the lock file">is not in the lock file</failure>
              <failure type="lock" message="is locked, and not in the pipeline">is locked, and not in the pipeline</failure>"#]]
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
            <testcase classname="small" name="again" time="TIME">
              <failure type="frozen" message="not cached: run: it never finished here before">not cached: run: it never finished here before</failure>"#]]
    .assert_eq(&failures(world.read("junit.xml")));
    world.write("pipeline.toml", "stage.a = 1\n");
    assert_eq!(world.run("run pipeline.toml --junit junit.xml").code, Some(2));
    expect![[r#"
            <testcase classname="pipeline" name="pipeline" time="TIME">
              <failure type="pipeline" message="pipeline.toml:1:11: stage `a` is not a table">pipeline.toml:1:11: stage `a` is not a table&#10;write `[stage.a]` with `kind = …`</failure>"#]]
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
