//! `<pipeline>.lock` beside the pipeline: what each stage's key and outputs were, one fact a line.
//!
//! It is TOML in a fixed order, so that two branches that changed different stages merge.

use super::{
    artifact::Tree,
    digest::Digest,
    pipeline::Pipeline,
    run::Run,
    store::{Record, StoreError, write_atomically},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
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

/// One fact in which a run differs from the lock file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    pub stage: String,
    pub what: String,
    pub locked: Option<Digest>,
    pub found: Option<Digest>,
}

const VERSION: u32 = 1;

impl LockedStage {
    fn of(record: &Record) -> LockedStage {
        let outputs =
            |tree: &Tree| tree.files().iter().map(|f| (f.name.clone(), f.digest)).collect();
        LockedStage { key: record.recipe.key(), outputs: outputs(&record.outputs) }
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
            if let Some(record) = state.record() {
                self.stage.insert(run.pipeline.nodes[id].name.clone(), LockedStage::of(record));
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

    /// Everything in which the finished stages of a run differ from this file.
    pub fn mismatches(&self, run: &Run) -> Vec<Mismatch> {
        let mut found = Vec::new();
        for (id, state) in run.stages() {
            let Some(record) = state.record() else { continue };
            let stage = &run.pipeline.nodes[id].name;
            let now = LockedStage::of(record);
            let Some(locked) = self.stage.get(stage) else {
                found.push(mismatch(stage, "key", None, Some(now.key)));
                continue;
            };
            if locked.key != now.key {
                found.push(mismatch(stage, "key", Some(locked.key), Some(now.key)));
            }
            let names = locked.outputs.keys().chain(now.outputs.keys());
            for name in names.collect::<std::collections::BTreeSet<_>>() {
                let (was, is) = (locked.outputs.get(name), now.outputs.get(name));
                if was != is {
                    found.push(mismatch(stage, name, was.copied(), is.copied()));
                }
            }
        }
        found
    }
}

fn mismatch(stage: &str, what: &str, locked: Option<Digest>, found: Option<Digest>) -> Mismatch {
    Mismatch { stage: stage.into(), what: what.into(), locked, found }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |digest: &Option<Digest>| digest.map_or("nothing".into(), |d| d.short());
        let (locked, found) = (short(&self.locked), short(&self.found));
        write!(f, "{}: {}: locked {locked}, found {found}", self.stage, self.what)
    }
}
