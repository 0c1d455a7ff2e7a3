//! One maker a key: an advisory lock of the operating system, gone with its holder.

use super::{Store, StoreError, during, inventory::is_gone, session::Access};
use crate::engine::digest::Digest;
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How often a waiting process asks for the lock.
const POLL: Duration = Duration::from_millis(20);

/// Held while a key is being made; dropped, it is free again, whatever became of the process.
#[derive(Debug)]
pub struct KeyLock {
    path: PathBuf,
    // The open file is the lock.
    _file: File,
}

impl Drop for KeyLock {
    fn drop(&mut self) {
        // Removed while still held: who opened it meanwhile sees that it is no longer the file
        // under its name, and opens the next one.
        let _ = fs::remove_file(&self.path);
    }
}

impl Store {
    /// Waits until nobody else makes the key; `on_wait` is told once who does. Gives up, with
    /// none, when `stop` is set.
    pub fn lock(
        &self,
        key: &Digest,
        stop: &AtomicBool,
        on_wait: impl FnOnce(String),
    ) -> Result<Option<KeyLock>, StoreError> {
        let mut on_wait = Some(on_wait);
        loop {
            if let Some(lock) = self.try_lock(key)? {
                return Ok(Some(lock));
            }
            if let Some(tell) = on_wait.take() {
                tell(holder(&self.lock_path(key)));
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            // Asked again and again, since a blocking lock would not hear of the wish to stop.
            std::thread::sleep(POLL);
        }
    }

    /// The lock if nobody holds it.
    pub fn try_lock(&self, key: &Digest) -> Result<Option<KeyLock>, StoreError> {
        if let Access::ReadOnly { why, .. } = &self.access {
            return Err(StoreError::ReadOnly { path: self.root.clone(), why: why.clone() });
        }
        let (path, file) = self.open_lock(key)?;
        match file.try_lock() {
            Ok(()) => claim(path, file),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => during("lock", &path, Err(error)),
        }
    }

    fn lock_path(&self, key: &Digest) -> PathBuf {
        self.root.join("locks").join(key.hex())
    }

    fn open_lock(&self, key: &Digest) -> Result<(PathBuf, File), StoreError> {
        let path = self.lock_path(key);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = during("open", &path, file)?;
        Ok((path, file))
    }
}

/// The lock, if the locked file is still the one under its name.
fn claim(path: PathBuf, mut file: File) -> Result<Option<KeyLock>, StoreError> {
    if !during("read", &path, is_current(&path, &file))? {
        return Ok(None);
    }
    let written = file.set_len(0).and_then(|()| file.write_all(myself().as_bytes()));
    during("write", &path, written)?;
    Ok(Some(KeyLock { path, _file: file }))
}

/// Whether an open file is still the one under its name.
pub(super) fn is_current(path: &Path, file: &File) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::metadata(path) {
        Ok(meta) => Ok((meta.dev(), meta.ino()) == (held.dev(), held.ino())),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn holder(path: &Path) -> String {
    let mut who = String::new();
    let read = File::open(path).and_then(|mut file| file.read_to_string(&mut who));
    match read {
        Ok(_) if who == myself() => "another stage of this run".into(),
        Ok(_) if !who.is_empty() => who,
        _ => "another process".into(),
    }
}

fn myself() -> String {
    format!("process {} on {}", std::process::id(), host())
}

/// The machine's name, for people.
pub fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "this host".into() } else { name.trim().into() }
}
