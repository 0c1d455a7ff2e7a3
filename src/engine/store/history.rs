//! What each stage of a pipeline last was, so that a rerun can be explained.

use super::{Store, StoreError};
use crate::engine::digest::Digest;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// The last key of each stage, by the stage's name. It explains; it decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(pub BTreeMap<String, Digest>);

impl Store {
    /// The history of a pipeline; empty when there is none that can be read.
    pub fn history(&self, pipeline: &str) -> History {
        let read = fs::read(self.history_path(pipeline)).ok();
        read.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    pub fn write_history(&self, pipeline: &str, history: &History) -> Result<(), StoreError> {
        let text = serde_json::to_vec(history).unwrap_or_default();
        self.write(&self.history_path(pipeline), &text)
    }

    fn history_path(&self, pipeline: &str) -> PathBuf {
        // A digest, since a name may be longer than a file's name can be.
        let name = Digest::of_bytes(pipeline.as_bytes()).short();
        self.root.join("history").join(format!("{name}.json"))
    }
}
