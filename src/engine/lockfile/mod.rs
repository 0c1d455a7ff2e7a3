//! `<pipeline>.lock` beside the pipeline: what each stage's key, recipe and outputs were, one fact a
//! line.
//!
//! The key and the digests prove; the facts of the recipe only explain, on a machine whose store
//! never saw the locked result. What the outputs of the stages before already say is left out: a
//! search does not list the digests of its points.

mod mismatch;
mod outlook;
mod text;

pub use mismatch::{Mismatch, Ways};

use super::{
    artifact::Tree,
    digest::Digest,
    pipeline::{Node, Pipeline},
    recipe::{Facts, facts},
    run::{Run, State},
    stage::Arity,
    store::{Record, StoreError, write_atomically},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The locked stages by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockFile {
    pub stage: BTreeMap<String, LockedStage>,
}

/// What one stage was.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedStage {
    pub key: Digest,
    /// What the key was made of, as far as it explains; empty in files of version 1.
    #[serde(default)]
    pub recipe: Facts,
    #[serde(default)]
    pub outputs: BTreeMap<String, Digest>,
}

/// The lock file is there, and cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("cannot read {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{}, line {line}: `{marker}` is left of a merge", path.display())]
    Conflict { path: PathBuf, line: usize, marker: String },
    #[error("{} is not a lock file: {message}", path.display())]
    Foreign { path: PathBuf, message: String },
    #[error("{} has version {version}; this microtome knows 1 and 2", path.display())]
    Newer { path: PathBuf, version: u32 },
}

impl LockError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            LockError::Unreadable { .. } => "make it readable".into(),
            LockError::Conflict { path, .. } => {
                let path = path.display();
                format!(
                    "take either side, as by `git checkout --ours {path}`, and run without \
                     `--locked`: the file then says what the merged pipeline gives"
                )
            }
            LockError::Foreign { .. } => {
                "remove the file and run without `--locked`: it is written anew".into()
            }
            LockError::Newer { .. } => {
                "use the microtome that wrote it, or remove the file and run without `--locked`: \
                 it is written anew"
                    .into()
            }
        }
    }
}

impl LockedStage {
    pub fn of(node: &Node, record: &Record) -> LockedStage {
        let outputs =
            |tree: &Tree| tree.files().iter().map(|f| (f.name.clone(), f.digest)).collect();
        LockedStage {
            key: record.key(),
            recipe: explaining(node, facts(&record.recipe)),
            outputs: outputs(&record.outputs),
        }
    }
}

/// The facts of a recipe that a lock file has: which points a search reads is told by the points
/// themselves, and of a long text the beginning and its digest will do.
fn explaining(node: &Node, mut facts: Facts) -> Facts {
    const MOST: usize = 160;
    const BEGINNING: usize = 60;
    let of_points = node.inputs.iter().filter(|(port, _)| port.arity == Arity::Points);
    for (port, _) in of_points {
        let places = [format!("inputs.{}", port.name), format!("missing from {}", port.name)];
        facts.retain(|place, _| {
            let rest = places.iter().find_map(|begin| place.strip_prefix(begin.as_str()));
            !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ' ', ':']))
        });
    }
    for value in facts.values_mut().filter(|value| value.len() > MOST) {
        let beginning: String = value.chars().take(BEGINNING).collect();
        *value = format!("{beginning}… ({})", Digest::of_bytes(value.as_bytes()).short());
    }
    facts
}

impl LockFile {
    /// Where a pipeline's lock file lies.
    pub fn path(pipeline: &Path) -> PathBuf {
        pipeline.with_extension("lock")
    }

    /// The lock file of a pipeline; None when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(pipeline: &Path) -> Result<Option<LockFile>, LockError> {
        let path = LockFile::path(pipeline);
        match fs::read_to_string(&path) {
            Ok(text) => LockFile::parse(&path, &text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LockError::Unreadable { path, error }),
        }
    }

    /// The lock file after a run: what is done is as it now is, the rest as it was, and stages
    /// that the pipeline no longer has are gone.
    pub fn after(mut self, run: &Run) -> LockFile {
        self.stage.retain(|name, _| run.pipeline.find(name).is_some());
        for (id, state) in run.stages() {
            let node = &run.pipeline.nodes[id];
            match state {
                State::HeldBack { .. } => drop(self.stage.remove(&node.name)),
                state => {
                    let locked = state.record().map(|record| LockedStage::of(node, record));
                    self.stage.extend(locked.map(|locked| (node.name.clone(), locked)));
                }
            }
        }
        self
    }

    /// Whether the pipeline's lock file says just this.
    pub fn is_written(&self, pipeline: &Pipeline) -> bool {
        let there = fs::read_to_string(LockFile::path(&pipeline.path));
        there.is_ok_and(|there| there == self.text())
    }

    /// Writes the file if it would change.
    pub fn write(&self, pipeline: &Pipeline) -> Result<(), StoreError> {
        match self.is_written(pipeline) {
            true => Ok(()),
            false => write_atomically(&LockFile::path(&pipeline.path), self.text().as_bytes()),
        }
    }
}
