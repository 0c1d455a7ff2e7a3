//! The binary in a folder of its own, on a pipeline small enough to train in a second.

use expect_test::Expect;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Every kind of stage on 120 tiny patches.
pub const TINY: &str = r#"
[pipeline]
name = "tiny"
seed = 3

[stage.patches]
kind = "ingest"
source = { synthetic = { count = 120, size = 24, slides = 12 } }

[stage.prep]
kind = "preprocess"
data = "patches"
split = { train = 0.5, valid = 0.25, test = 0.25 }

[stage.eda]
kind = "eda"
data = "prep"

[stage.cnn]
kind = "train"
data = "prep"
model = { layers = [ { conv = 5 }, "batch_norm", "relu", { max_pool = 2 }, { conv = 7 }, "relu", { avg_pool = 2 }, { dropout = 0.2 }, "flatten", { dense = 1 } ] }
optimizer = { adam = { lr = 0.003 } }
augment = ["flip", "rotate90"]
batch_size = 16
epochs = 2

[stage.search]
kind = "tune"
train = "cnn"
grid = { "optimizer.adam.lr" = [0.01, 0.001] }

[stage.scores]
kind = "evaluate"
data = "prep"
models = ["cnn", "search"]

[stage.report]
kind = "report"
of = ["eda", "cnn", "search", "scores"]
"#;

pub struct World {
    pub dir: tempfile::TempDir,
}

/// What a command did.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> World {
        World { dir: tempfile::tempdir().unwrap() }
    }

    /// A world with `pipeline.toml` in it.
    pub fn with(toml: &str) -> World {
        let world = World::new();
        world.write("pipeline.toml", toml);
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_microtome"));
        command.current_dir(self.dir.path()).args(args.split_whitespace());
        command.env_remove("MICROTOME_ISA").env_remove("NO_COLOR");
        for of_ci in ["GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"] {
            command.env_remove(of_ci);
        }
        command
    }

    pub fn run(&self, args: &str) -> Done {
        done(self.command(args).output().unwrap())
    }

    /// Runs and expects success; one line a stage: `cnn ran`, in the order of execution.
    pub fn stages(&self, args: &str) -> Vec<String> {
        let done = self.run(&format!("{args} --json"));
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        let line = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let what = event["event"].as_str()?;
            ["ran", "cached", "failed", "skipped"]
                .contains(&what)
                .then(|| format!("{} {what}", event["stage"].as_str().unwrap()))
        };
        let mut lines: Vec<_> = done.out.lines().filter_map(line).collect();
        lines.sort();
        lines
    }

    /// The stages that ran, and not those that were cached.
    pub fn ran(&self, args: &str) -> Vec<String> {
        let ran = self.stages(args).into_iter();
        ran.filter_map(|line| line.strip_suffix(" ran").map(str::to_string)).collect()
    }
}

pub fn done(output: Output) -> Done {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A file or folder of the project.
pub fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What `check` says of the tiny pipeline with one text replaced.
pub fn check(from: &str, to: &str, expected: Expect) {
    assert!(TINY.contains(from), "{from}");
    let done = World::with(&TINY.replacen(from, to, 1)).run("check pipeline.toml");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    expected.assert_eq(&done.err);
}
