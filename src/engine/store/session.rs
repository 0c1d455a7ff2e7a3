//! A process that works in the store: what it took from there and made is noted, so that nobody
//! clears it away meanwhile.
//!
//! Notes are lines of a file in `runs/`, which is locked as long as its process lives. A note is
//! written **before** one looks, under a shared lock of the file `gate`; who clears away holds that
//! lock alone. So whatever is found after its note stays until the process ends. A process that
//! cannot write notes, since the disk is full or the store read-only, keeps the gate shut instead.

use super::{
    Store, StoreError, during,
    inventory::{is_gone, listed},
    lock::is_current,
    unique,
};
use crate::engine::digest::Digest;
use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// What a process may do with a store.
#[derive(Clone, Debug)]
pub(super) enum Access {
    /// It looks and writes nothing. The lock, if it has one, keeps what is there.
    Look {
        _gate: Option<Arc<File>>,
    },
    Work(Arc<Session>),
    /// It would work, and the store cannot be written to, and why.
    ReadOnly {
        why: String,
        _gate: Option<Arc<File>>,
    },
}

/// A working process, from its first note to its end.
#[derive(Debug)]
pub(super) struct Session {
    root: PathBuf,
    gate: File,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Fresh,
    Noting {
        path: PathBuf,
        file: File,
        noted: HashSet<Note>,
    },
    /// Holds the gate until it ends, since it could not note something.
    Shut,
}

/// What is to stay while its process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Note {
    /// The record under a key, and its blobs.
    Key(Digest),
    /// A blob whose record is not written yet.
    Blob(Digest),
}

/// What running processes hold.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub keys: HashSet<Digest>,
    pub blobs: HashSet<Digest>,
}

/// Nobody else notes anything while this lives.
#[derive(Debug)]
pub(super) struct Alone {
    // The open file is the lock.
    _gate: File,
}

const KEY: &str = "key ";
const BLOB: &str = "blob ";

impl Access {
    /// To work with, or read-only where the store's files cannot be written to.
    pub fn to(root: &Path) -> Result<Access, StoreError> {
        let path = gate(root);
        let opened =
            File::options().read(true).write(true).create(true).truncate(false).open(&path);
        match opened {
            Ok(gate) => Ok(Access::Work(Arc::new(Session {
                root: root.into(),
                gate,
                state: Mutex::new(State::Fresh),
            }))),
            Err(error) if is_refused(&error) => {
                Ok(Access::ReadOnly { why: error.to_string(), _gate: keep_shut(root)? })
            }
            Err(error) => during("open", &path, Err(error)),
        }
    }

    /// To look into a store that is not to change meanwhile.
    pub fn look(root: &Path) -> Result<Access, StoreError> {
        Ok(Access::Look { _gate: keep_shut(root)? })
    }
}

/// Holds the gate, if there is one: without, nobody clears anything away.
pub(super) fn keep_shut(root: &Path) -> Result<Option<Arc<File>>, StoreError> {
    let path = gate(root);
    let Ok(file) = File::open(&path) else { return Ok(None) };
    during("lock", &path, file.lock_shared())?;
    Ok(Some(Arc::new(file)))
}

/// Whether the file system does not let us write, as opposed to failing at it.
pub(super) fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

fn gate(root: &Path) -> PathBuf {
    root.join("gate")
}

impl Session {
    /// Sees to it that something stays that is looked at after this.
    ///
    /// # Errors
    /// When it cannot be known whether somebody is clearing away.
    pub fn note(&self, note: Note) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Shut => return Ok(()),
            State::Noting { noted, .. } if noted.contains(&note) => return Ok(()),
            _ => {}
        }
        let path = gate(&self.root);
        during("lock", &path, self.gate.lock_shared())?;
        match self.write(&mut state, note) {
            Ok(()) => during("unlock", &path, self.gate.unlock()),
            Err(_) => {
                let before = std::mem::replace(&mut *state, State::Shut);
                before.clear();
                Ok(())
            }
        }
    }

    fn write(&self, state: &mut State, note: Note) -> io::Result<()> {
        if let State::Fresh = state {
            let (path, file) = self.register()?;
            *state = State::Noting { path, file, noted: HashSet::new() };
        }
        if let State::Noting { file, noted, .. } = state {
            let line = match note {
                Note::Key(digest) => format!("{KEY}{digest}\n"),
                Note::Blob(digest) => format!("{BLOB}{digest}\n"),
            };
            file.write_all(line.as_bytes())?;
            noted.insert(note);
        }
        Ok(())
    }

    /// A file for notes, locked.
    fn register(&self) -> io::Result<(PathBuf, File)> {
        loop {
            let path = self.root.join("runs").join(unique());
            let file = File::options().append(true).create_new(true).open(&path)?;
            // Somebody may have taken it for a dead one's before it was locked.
            if file.try_lock().is_ok() && is_current(&path, &file)? {
                return Ok((path, file));
            }
        }
    }
}

impl State {
    fn clear(&self) {
        if let State::Noting { path, .. } = self {
            // Left behind it would be found to be nobody's.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Store {
    /// Notes what is going to be looked at, if this process works with the store.
    pub(super) fn note(&self, note: Note) -> Result<(), StoreError> {
        match &self.access {
            Access::Work(session) => session.note(note),
            Access::Look { .. } | Access::ReadOnly { .. } => Ok(()),
        }
    }

    /// Waits until nobody is about to note something; `on_wait` is told if somebody is.
    pub(super) fn alone(&self, on_wait: impl FnOnce()) -> Result<Alone, StoreError> {
        let path = gate(&self.root);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = during("open", &path, file)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_wait();
                during("lock", &path, file.lock())?;
            }
            Err(TryLockError::Error(error)) => return during("lock", &path, Err(error)),
        }
        Ok(Alone { _gate: file })
    }

    /// What running processes have noted.
    pub(super) fn held(&self) -> Result<Held, StoreError> {
        let mut held = Held::default();
        for entry in listed(&self.root.join("runs"))? {
            let path = entry.path();
            if of_the_dead(&path)?.is_some() {
                continue;
            }
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return during("read", &path, Err(error)),
            };
            for line in text.lines() {
                let digest = |prefix| line.strip_prefix(prefix)?.parse::<Digest>().ok();
                held.keys.extend(digest(KEY));
                held.blobs.extend(digest(BLOB));
            }
        }
        Ok(held)
    }

    /// Clears a file of notes away if its process is gone.
    pub(super) fn bury(&self, path: &Path) -> Result<(), StoreError> {
        match of_the_dead(path)? {
            // Removed while it is locked, so that nobody registers with it.
            Some(_lock) => during("remove", path, super::remove(path)),
            None => Ok(()),
        }
    }
}

/// A file of notes, locked, if its process is gone.
fn of_the_dead(path: &Path) -> Result<Option<File>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return during("open", path, Err(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => during("lock", path, Err(error)),
    }
}
