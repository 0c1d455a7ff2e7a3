//! Lock files whose stages are to stay: where they lie is noted by each run that writes one.

use super::{Store, StoreError, during, inventory::listed, session::Access};
use crate::engine::{digest::Digest, lockfile::LockFile};
use std::{
    collections::HashSet,
    ffi::OsString,
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

impl Store {
    /// Notes the lock file of a pipeline, so that what it locks stays while the file is there. A
    /// store that is only read from notes nothing.
    pub fn note_lock_file(&self, pipeline: &Path) -> Result<(), StoreError> {
        let lock = LockFile::path(pipeline);
        let whole = during("find", &lock, std::path::absolute(&lock))?;
        // A digest, since a path may be longer than a file's name can be.
        let name = Digest::of_bytes(whole.as_os_str().as_bytes()).short();
        let path = self.root.join("roots").join(name);
        match self.access {
            Access::Work(_) if !path.exists() => self.write(&path, whole.as_os_str().as_bytes()),
            _ => Ok(()),
        }
    }

    /// The keys in all noted lock files that are still there, and in the given ones.
    ///
    /// # Errors
    /// A sentence when a lock file is there and cannot be read, or a given one is not there:
    /// nothing is cleared away on a guess.
    pub(super) fn locked(&self, given: &[PathBuf]) -> Result<HashSet<Digest>, String> {
        let mut keys = HashSet::new();
        for lock in self.lock_files().map_err(|error| error.to_string())? {
            keys.extend(keys_of(&lock)?.unwrap_or_default());
        }
        for lock in given {
            let path = LockFile::path(lock);
            let found = keys_of(lock)?;
            keys.extend(found.ok_or_else(|| format!("there is no {}", path.display()))?);
        }
        Ok(keys)
    }

    fn lock_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let read = |entry: fs::DirEntry| {
            let path = entry.path();
            during("read", &path, fs::read(&path)).map(|p| PathBuf::from(OsString::from_vec(p)))
        };
        listed(&self.root.join("roots"))?.into_iter().map(read).collect()
    }

    /// Forgets where lock files lay that are no more.
    pub(super) fn forget_lock_files(&self) -> Result<(), StoreError> {
        for entry in listed(&self.root.join("roots"))? {
            let path = entry.path();
            let lock = during("read", &path, fs::read(&path))?;
            let lock = PathBuf::from(OsString::from_vec(lock));
            // One on a disk that is not there now may come back: its folder is not there either.
            let left = lock.parent().is_some_and(Path::is_dir) && !lock.exists();
            if left {
                during("remove", &path, super::remove(&path))?;
            }
        }
        Ok(())
    }
}

fn keys_of(lock: &Path) -> Result<Option<Vec<Digest>>, String> {
    let read = LockFile::read(lock).map_err(|error| error.to_string())?;
    Ok(read.map(|lock| lock.stage.values().map(|stage| stage.key).collect()))
}
