//! How a run ended, as plain values: what the writers of CI's formats take, who know no engine.

use crate::{
    cli::{plan::words, with_help},
    engine::{
        Mismatch, NodeId, Pipeline, Planned, Run, StageError, State, event::sentences,
        moment::when, store::Record,
    },
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// A run that is over, or came to nothing.
#[derive(Debug, Default)]
pub struct Ending {
    pub pipeline: String,
    /// The pipeline file, as CI knows it.
    pub file: String,
    pub seconds: f64,
    /// In the order of execution.
    pub stages: Vec<StageEnding>,
    /// Why nothing was run.
    pub faults: Vec<Fault>,
    /// Stages that the lock file has and the pipeline does not.
    pub gone: Vec<Mismatch>,
    pub lock: Lock,
}

/// What a difference from the lock file means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// It is told; the file is written anew.
    #[default]
    Follows,
    /// It is a failure.
    Binds,
}

/// Something that kept the run from beginning, and its place in a file.
#[derive(Debug)]
pub struct Fault {
    pub message: String,
    pub help: Option<String>,
    /// File, line and column, from 1.
    pub at: Option<(String, u64, u64)>,
}

/// What became of one stage.
#[derive(Debug)]
pub struct StageEnding {
    pub name: String,
    pub kind: String,
    /// Line and column of its name in the pipeline file, from 1.
    pub at: Option<(u64, u64)>,
    pub fate: Fate,
    pub made: Option<Made>,
    /// Gates that its result missed.
    pub shortfalls: Vec<String>,
    pub mismatch: Option<Mismatch>,
}

/// The closed set of ends.
#[derive(Debug)]
pub enum Fate {
    Ran {
        reasons: Vec<String>,
    },
    Cached,
    Failed {
        message: String,
        help: Option<String>,
    },
    Interrupted,
    Skipped {
        because: String,
    },
    HeldBack {
        gate: String,
    },
    /// `--frozen`, and its result is not there.
    Lacking {
        why: String,
    },
}

/// What is known of a result.
#[derive(Debug)]
pub struct Made {
    pub key: String,
    pub host: String,
    /// In UTC.
    pub when: String,
    pub seconds: f64,
    pub version: String,
    pub headline: Option<String>,
}

impl Ending {
    /// Before anything is known but the file; CI's own name for it is relative to its workspace.
    pub fn of_file(path: &Path, workspace: Option<&Path>) -> Ending {
        let there = |path: &Path| path.canonicalize().ok();
        let inside = workspace.and_then(there).zip(there(path));
        let inside = inside.and_then(|(root, path)| Some(path.strip_prefix(root).ok()?.to_owned()));
        let file = inside.unwrap_or_else(|| path.to_owned()).display().to_string();
        let pipeline = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ending { file, pipeline, ..Ending::default() }
    }

    /// Takes what became of each stage, and in what they differ from the lock file.
    pub fn ran(&mut self, run: &Run, mismatches: Vec<Mismatch>, lock: Lock) {
        self.pipeline = run.pipeline.name.clone();
        self.lock = lock;
        let (of_stages, gone): (Vec<_>, Vec<_>) =
            mismatches.into_iter().partition(|it| run.pipeline.find(&it.stage).is_some());
        self.gone = gone;
        let mut mismatches: BTreeMap<_, _> =
            of_stages.into_iter().map(|it| (it.stage.clone(), it)).collect();
        for (id, state) in run.stages() {
            let mut stage = StageEnding::new(run.pipeline, id, fate(state));
            let record = state.record();
            stage.made = record.map(|record| made(record));
            stage.shortfalls = record.map(|record| record.shortfalls.clone()).unwrap_or_default();
            stage.mismatch = mismatches.remove(&stage.name);
            self.stages.push(stage);
        }
    }

    /// Takes the stages whose results a frozen run lacks.
    pub fn lacks(&mut self, pipeline: &Pipeline, planned: &[Planned]) {
        self.pipeline = pipeline.name.clone();
        for stage in planned {
            let (verdict, why) = words(&stage.verdict);
            let fate = Fate::Lacking { why: format!("{verdict}: {why}") };
            self.stages.push(StageEnding::new(pipeline, stage.id, fate));
        }
    }

    /// Takes the reasons of a failure that no stage tells of, as they are told to programs.
    pub fn came_to_nothing(&mut self, events: &[Value]) {
        let text = |value: &Value| value.as_str().map(str::to_string);
        let fault = |event: &Value| {
            let at = &event["at"];
            let place = (text(&at["file"]), at["line"].as_u64(), at["column"].as_u64());
            let at = match place {
                // The name that CI has for the file.
                (Some(file), Some(line), Some(column)) if file != "--set" => {
                    Some((self.file.clone(), line, column))
                }
                _ => None,
            };
            let message = text(&event["message"]).unwrap_or_default();
            Fault { message, help: text(&event["help"]), at }
        };
        if self.stages.is_empty() {
            self.faults = events.iter().map(fault).collect();
        }
    }
}

impl StageEnding {
    fn new(pipeline: &Pipeline, id: NodeId, fate: Fate) -> StageEnding {
        let node = &pipeline.nodes[id];
        let at = pipeline.texts.place(node.span);
        StageEnding {
            name: node.name.clone(),
            kind: node.kind.name.into(),
            at: at.map(|place| (place.line as u64, place.column as u64)),
            fate,
            made: None,
            shortfalls: Vec::new(),
            mismatch: None,
        }
    }
}

fn fate(state: &State) -> Fate {
    match state {
        State::Ran(_, reasons) => Fate::Ran { reasons: sentences(reasons) },
        State::Cached(_) => Fate::Cached,
        State::Failed(StageError::Interrupted) => Fate::Interrupted,
        State::Failed(error) => {
            let (message, help) = error.clone().into_words();
            Fate::Failed { message, help }
        }
        State::Skipped { because } => Fate::Skipped { because: because.clone() },
        State::HeldBack { gate } => Fate::HeldBack { gate: gate.clone() },
        State::Waiting | State::Running => {
            Fate::Skipped { because: with_help(&StageError::Interrupted) }
        }
    }
}

fn made(record: &Record) -> Made {
    let p = &record.provenance;
    Made {
        key: record.key().hex(),
        host: p.host.clone(),
        when: when(p.started),
        seconds: p.seconds,
        version: p.version.clone(),
        headline: record.headline.clone(),
    }
}
