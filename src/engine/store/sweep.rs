//! What killed runs left behind is cleared away by the next.

use super::{Store, StoreError, during, host, inventory::listed, remove, session::Access};
use crate::engine::digest::Digest;
use std::{fs, path::Path, time::Duration};

impl Store {
    /// Removes what killed runs left behind: folders of work and locks whose key nobody holds, files
    /// that nobody writes any more, notes of dead processes, and checkpoints of what is finished.
    pub fn sweep(&self) -> Result<(), StoreError> {
        if let Access::ReadOnly { .. } = self.access {
            return Ok(());
        }
        for entry in listed(&self.root.join("tmp"))? {
            let name = entry.file_name().to_string_lossy().into_owned();
            match name.split('.').next().and_then(|key| key.parse().ok()) {
                Some(key) => self.remove_unless_held(&key, &entry.path())?,
                None if is_abandoned(&name, &entry) => {
                    during("remove", &entry.path(), remove(&entry.path()))?;
                }
                None => {}
            }
        }
        for entry in listed(&self.root.join("scratch"))? {
            if let Ok(key) = entry.file_name().to_string_lossy().parse()
                && self.record_path(&key).exists()
            {
                self.remove_unless_held(&key, &entry.path())?;
            }
        }
        for entry in listed(&self.root.join("locks"))? {
            if let Ok(key) = entry.file_name().to_string_lossy().parse() {
                // Taken and dropped, a lock that its holder left behind is gone.
                drop(self.try_lock(&key)?);
            }
        }
        for entry in listed(&self.root.join("runs"))? {
            self.bury(&entry.path())?;
        }
        clear(&self.index_dir(), "");
        Ok(())
    }

    /// Removes what belongs to the making of a key, unless somebody makes it. The lock is held
    /// until it is gone, since somebody could begin meanwhile.
    fn remove_unless_held(&self, key: &Digest, path: &Path) -> Result<(), StoreError> {
        match self.try_lock(key)? {
            Some(_lock) => during("remove", path, remove(path)),
            None => Ok(()),
        }
    }
}

/// The host and the process of a temporary's writer, if the name is one of ours.
fn writer(name: &str) -> Option<(&str, u32)> {
    let (rest, writer) = name.strip_suffix(".tmp").unwrap_or(name).rsplit_once('.')?;
    let (process, count) = writer.split_once('-')?;
    count.parse::<u64>().ok()?;
    Some((rest, process.parse().ok()?))
}

/// Whether a temporary's writer is gone: a process of this host that does not live any more, or
/// anybody a day ago.
fn is_abandoned(name: &str, entry: &fs::DirEntry) -> bool {
    const DAY: Duration = Duration::from_secs(86_400);
    let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|t| t.elapsed().ok());
    let here = format!(".{}", host());
    let ours = writer(name).filter(|(rest, _)| rest.ends_with(&here));
    let is_gone = |process: u32| !Path::new("/proc").join(process.to_string()).exists();
    ours.is_some_and(|(_, process)| is_gone(process)) || age.is_some_and(|a| a > DAY)
}

/// Removes the temporaries in a folder that their writers left behind; those of one name, if it is
/// given. What cannot be removed is left for the next time.
pub fn clear(folder: &Path, begin: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.starts_with(begin) && writer(&name).is_some();
        if ours && is_abandoned(&name, &entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
