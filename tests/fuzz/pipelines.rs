//! Pipeline files, settings of the command line, and lock files.

use crate::{counting::turn, mutate::hold};
use microtome::{
    engine::{LockFile, Pipeline, Rejected, pipeline},
    stages::KINDS,
};
use std::{fs, path::Path};

fn files(extension: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Parses; every problem must have a message, and places that lie in the texts.
pub fn parsed(toml: &str, sets: &[String]) -> Result<Pipeline, Rejected> {
    let parsed = pipeline::parse("fuzz.toml".as_ref(), toml.into(), sets, KINDS);
    if let Err(rejected) = &parsed {
        assert!(!rejected.problems.is_empty());
        for problem in &rejected.problems {
            assert!(!problem.title().is_empty());
            for (span, _) in problem.at.iter().chain(&problem.also) {
                let (_, text) = &rejected.texts.0[span.text as usize];
                assert!(text.get(span.start as usize..span.end as usize).is_some(), "{problem:?}");
            }
        }
        assert!(!microtome::cli::render(rejected, microtome::cli::Style::Plain).is_empty());
    }
    parsed
}

/// The names and parameters of all stages.
fn facts(pipeline: &Pipeline) -> Vec<(String, serde_json::Value)> {
    let of = |node: &microtome::engine::pipeline::Node| {
        (node.name.clone(), node.stage.params().unwrap())
    };
    pipeline.nodes.iter().map(of).collect()
}

#[test]
fn pipeline_files() {
    let _turn = turn();
    hold("pipelines", &files("toml"), 64 << 20, |bytes| {
        let toml = String::from_utf8_lossy(bytes);
        let Ok(once) = parsed(&toml, &[]) else { return false };
        assert_eq!(facts(&once), facts(&parsed(&toml, &[]).ok().unwrap()));
        true
    });
}

#[test]
fn settings() {
    let _turn = turn();
    let toml = String::from_utf8(files("toml")[2].clone()).unwrap();
    let seeds = [
        "stage.cnn.epochs=3",
        "stage.cnn.optimizer.adam.lr=0.1",
        "pipeline.seed=8",
        "stage.cnn.model.layers[3]={conv=32}",
        "stage.\"a.b\".c='x'",
        "params.data=../idc",
        "stage.cnn.augment=[\"flip\", { color_jitter = { brightness = 0.1 } }]",
    ];
    let seeds: Vec<_> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    hold("--set", &seeds, 64 << 20, |bytes| {
        parsed(&toml, &[String::from_utf8_lossy(bytes).into_owned()]).is_ok()
    });
}

#[test]
fn lock_files() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let pipeline = dir.path().join("p.toml");
    hold("lock files", &files("lock"), 4 << 20, |bytes| {
        fs::write(dir.path().join("p.lock"), bytes).unwrap();
        match LockFile::read(&pipeline) {
            Ok(lock) => {
                let lock = lock.unwrap();
                fs::write(dir.path().join("p.lock"), lock.text()).unwrap();
                assert_eq!(LockFile::read(&pipeline).unwrap().unwrap(), lock);
                true
            }
            Err(message) => {
                assert!(message.to_string().contains("p.lock"), "{message}");
                false
            }
        }
    });
}
