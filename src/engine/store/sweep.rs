//! What killed runs left behind is cleared away by the next.

use super::{Store, StoreError, during, host, remove, session::Access};
use std::{fs, path::Path, time::Duration};

impl Store {
    /// Removes what killed runs left behind: folders of work whose key nobody holds, files that
    /// nobody writes any more, notes of dead processes, and checkpoints of what is finished.
    pub fn sweep(&self) -> Result<(), StoreError> {
        if let Access::ReadOnly { .. } = self.access {
            return Ok(());
        }
        for entry in self.entries("tmp")? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let key = name.split('.').next().and_then(|key| key.parse().ok());
            let dead = match key {
                Some(key) => self.try_lock(&key)?.is_some(),
                None => is_abandoned(&name, &entry),
            };
            if dead {
                let path = entry.path();
                during("remove", &path, remove(&path))?;
            }
        }
        for entry in self.entries("scratch")? {
            let key = entry.file_name().to_string_lossy().parse();
            if key.is_ok_and(|key| self.record_path(&key).exists()) {
                let path = entry.path();
                during("remove", &path, remove(&path))?;
            }
        }
        for entry in self.entries("runs")? {
            self.bury(&entry.path())?;
        }
        Ok(())
    }
}

/// Whether a temporary file's writer, named in the file's name, is gone: a process of this host
/// that does not live any more, or anybody a day ago.
fn is_abandoned(name: &str, entry: &fs::DirEntry) -> bool {
    const DAY: Duration = Duration::from_secs(86_400);
    let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|t| t.elapsed().ok());
    let ours = name.strip_prefix(&format!("write.{}.", host()));
    let process = ours.and_then(|rest| rest.split('-').next());
    process.is_some_and(|id| !Path::new("/proc").join(id).exists()) || age.is_some_and(|a| a > DAY)
}
