//! What is kept of a failed point of a search: it would fail again, and is not tried by itself.

use super::{Store, StoreError, during, remove, sealed, unsealed};
use crate::engine::digest::Digest;
use serde::{Deserialize, Serialize};
use std::{fs, path::PathBuf};

/// A failure, in words for its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What the stage said while it ran.
    pub log: Vec<String>,
    /// Of the program: another one may do better, and tries again.
    pub version: String,
}

impl Store {
    /// How the making of a key failed, if it did.
    pub fn failure(&self, key: &Digest) -> Option<Failure> {
        let failure: Failure = unsealed(&fs::read(self.failure_path(key)).ok()?)?;
        (failure.version == env!("CARGO_PKG_VERSION")).then_some(failure)
    }

    /// Remembers a failure.
    pub fn write_failure(&self, key: &Digest, failure: &Failure) -> Result<(), StoreError> {
        let text = sealed(failure).unwrap_or_default();
        self.write(&self.failure_path(key), &text)
    }

    /// Forgets a failure of what was made after all.
    pub fn forget_failure(&self, key: &Digest) -> Result<(), StoreError> {
        let path = self.failure_path(key);
        during("remove", &path, remove(&path))
    }

    fn failure_path(&self, key: &Digest) -> PathBuf {
        self.root.join("failures").join(format!("{}.json", key.hex()))
    }
}
