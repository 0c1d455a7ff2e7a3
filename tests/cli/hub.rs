//! Pretrained weights by their address on the Hugging Face hub, fetched from a hub on this machine.

#[cfg(feature = "parquet")]
mod data;
mod server;

use crate::world::{Done, World, done};
use expect_test::{Expect, expect};
use server::{Hub, Manner};

/// A network from scratch, and one that goes on with weights from elsewhere.
fn pipeline(weights: &str, settings: &str) -> String {
    format!(
        r#"
[pipeline]
name = "tuning"

[stage.patches]
kind = "ingest"
source = {{ synthetic = {{ count = 60, size = 24, slides = 12 }} }}

[stage.prep]
kind = "preprocess"
data = "patches"
split = {{ train = 0.5, valid = 0.25, test = 0.25 }}

[stage.scratch]
kind = "train"
data = "prep"
model = "resnet20"
epochs = 1

[stage.tuned]
kind = "train"
data = "prep"
model = {{ resnet20 = {{ weights = "{weights}"{settings} }} }}
epochs = 1
"#
    )
}

/// No hub listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Runs against a hub, with its cache in the world's folder `home`.
fn against(endpoint: &str, world: &World, args: &str) -> Done {
    let mut command = world.command(args);
    command.env("HF_HOME", world.path("home")).env("HF_ENDPOINT", endpoint);
    for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(proxy).env_remove(proxy.to_uppercase());
    }
    done(command.output().unwrap())
}

/// What became of the stage `tuned`.
fn tuned(done: &Done) -> String {
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let events = done.out.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut of_tuned = events.filter(|event: &serde_json::Value| event["stage"] == "tuned");
    let last = of_tuned.rfind(|event| ["ran", "cached"].iter().any(|it| event["event"] == *it));
    last.unwrap()["event"].as_str().unwrap().to_owned()
}

/// A world in which `scratch` has run, and its weights.
fn trained(weights: &str, settings: &str) -> (World, Vec<u8>) {
    let world = World::with(&pipeline(weights, settings));
    let done = against(NOWHERE, &world, "run pipeline.toml scratch");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let file = std::fs::read(world.path("out/tuning/scratch/model.safetensors")).unwrap();
    (world, file)
}

#[test]
fn weights_are_fetched_once_and_known_by_their_contents() {
    let (world, file) = trained("hf://ours/old/deep/weights.safetensors", "");
    world.write("local.safetensors", &file);
    let hub = Hub::new(file, Manner::Well);
    assert_eq!(tuned(&against(&hub.endpoint, &world, "run pipeline.toml --json")), "ran");
    expect![[r#"
        /ours/old/resolve/main/deep/weights.safetensors bytes=0-0
        /ours/new/resolve/main/deep/weights.safetensors bytes=0-0
        /contents bytes=0-0
        /ours/old/resolve/main/deep/weights.safetensors bytes=0-
        /ours/new/resolve/main/deep/weights.safetensors bytes=0-
        /contents bytes=0-"#]]
    .assert_eq(&hub.asked().join("\n"));

    let again = against(&hub.endpoint, &world, "run pipeline.toml --json");
    assert_eq!((tuned(&again), hub.asked().len()), ("cached".into(), 6));
    let other = "run pipeline.toml --json --set stage.tuned.epochs=2";
    assert_eq!(tuned(&against(NOWHERE, &world, other)), "ran", "no network is needed any more");

    world.write("local.toml", pipeline("local.safetensors", ""));
    let local = against(NOWHERE, &world, "run local.toml --json");
    assert_eq!(tuned(&local), "cached", "a local file of the same contents is the same");
}

#[test]
fn a_revision_is_asked_for_and_a_frozen_backbone_reads_it_too() {
    let weights = "hf://ours/new@v1/deep/weights.safetensors";
    let (world, file) = trained(weights, ", freeze = \"backbone\"");
    let hub = Hub::new(file, Manner::Well);
    assert_eq!(tuned(&against(&hub.endpoint, &world, "run pipeline.toml --json")), "ran");
    let asked = hub.asked();
    assert_eq!(asked[0], "/ours/new/resolve/v1/deep/weights.safetensors bytes=0-0");
    assert_eq!(asked.len(), 4, "once for both stages: {asked:?}");
}

#[test]
fn an_interrupted_download_goes_on() {
    let (world, file) = trained("hf://ours/new/weights.safetensors", "");
    let hub = Hub::new(file.clone(), Manner::StopsHalfWay);
    let stopped = against(&hub.endpoint, &world, "run pipeline.toml");
    assert_eq!(stopped.code, Some(1));
    assert_fetching_failed(&stopped, "weights.safetensors");
    let hub = Hub::new(file.clone(), Manner::Well);
    assert_eq!(tuned(&against(&hub.endpoint, &world, "run pipeline.toml --json")), "ran");
    let rest = format!("/contents bytes={}-", file.len() / 2);
    assert_eq!(hub.asked().last(), Some(&rest));
}

/// A server that sends everything again where the rest was asked for.
#[test]
fn a_file_that_is_too_long_is_thrown_away() {
    let (world, file) = trained("hf://ours/new/weights.safetensors", "");
    let hub = Hub::new(file.clone(), Manner::StopsHalfWay);
    against(&hub.endpoint, &world, "run pipeline.toml");
    let hub = Hub::new(file.clone(), Manner::SendsAll);
    let refused = against(&hub.endpoint, &world, "run pipeline.toml");
    assert_eq!(refused.code, Some(1));
    let (came, size) = (file.len() + file.len() / 2, file.len());
    let message =
        error(&refused).replace(&came.to_string(), "CAME").replace(&size.to_string(), "SIZE");
    expect![[r#"
        error: `tuned` failed: `weights.safetensors` of `ours/new` came with CAME bytes, and has SIZE
          = help: what came was thrown away: run again"#]]
    .assert_eq(&message);
    assert_eq!(tuned(&against(&hub.endpoint, &world, "run pipeline.toml --json")), "ran");
}

/// How a failure without an answer is told; the words between come from the operating system.
fn assert_fetching_failed(done: &Done, file: &str) {
    let message = error(done);
    let begin = format!(
        "error: `tuned` failed: cannot fetch `{file}` of `ours/new` from the Hugging Face hub: "
    );
    let end = "\n  = help: check the network and `HF_ENDPOINT`; what is in the hub's cache (`HF_HOME`) needs no network";
    assert!(message.starts_with(&begin) && message.ends_with(end), "{message}");
}

/// The lines of the failure of `tuned`.
fn error(done: &Done) -> String {
    let lines = done.err.lines().skip_while(|line| !line.contains("`tuned`"));
    let lines = lines.take_while(|line| line.contains("`tuned`") || line.starts_with(' '));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cannot_be_fetched_is_said_with_its_repository_and_file() {
    let world = World::with(&pipeline("hf://ours/new/none.safetensors", ""));
    let refused = |status, expected: Expect| {
        let hub = Hub::new(Vec::new(), Manner::Refuses(status));
        let done = against(&hub.endpoint, &world, "run pipeline.toml tuned");
        assert_eq!(done.code, Some(1));
        expected.assert_eq(&error(&done));
    };
    refused(
        404,
        expect![[r#"
        error: `tuned` failed: the Hugging Face hub has no `none.safetensors` in `ours/new` at `main`
          = help: look for the file's name, and its branch or tag, on the repository's page"#]],
    );
    refused(
        401,
        expect![[r#"
        error: `tuned` failed: the Hugging Face hub does not give out `none.safetensors` of `ours/new` (HTTP 401): there is no such repository, or it is private, or has terms to accept
          = help: check its name; if it is right, log in with `hf auth login`"#]],
    );
    refused(
        503,
        expect![[r#"
        error: `tuned` failed: the Hugging Face hub answered HTTP 503 when asked for `none.safetensors` of `ours/new`
          = help: try again later, or download it and give its path"#]],
    );
    let done = against(NOWHERE, &world, "run pipeline.toml tuned");
    assert_eq!(done.code, Some(1));
    assert_fetching_failed(&done, "none.safetensors");
    assert!(!world.path("home/hub/models--ours--new/snapshots").exists());
}

#[test]
fn a_frozen_run_asks_no_hub_and_takes_what_is_in_the_cache() {
    let (world, file) = trained("hf://ours/old/weights.safetensors", "");
    let hub = Hub::new(file, Manner::Well);
    let frozen = against(&hub.endpoint, &world, "run pipeline.toml --frozen tuned");
    assert_eq!(frozen.code, Some(4));
    expect![[r#"
        error: 1 stage is not cached, and nothing was run:
          stage  verdict  why
          tuned  broken   the Hugging Face hub's cache on this machine lacks `weights.safetensors` of `ours/old` (a run without `--frozen` fetches what is missing)
          = help: a run without `--frozen` makes them, and with `--locked` proves the lock file
    "#]]
    .assert_eq(&frozen.err);
    assert_eq!(hub.asked(), Vec::<String>::new());
    assert_eq!(against(&hub.endpoint, &world, "run pipeline.toml").code, Some(0));
    assert_eq!(against(NOWHERE, &world, "run pipeline.toml --frozen").code, Some(0));
}
