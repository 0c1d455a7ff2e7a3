//! `<pipeline>.lock` beside the pipeline: what each stage's key and outputs were, one fact a line.
//!
//! It is TOML in a fixed order, so that two branches that changed different stages merge.

use super::{
    artifact::Tree,
    digest::Digest,
    pipeline::Pipeline,
    recipe::differences,
    run::{Run, State},
    store::{Record, Store, StoreError, write_atomically},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

/// The locked stages by their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFile {
    pub version: u32,
    #[serde(default)]
    pub stage: BTreeMap<String, LockedStage>,
}

/// What one stage was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedStage {
    pub key: Digest,
    pub outputs: BTreeMap<String, Digest>,
}

const VERSION: u32 = 1;

impl LockedStage {
    fn of(record: &Record) -> LockedStage {
        let outputs =
            |tree: &Tree| tree.files().iter().map(|f| (f.name.clone(), f.digest)).collect();
        LockedStage { key: record.key(), outputs: outputs(&record.outputs) }
    }
}

impl LockFile {
    /// Where a pipeline's lock file lies.
    pub fn path(pipeline: &Path) -> PathBuf {
        pipeline.with_extension("lock")
    }

    /// The lock file of a pipeline; None when there is none.
    ///
    /// # Errors
    /// A sentence when it is there and cannot be read.
    pub fn read(pipeline: &Path) -> Result<Option<LockFile>, String> {
        let path = LockFile::path(pipeline);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let lock: LockFile = toml::from_str(&text).map_err(|error| {
            format!("{} is not a lock file: {}", path.display(), error.message())
        })?;
        if lock.version != VERSION {
            let (path, version) = (path.display(), lock.version);
            return Err(format!("{path} has version {version}; this microtome knows {VERSION}"));
        }
        Ok(Some(lock))
    }

    /// The lock file after a run: what is done is as it now is, the rest as it was, and stages
    /// that the pipeline no longer has are gone.
    pub fn after(mut self, run: &Run) -> LockFile {
        self.version = VERSION;
        self.stage.retain(|name, _| run.pipeline.find(name).is_some());
        for (id, state) in run.stages() {
            let name = &run.pipeline.nodes[id].name;
            match state {
                State::HeldBack { .. } => drop(self.stage.remove(name)),
                state => {
                    let locked = state.record().map(|record| LockedStage::of(record));
                    self.stage.extend(locked.map(|locked| (name.clone(), locked)));
                }
            }
        }
        self
    }

    /// Writes the file if it would change.
    pub fn write(&self, pipeline: &Pipeline) -> Result<(), StoreError> {
        let (path, text) = (LockFile::path(&pipeline.path), self.text());
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            return Ok(());
        }
        write_atomically(&path, text.as_bytes())
    }

    /// The file's text: stages and files sorted by name.
    pub fn text(&self) -> String {
        let quoted = |name: &str| toml::Value::from(name).to_string();
        let mut text = String::from(
            "# Written by microtome: commit it, and check it with `microtome run --locked`.\n",
        );
        let _ = writeln!(text, "version = {VERSION}");
        for (name, stage) in &self.stage {
            let _ = writeln!(text, "\n[stage.{}]\nkey = \"{}\"", quoted(name), stage.key);
            for (file, digest) in &stage.outputs {
                let _ = writeln!(text, "outputs.{} = \"{digest}\"", quoted(file));
            }
        }
        text
    }

    /// Everything in which a run differs from this file, one fact a line: for a recipe that
    /// changed, what changed in it; for an equal recipe, which output has other contents.
    pub fn mismatches(&self, run: &Run, store: &Store) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, state) in run.stages() {
            let Some(record) = state.record() else { continue };
            let stage = &run.pipeline.nodes[id].name;
            let now = LockedStage::of(record);
            match self.stage.get(stage) {
                None => lines.push(format!("{stage}: is not in the lock file")),
                Some(locked) if locked.key != now.key => match store.record(&locked.key) {
                    Some(before) => {
                        let found = differences(&before.recipe, &record.recipe);
                        lines.extend(found.iter().map(|d| format!("{stage}: {d}")));
                    }
                    None => lines.push(told_apart(stage, "key", Some(&locked.key), Some(&now.key))),
                },
                Some(locked) => {
                    let names = locked.outputs.keys().chain(now.outputs.keys());
                    for name in names.collect::<BTreeSet<_>>() {
                        let (was, is) = (locked.outputs.get(name), now.outputs.get(name));
                        if was != is {
                            lines.push(told_apart(stage, name, was, is));
                        }
                    }
                }
            }
        }
        let gone = self.stage.keys().filter(|stage| run.pipeline.find(stage).is_none());
        lines.extend(gone.map(|stage| format!("{stage}: is locked, and not in the pipeline")));
        lines
    }
}

fn told_apart(stage: &str, what: &str, locked: Option<&Digest>, found: Option<&Digest>) -> String {
    let short = |digest: Option<&Digest>| digest.map_or("nothing".into(), Digest::short);
    format!("{stage}: {what}: locked {}, found {}", short(locked), short(found))
}
