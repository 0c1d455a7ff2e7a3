//! Runs a pipeline, in this process or in a child that is killed on the way, and notes what it tells.

use super::kinds::KINDS;
use microtome::engine::{
    Event, Judge, LockFile, OnFailure, Order, Pipeline, Retry, Store, execute, pipeline,
};
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How a run goes and ends.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Go {
    pub jobs: usize,
    pub end: End,
}

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub enum End {
    /// By itself.
    Itself,
    /// It is asked to stop when so many stages have run.
    Stopped { after: usize },
    /// Killed when it tells its nth event.
    KilledAt { event: usize },
    /// Killed so long after it began.
    KilledIn { micros: u64 },
}

/// What a run told of a stage: `started`, `ran`, `cached`, and the key.
pub struct Told {
    pub what: String,
    pub stage: String,
    pub key: String,
}

/// Tells the child what to do.
const CHILD: &str = "MICROTOME_BUILD_CHILD";

/// Runs `toy.toml` in a folder; gives what was told until the end, whatever that was.
pub fn run(dir: &Path, go: Go) -> Vec<Told> {
    // A child may be killed before it begins a new one.
    let _ = fs::remove_file(dir.join("events"));
    match go.end {
        End::Itself | End::Stopped { .. } => here(dir, go),
        End::KilledAt { .. } | End::KilledIn { .. } => {
            let order = serde_json::to_string(&(dir, go)).unwrap();
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "drive::child", "--ignored", "--nocapture"])
                .env(CHILD, order)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&child.stdout);
            // Either it was killed, which leaves no code, or it was done before that.
            assert!(matches!(child.status.code(), None | Some(0)), "{said}");
            assert!(child.status.code().is_none() || said.contains("1 passed"), "{said}");
        }
    }
    let notes = fs::read_to_string(dir.join("events")).unwrap_or_default();
    let told = notes.lines().map(|line| {
        let mut words = line.split('\t').map(str::to_string);
        let mut word = || words.next().unwrap();
        Told { what: word(), stage: word(), key: word() }
    });
    told.collect()
}

/// What a plan says of the stages whose keys are known: a killed run may have made more than it told.
pub fn plan(dir: &Path) -> Vec<Told> {
    let (pipeline, store) = (load(dir), Store::at(&dir.join("cache")));
    let judge = Judge::new(&pipeline, &store, Default::default());
    let targets: Vec<_> = (0..pipeline.nodes.len()).collect();
    let told = microtome::engine::plan(&judge, &targets).into_iter().filter_map(|planned| {
        let stage = pipeline.nodes[planned.id].name.clone();
        Some(Told { what: "planned".into(), stage, key: planned.key?.hex() })
    });
    told.collect()
}

fn load(dir: &Path) -> Pipeline {
    let toml = fs::read_to_string(dir.join("toy.toml")).unwrap();
    let pipeline = pipeline::parse(&dir.join("toy.toml"), toml, &[], KINDS);
    pipeline.map_err(|rejected| rejected.problems).unwrap()
}

/// Not a test: the process that is killed.
#[test]
#[ignore = "started by the test of the laws, to be killed"]
fn child() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let (dir, go): (std::path::PathBuf, Go) = serde_json::from_str(&order).unwrap();
    if let End::KilledIn { micros } = go.end {
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(micros));
            kill();
        });
    }
    here(&dir, go);
}

/// `kill -9`, by itself so that the moment is its own.
fn kill() {
    signal_hook::low_level::raise(signal_hook::consts::SIGKILL).unwrap();
}

fn here(dir: &Path, go: Go) {
    let pipeline = load(dir);
    let order = Order {
        targets: (0..pipeline.nodes.len()).collect(),
        force: Default::default(),
        jobs: go.jobs,
        on_failure: OnFailure::KeepGoing,
        retry: Retry::Nothing,
        out: dir.join("out"),
        name: None,
    };
    let (mut notes, stop) = (File::create(dir.join("events")).unwrap(), AtomicBool::new(false));
    let (events, ran) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let tell = |event: Event| {
        let line = match &event {
            Event::Started { stage, key, .. } => format!("started\t{stage}\t{key}\n"),
            Event::Cached { stage, key, .. } => format!("cached\t{stage}\t{key}\n"),
            Event::Ran { stage, key, .. } => {
                ran.set(ran.get() + 1);
                format!("ran\t{stage}\t{key}\n")
            }
            _ => String::new(),
        };
        (&notes).write_all(line.as_bytes()).unwrap();
        events.set(events.get() + 1);
        match go.end {
            End::Stopped { after } if ran.get() >= after => stop.store(true, Ordering::Relaxed),
            End::KilledAt { event } if events.get() > event => kill(),
            _ => {}
        }
    };
    let store = Store::open(&dir.join("cache")).unwrap();
    let run = execute(&pipeline, &store, &order, &stop, &tell).unwrap();
    notes.flush().unwrap();
    let lock = LockFile::read(&pipeline.path).unwrap().unwrap_or_default();
    lock.after(&run).write(&pipeline).unwrap();
}
