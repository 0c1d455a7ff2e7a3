//! The other commands: what they print, and where.

use crate::world::{TINY, World, project};
use expect_test::expect;

#[test]
fn graph_as_text() {
    let done = World::with(TINY).run("graph pipeline.toml");
    assert_eq!(done.code, Some(0));
    expect![[r#"
        stage    kind        reads
        patches  ingest
        prep     preprocess  patches
        eda      eda         prep
        cnn      train       prep
        search   tune        prep, (2 points)
        scores   evaluate    prep, cnn, search
        report   report      eda, cnn, search, scores
    "#]]
    .assert_eq(&done.out);
}

#[test]
fn graph_as_mermaid() {
    let done = World::with(TINY).run("graph pipeline.toml --format mermaid");
    expect![[r#"
        flowchart LR
            s0["patches<br/><i>ingest</i>"]
            s1["prep<br/><i>preprocess</i>"]
            s2["eda<br/><i>eda</i>"]
            s3["cnn<br/><i>train</i>"]
            s6["search<br/><i>tune, 2 points</i>"]
            s7["scores<br/><i>evaluate</i>"]
            s8["report<br/><i>report</i>"]
            s0 --> s1
            s1 --> s2
            s1 --> s3
            s1 --> s6
            s1 --> s7
            s3 --> s7
            s6 --> s7
            s2 --> s8
            s3 --> s8
            s6 --> s8
            s7 --> s8
    "#]]
    .assert_eq(&done.out);
}

#[test]
fn plan_before_anything_ran() {
    let done = World::with(TINY).run("plan pipeline.toml");
    assert_eq!(done.code, Some(0));
    expect![[r#"
        stage             kind        verdict  why
        patches           ingest      run      it never finished here before
        prep              preprocess  run      it never finished here before
        eda               eda         run      it never finished here before
        cnn               train       run      it never finished here before
        search[lr=0.001]  train       may run  if another result comes from prep
        search[lr=0.01]   train       may run  if another result comes from prep
        search            tune        run      it never finished here before
        scores            evaluate    run      it never finished here before
        report            report      run      it never finished here before

        7 would run; 2 may run
    "#]]
    .assert_eq(&done.out);
    let json = World::with(TINY).run("plan pipeline.toml --json");
    assert_eq!(json.out.lines().count(), 9);
    let first: serde_json::Value = serde_json::from_str(json.out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["stage"], &first["verdict"]), (&"patches".into(), &"run".into()));
}

#[test]
fn show_lists_results_and_files() {
    let world = World::with(TINY);
    let empty = world.run("show pipeline.toml");
    assert_eq!(empty.out.matches("not there").count(), 9);
    world.run("run pipeline.toml");
    let table = world.run("show pipeline.toml").out;
    assert!(!table.contains("not there"), "{table}");
    assert!(
        table
            .lines()
            .any(|l| l.starts_with("cnn ") && l.contains(" images/s ") && l.contains(" val_auc ")),
        "{table}"
    );
    let files = world.run("show pipeline.toml cnn").out;
    for name in ["README.md", "history.csv", "model.json", "model.safetensors", "training.json"] {
        assert!(
            files.lines().any(|l| l.starts_with(name) && l.contains("cache/objects/")),
            "{files}"
        );
    }
}

#[test]
fn init_writes_the_shipped_pipelines_and_never_overwrites() {
    let world = World::new();
    let done = world.run("init");
    assert_eq!(
        (done.code, done.out.as_str()),
        (Some(0), "wrote pipeline.toml; next: microtome run pipeline.toml\n")
    );
    let shipped = std::fs::read_to_string(project("pipelines/quickstart.toml")).unwrap();
    assert_eq!(world.read("pipeline.toml"), shipped);
    assert_eq!(world.run("check pipeline.toml").code, Some(0));
    let again = world.run("init");
    assert_eq!(again.code, Some(2));
    assert_eq!(
        again.err,
        "error: pipeline.toml is there already\n  = help: give another name, or remove it first\n"
    );
    for template in ["kaggle", "idc"] {
        assert_eq!(world.run(&format!("init {template}.toml --from {template}")).code, Some(0));
        assert_eq!(world.run(&format!("check {template}.toml")).code, Some(0));
    }
}

#[test]
fn the_store_and_the_links_lie_where_they_are_asked_to() {
    let world = World::with(TINY);
    assert_eq!(
        world.ran("run pipeline.toml eda --cache a/store --out b"),
        ["eda", "patches", "prep"]
    );
    assert!(world.path("a/store/objects").is_dir() && world.path("b/tiny/eda/eda.json").is_file());
    assert!(!world.path("cache").exists() && !world.path("out").exists());
}

#[test]
fn mistakes_on_the_command_line() {
    let world = World::with(TINY);
    for (args, code) in [
        ("", 2),
        ("rnu", 2),
        ("run", 2),
        ("run pipeline.toml --jobs 0", 2),
        ("run pipeline.toml --threads 99999999", 2),
        ("run pipeline.toml --device cuda", 2),
        ("--help", 0),
        ("--version", 0),
    ] {
        assert_eq!(world.run(args).code, Some(code), "{args}");
    }
}

#[test]
fn predictions_are_one_line_for_each_model_and_image() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    let predictions = world.read("out/tiny/scores/predictions.csv");
    let mut lines = predictions.lines();
    assert_eq!(lines.next(), Some("model,id,label,probability,group,source"));
    let index = world.read("out/tiny/prep/index.csv");
    let test = index.lines().filter(|line| line.split(',').nth(3) == Some("test")).count();
    assert_eq!(lines.filter(|line| line.starts_with("cnn,")).count(), test);
    let metrics: serde_json::Value =
        serde_json::from_str(&world.read("out/tiny/scores/metrics.json")).unwrap();
    assert_eq!(metrics["models"][0]["scores"]["images"], test);
}
