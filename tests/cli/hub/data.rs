//! A data set of the hub by its address.

use super::{
    NOWHERE, against,
    server::{Hub, Manner},
};
use crate::world::{Done, World, project};
use expect_test::expect;

fn pipeline(source: &str) -> String {
    format!(
        "[pipeline]\nname = \"data\"\n\n[stage.patches]\nkind = \"ingest\"\nsource = {{ parquet = {{ {source} }} }}\n"
    )
}

fn shard() -> Vec<u8> {
    let name = "tests/data/parquet/small/hub/data/train-00000-of-00002.parquet";
    std::fs::read(project(name)).unwrap()
}

/// Whether the stage ran or was cached.
fn end(done: &Done) -> String {
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let ended = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = event["event"].as_str()?.to_owned();
        (event["stage"] == "patches" && ["ran", "cached"].contains(&&*word)).then_some(word)
    };
    done.out.lines().find_map(ended).unwrap()
}

#[test]
fn shards_are_fetched_once_and_known_by_their_contents() {
    let world = World::with(&pipeline("repo = 'hf://datasets/ours/data@v/1'"));
    let hub = Hub::new(shard(), Manner::Well);
    assert_eq!(end(&against(&hub.endpoint, &world, "run pipeline.toml --json")), "ran");
    expect![[r#"
        /api/datasets/ours/data/revision/v%2F1 
        /datasets/ours/data/resolve/c0ffee/data/train-00000-of-00001.parquet bytes=0-0
        /contents bytes=0-0
        /datasets/ours/data/resolve/c0ffee/data/train-00000-of-00001.parquet bytes=0-
        /contents bytes=0-"#]]
    .assert_eq(&hub.asked().join("\n"));
    let index = world.read("out/data/patches/index.csv");
    assert!(
        index.lines().nth(1).unwrap().ends_with(",train,data/train-00000-of-00001.parquet,parquet"),
        "{index}"
    );

    let again = against(NOWHERE, &world, "run pipeline.toml --json");
    assert_eq!(end(&again), "cached", "no network is needed any more");
    let again = against(NOWHERE, &world, "run pipeline.toml --json --set stage.patches.limit=2");
    assert_eq!(end(&again), "ran");

    world.write("copy/data/train-00000-of-00001.parquet", shard());
    world.write("local.toml", pipeline("repo = 'copy'"));
    let local = against(NOWHERE, &world, "run local.toml --json");
    assert_eq!(end(&local), "cached", "a local copy of the same contents is the same");
}

#[test]
fn what_the_hub_refuses_is_said() {
    let world = World::with(&pipeline("repo = 'hf://datasets/ours/data'"));
    let hub = Hub::new(Vec::new(), Manner::Refuses(404));
    let done = against(&hub.endpoint, &world, "run pipeline.toml");
    assert_eq!(done.code, Some(1));
    expect![[r#"
        error: `patches` failed: the Hugging Face hub has no `ours/data` at `main`
          = help: look for its name, and its branch or tag, on the hub"#]]
    .assert_eq(&errors(&done));
    let world = World::with(&pipeline("repo = 'hf://datasets/ours/data', files = '*.arrow'"));
    let hub = Hub::new(shard(), Manner::Well);
    let done = against(&hub.endpoint, &world, "run pipeline.toml");
    assert_eq!(done.code, Some(1));
    expect![[r#"
        error: `patches` failed: `ours/data` at `main` has no such file as `files` of the source asks for
          = help: it has 2 files, such as `README.md`, `data/train-00000-of-00001.parquet`"#]].assert_eq(&errors(&done));
    let world = World::with(&pipeline("repo = 'hf://ours/data'"));
    let done = against(NOWHERE, &world, "check pipeline.toml");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: stage `patches` (ingest): `hf://ours/data` names no data set of the Hugging Face hub
         --> pipeline.toml:6:31
          |
        6 | source = { parquet = { repo = 'hf://ours/data' } }
          |                               ^^^^^^^^^^^^^^^^ here
          |
          = help: write `hf://datasets/owner/name`, or `hf://datasets/owner/name@revision` for a branch, a tag or a commit
    "#]].assert_eq(&done.err);
}

/// The lines of the failure.
fn errors(done: &Done) -> String {
    let lines = done.err.lines().skip_while(|line| !line.starts_with("error"));
    let lines = lines.take_while(|line| line.starts_with("error") || line.starts_with(' '));
    lines.collect::<Vec<_>>().join("\n")
}
