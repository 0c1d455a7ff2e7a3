//! A folder of its own for each test, with a pipeline that is small and has much to write: every
//! kind of file that a run makes comes up in it.

use crate::{
    process::{Ended, PATIENCE, Process},
    shim::{self, Deed},
    steps::{self, Step},
};
use microtome::engine::Digest;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const PIPELINE: &str = r#"
[pipeline]
name = "small"
allow_outside = ["../images"]
seed = 3

[stage.patches]
kind = "ingest"
source = { folder = { dir = "../images", group = { component = 0 }, label = { component = 1 } } }

[stage.prep]
kind = "preprocess"
data = "patches"
split = { train = 0.5, valid = 0.25, test = 0.25 }

[stage.cnn]
kind = "train"
data = "prep"
model = { layers = [ { conv = 2 }, "batch_norm", "relu", { max_pool = 2 }, "flatten", { dense = 1 } ] }
optimizer = { adam = { lr = 0.003 } }
batch_size = 10
epochs = 3

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
of = ["cnn", "search", "scores"]
"#;

pub struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// With forty images of ten patients.
    pub fn new() -> World {
        let world = World { dir: tempfile::tempdir().unwrap() };
        for i in 0..40_u8 {
            let (patient, class) = (i / 4, i % 2);
            let folder = world.dir.path().join(format!("images/{patient}/{class}"));
            fs::create_dir_all(&folder).unwrap();
            let pixel = |x: u32, y: u32| {
                let noise = Digest::of_bytes(&[i, x as u8, y as u8]).hex().into_bytes();
                image::Rgb([noise[0], noise[1], noise[2] << class])
            };
            image::RgbImage::from_fn(12, 12, pixel).save(folder.join(format!("{i}.png"))).unwrap();
        }
        fs::create_dir(world.root()).unwrap();
        world.write("pipeline.toml", PIPELINE);
        world
    }

    /// The folder that runs work in, and that the shim watches.
    pub fn root(&self) -> PathBuf {
        // As the kernel names it, since the shim asks it.
        self.dir.path().canonicalize().unwrap().join("work")
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.root().join(name), text).unwrap();
    }

    /// The pipeline under a name of its own, with some of its text replaced.
    pub fn vary(&self, name: &str, replace: &[(&str, &str)]) {
        let mut text = PIPELINE.replace("\"small\"", &format!("\"{name}\""));
        for (from, to) in replace {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        self.write(&format!("{name}.toml"), &text);
    }

    pub fn lock_file(&self, pipeline: &str) -> String {
        fs::read_to_string(self.root().join(format!("{pipeline}.lock"))).unwrap()
    }

    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_microtome"));
        command.current_dir(self.root()).args(args.split_whitespace());
        command.env_remove("MICROTOME_ISA").env_remove("NO_COLOR");
        command
    }

    /// What runs the pipeline, one step after the other.
    pub fn pipeline(&self) -> Command {
        self.command("run pipeline.toml --json --jobs 1 --threads 1")
    }

    /// Runs the pipeline to its end.
    pub fn run(&self) -> Ended {
        Process::start(self.pipeline()).end()
    }

    /// Starts the command with something that happens at one of its steps.
    pub fn disturb(&self, mut command: Command, at: Option<(usize, Deed)>) -> Process {
        shim::watch(&mut command, &self.root(), &self.log(), at);
        Process::start(command)
    }

    /// The steps of the last run that was disturbed or watched.
    pub fn steps(&self) -> Vec<Step> {
        steps::read(&self.log())
    }

    /// Waits until the run that is watched has come to a step.
    pub fn waits_for_step(&self, number: usize) {
        let begun = Instant::now();
        while self.steps().len() < number {
            assert!(begun.elapsed() < PATIENCE, "step {number} never came: {:?}", self.steps());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("steps")
    }

    /// The names in a folder of the store.
    pub fn names(&self, part: &str) -> Vec<String> {
        names(&self.root().join("cache").join(part))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
