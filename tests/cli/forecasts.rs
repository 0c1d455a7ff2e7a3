//! `plan --if`: what a change would set off, and how long that took before.

use crate::world::{TINY, World};
use expect_test::expect;
use std::fs;

/// A world in which all has run, each stage in so many seconds.
fn ran(seconds: f64) -> World {
    let world = World::with(TINY);
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    for entry in walkdir::WalkDir::new(world.path("cache/recipes")) {
        let path = entry.unwrap().into_path();
        if path.is_file() {
            let mut record: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            record["provenance"]["seconds"] = seconds.into();
            fs::write(&path, record.to_string()).unwrap();
        }
    }
    world
}

#[test]
fn a_change_is_tried_in_thought() {
    let world = ran(40.0);
    let done = world.run("plan pipeline.toml --if stage.cnn.dropout=1");
    assert_eq!(done.code, Some(2), "{}", done.out);
    let done = world.run("plan pipeline.toml --if stage.cnn.optimizer.adam.lr=0.02 --exit-code");
    assert_eq!(done.code, Some(3), "{}", done.err);
    expect![[r#"
        stage   kind      verdict  took before  why
        cnn     train     run      40.00 s      params.optimizer.adam.lr: 0.003 → 0.02
        scores  evaluate  may run  40.00 s      if another result comes from cnn
        report  report    may run  40.00 s      if another result comes from cnn, scores

        1 would run, 40.00 s of work; 2 may run, 80.00 s of work; 6 stages stay as they are
    "#]]
    .assert_eq(&done.out);
    // It was a thought.
    assert_eq!(world.run("plan pipeline.toml --exit-code").code, Some(0));
}

#[test]
fn a_new_point_is_expected_to_take_what_its_search_took() {
    let world = ran(7.0);
    let change = r#"stage.search.grid={"optimizer.adam.lr"=[0.01,0.02]}"#;
    let done = world.run(&format!("plan pipeline.toml search --if {change}"));
    // The search's own line shows digests.
    let lines: Vec<_> = done.out.lines().filter(|line| !line.starts_with("search ")).collect();
    expect![[r#"
        stage            kind   verdict  took before  why
        search[lr=0.02]  train  run      7.00 s       compared with search[lr=0.001], params.optimizer.adam.lr: 0.001 → 0.02

        2 would run, 14.00 s of work; 3 stages stay as they are
        search[lr=0.001] would be gone"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_change_without_effect_sets_nothing_off() {
    let world = ran(1.0);
    let done = world.run("plan pipeline.toml --if stage.cnn.epochs=2 --exit-code");
    assert_eq!(done.code, Some(0));
    assert_eq!(done.out, "the change would set nothing off: 9 stages stay as they are\n");
}

#[test]
fn programs_are_told_the_seconds() {
    let world = ran(40.0);
    let done = world.run("plan pipeline.toml cnn --json --if stage.cnn.epochs=1");
    let lines: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{}", done.out);
    assert_eq!((&lines[0]["stage"], &lines[0]["verdict"]), (&"cnn".into(), &"run".into()));
    assert_eq!(lines[0]["expected_seconds"], 40.0);
}

#[test]
fn a_cached_stage_says_which_run_it_comes_from() {
    let world = World::with(TINY);
    let mut command = world.command("run pipeline.toml patches");
    command.env("CI_JOB_URL", "https://ci.example/jobs/7");
    assert!(command.output().unwrap().status.success());
    let why = world.run("why pipeline.toml patches").out;
    assert!(
        why.contains(" by the run https://ci.example/jobs/7 as `patches` of tiny, in"),
        "{why}"
    );
}

#[test]
fn without_any_result_the_lock_file_explains() {
    let world = ran(1.0);
    fs::remove_dir_all(world.path("cache")).unwrap();
    fs::remove_dir_all(world.path("out")).unwrap();
    let done = world.run("plan pipeline.toml report --set stage.cnn.optimizer.adam.lr=0.02");
    expect![[r#"
        stage             kind        verdict  why
        patches           ingest      run      its result is not in this store; the recipe is as locked
        prep              preprocess  run      its result is not in this store; the recipe is as locked
        eda               eda         run      its result is not in this store; the recipe is as locked
        cnn               train       run      compared with the lock file, params.optimizer.adam.lr: 0.003 → 0.02
        search[lr=0.001]  train       run      its result is not in this store; the recipe is as locked
        search[lr=0.01]   train       run      its result is not in this store; the recipe is as locked
        search            tune        run      its result is not in this store; the recipe is as locked
        scores            evaluate    run      it never finished here before
        report            report      run      it never finished here before

        9 would run
    "#]].assert_eq(&done.out);
    assert!(!world.path("cache").exists());
    let why = world.run("why pipeline.toml cnn --set stage.cnn.optimizer.adam.lr=0.02");
    expect![[r#"
        cnn would run, because
          compared with the lock file, params.optimizer.adam.lr: 0.003 → 0.02
    "#]]
    .assert_eq(&why.out);
}

#[test]
fn without_results_and_lock_file_nothing_is_known() {
    let world = World::with(TINY);
    let done = world.run("plan pipeline.toml patches");
    expect![[r#"
        stage    kind    verdict  why
        patches  ingest  run      it never finished here before

        1 would run
    "#]]
    .assert_eq(&done.out);
}
