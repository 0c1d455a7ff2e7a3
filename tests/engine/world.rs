//! A folder of its own for each test, and a log of what ran.

use crate::toys::KINDS;
use microtome::engine::{
    Event, Judge, LockFile, OnFailure, Order, Pipeline, Retry, State, Store, Verdict, execute,
    pipeline, plan, stage::Progress, store::Record,
};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

pub struct World {
    pub dir: tempfile::TempDir,
    pub jobs: usize,
    pub on_failure: OnFailure,
    pub retry: Retry,
    /// The run is asked to stop when this stage is done.
    pub stop_after: Option<&'static str>,
    /// What stages said while they ran.
    pub notes: Mutex<Vec<String>>,
}

impl World {
    pub fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        World {
            dir,
            jobs: 2,
            on_failure: OnFailure::KeepGoing,
            retry: Retry::Nothing,
            stop_after: None,
            notes: Mutex::default(),
        }
    }

    /// What stages have said since the last time.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn store(&self) -> Store {
        Store::open(&self.path("cache")).unwrap()
    }

    pub fn load(&self, toml: &str) -> Pipeline {
        let toml = toml.replace("DIR", &self.path("source").display().to_string());
        pipeline::parse(&self.path("toy.toml"), toml, &[], KINDS).map_err(|r| r.problems).unwrap()
    }

    /// Runs all stages; one line a stage in the order of execution: what happened, and why.
    pub fn run(&self, toml: &str) -> String {
        self.run_with(toml, &[], &[])
    }

    pub fn run_with(&self, toml: &str, targets: &[&str], force: &[&str]) -> String {
        let pipeline = self.load(toml);
        let ids =
            |names: &[&str]| names.iter().map(|n| pipeline.find(n).unwrap()).collect::<Vec<_>>();
        let order = Order {
            targets: if targets.is_empty() {
                (0..pipeline.nodes.len()).collect()
            } else {
                ids(targets)
            },
            force: ids(force).into_iter().collect(),
            jobs: self.jobs,
            on_failure: self.on_failure,
            retry: self.retry,
            out: self.path("out"),
            name: None,
        };
        let reasons = RefCell::new(std::collections::BTreeMap::new());
        let stop = AtomicBool::new(false);
        let tell = |event: Event| match event {
            Event::Ran { stage, .. } if self.stop_after == Some(&*stage) => {
                stop.store(true, Ordering::Relaxed);
            }
            Event::Started { stage, reasons: why, .. } => {
                reasons.borrow_mut().insert(stage, why.join("; "));
            }
            Event::Progress { progress: Progress::Note { text }, .. } => {
                self.notes.lock().unwrap().push(text);
            }
            _ => {}
        };
        let run = execute(&pipeline, &self.store(), &order, &stop, &tell).unwrap();
        let lock = LockFile::read(&pipeline.path).unwrap().unwrap_or_default();
        lock.after(&run).write(&pipeline).unwrap();
        let reasons = reasons.into_inner();
        let line = |(id, state): (usize, &State)| {
            let name = &pipeline.nodes[id].name;
            match state {
                State::Cached(record) => format!("{name} cached{}\n", short_of(record)),
                State::Ran(record, _) => {
                    format!("{name} ran: {}{}\n", reasons[name], short_of(record))
                }
                State::Failed(error) => format!("{name} failed: {error}\n"),
                State::Skipped { because } => format!("{name} skipped: {because}\n"),
                State::HeldBack { gate } => format!("{name} held back by {gate}\n"),
                other => format!("{name} {other:?}\n"),
            }
        };
        let mut lines: Vec<_> = run.stages().map(line).collect();
        lines.sort();
        lines.concat()
    }

    /// What a plan says, one line a stage.
    pub fn plan(&self, toml: &str) -> String {
        let (pipeline, store) = (self.load(toml), self.store());
        let judge = Judge::new(&pipeline, &store, BTreeSet::new());
        let targets: Vec<_> = (0..pipeline.nodes.len()).collect();
        let line = |p: &microtome::engine::Planned| {
            let name = &pipeline.nodes[p.id].name;
            match &p.verdict {
                Verdict::Cached(_) => format!("{name} cached\n"),
                Verdict::Stale(why) => {
                    let why: Vec<_> = why.iter().flat_map(|r| r.lines()).collect();
                    format!("{name} would run: {}\n", why.join("; "))
                }
                Verdict::Waits { on } => format!("{name} waits on {}\n", on.join(", ")),
                Verdict::FailedBefore(failure) => {
                    format!("{name} failed before: {}\n", failure.message)
                }
                Verdict::HeldBack { gate } => format!("{name} held back by {gate}\n"),
                Verdict::Broken(error) => {
                    format!("{name} broken: {}\n", error.to_string().replace(&*self.root(), "…"))
                }
            }
        };
        let mut lines: Vec<_> = plan(&judge, &targets).iter().map(line).collect();
        lines.sort();
        lines.concat()
    }

    pub fn root(&self) -> String {
        self.dir.path().display().to_string()
    }

    /// The text that a stage's output link shows.
    pub fn text(&self, stage: &str) -> String {
        fs::read_to_string(self.path("out/toy").join(stage).join("text")).unwrap()
    }

    pub fn write_source(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path("source")).unwrap();
        fs::write(self.path("source").join(name), text).unwrap();
    }

    /// What is wrong with a pipeline, one line a problem: message | caret text @ what it points at.
    pub fn problems(toml: &str, sets: &[&str]) -> String {
        let sets: Vec<_> = sets.iter().map(|s| s.to_string()).collect();
        let rejected = match pipeline::parse("toy.toml".as_ref(), toml.into(), &sets, KINDS) {
            Ok(_) => return "fine".into(),
            Err(rejected) => rejected,
        };
        let mut text = String::new();
        for problem in &rejected.problems {
            text += &problem.title();
            if let Some((span, label)) = &problem.at {
                text += &format!("\n  @ {} | {label}", rejected.texts.at(*span));
            }
            for (span, label) in &problem.also {
                text += &format!("\n  + {} | {label}", rejected.texts.at(*span));
            }
            if let Some(help) = &problem.help {
                text += &format!("\n  = {help}");
            }
            text += "\n";
        }
        text
    }
}

/// What a result falls short of, if anything.
fn short_of(record: &Record) -> String {
    record.shortfalls.iter().map(|shortfall| format!(" [short of: {shortfall}]")).collect()
}
