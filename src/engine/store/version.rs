//! The version of a store's layout, so that no program takes another's layout for its own.

use super::{Store, StoreError, during, inventory::is_gone};
use std::fs;

const VERSION: &str = "1";

impl Store {
    /// Refuses a store that another version wrote. One without a mark is as old as marks, and of
    /// the first version.
    pub fn check_version(&self) -> Result<(), StoreError> {
        self.marked().map(drop)
    }

    /// The same for a store to write to, which is marked.
    pub(super) fn mark_version(&self) -> Result<(), StoreError> {
        if self.marked()? {
            return Ok(());
        }
        self.write(&self.root.join("version"), format!("{VERSION}\n").as_bytes())
    }

    /// Whether the store has a mark.
    fn marked(&self) -> Result<bool, StoreError> {
        let path = self.root.join("version");
        match fs::read(&path) {
            Ok(found) if found.trim_ascii() == VERSION.as_bytes() => Ok(true),
            Ok(found) => Err(StoreError::Version {
                path: self.root.clone(),
                // Of a file that may hold anything.
                found: String::from_utf8_lossy(&found).trim().chars().take(20).collect(),
            }),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => during("read", &path, Err(error)),
        }
    }
}
