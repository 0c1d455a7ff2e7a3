//! The content-addressed store: blobs by their digest, records by the key of their recipe.
//!
//! ```text
//! objects/<aa>/<digest>      read-only blobs
//! recipes/<aa>/<key>.json    recipe, outputs, provenance; written last
//! tmp/<key>.<attempt>/       work in progress
//! scratch/<key>/             checkpoints
//! locks/<key>                held while a key is being made
//! index/                     stat indices of source folders
//! history/<pipeline>.json    what each stage last was, for explanations
//! failures/<key>.json        how a point of a search failed
//! roots/                     where lock files lie whose stages are to stay
//! runs/<process>             what a running process found and made, which is to stay
//! gate                       locked by who notes something there, and by who clears away
//! version                    of this layout
//! ```
//! Everything appears by rename from a synced temporary; a record is written after its blobs, so
//! a killed run leaves nothing that could be taken for a result.

mod choice;
mod failure;
mod gc;
mod history;
mod inventory;
mod lock;
mod publish;
mod record;
mod roots;
mod seal;
mod session;
mod sweep;
mod usage;
mod used;
mod verify;
mod version;

pub use choice::Limit;
pub use failure::Failure;
pub use gc::{Collected, Gone, How};
pub use history::History;
pub use lock::{KeyLock, host};
pub use record::{Provenance, Rate, Record};
pub use seal::{sealed, unsealed};
pub use sweep::clear;
pub use usage::{Share, Usage};
pub use verify::{Damage, Found};

use super::{
    artifact::{Files, Tree},
    digest::Digest,
};
use inventory::is_gone;
use record::parsed;
use session::{Access, Note, is_refused};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A folder that holds results.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    access: Access,
}

/// What the store has under a key.
#[derive(Debug)]
pub enum Lookup {
    Hit(Box<Record>),
    Miss,
    /// There is a record, but not all that it promises; it will be made again.
    Damaged(String),
}

/// The store could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {action} {}: {error}", path.display())]
    Io { action: &'static str, path: PathBuf, error: io::Error },
    #[error("the store {} cannot be written to: {why}; make it writable, or give another with `--cache`", path.display())]
    ReadOnly { path: PathBuf, why: String },
    #[error("the store {} has version `{found}`, and this microtome knows version 1: use the program that wrote it, or give another folder with `--cache`", path.display())]
    Version { path: PathBuf, found: String },
    #[error("cannot keep the file {0:?}: its name is not Unicode")]
    Name(PathBuf),
}

/// Names the action and the file of an I/O error.
fn during<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::Io { action, path: path.into(), error })
}

/// The folders of a store.
const PARTS: [&str; 10] = [
    "objects", "recipes", "tmp", "scratch", "locks", "index", "history", "failures", "runs",
    "roots",
];

impl Store {
    /// A store that need not be there, to look into.
    pub fn at(root: &Path) -> Store {
        Store { root: root.to_path_buf(), access: Access::Look { _gate: None } }
    }

    /// The same for a store that stays as it is while it is looked at: nobody clears anything away.
    ///
    /// # Errors
    /// When another version wrote it.
    pub fn look(root: &Path) -> Result<Store, StoreError> {
        let store = Store::at(root);
        store.check_version()?;
        Ok(Store { access: Access::look(root)?, ..store })
    }

    /// Opens a store to work with, making its folders. One that is there and cannot be written to
    /// is read from.
    ///
    /// # Errors
    /// When it cannot be made or read, or another version wrote it.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let store = Store::at(root);
        let made = store.make_folders().and_then(|()| store.mark_version());
        let access = match made {
            Ok(()) => Access::to(root)?,
            Err(StoreError::Io { error, .. })
                if is_refused(&error) && root.join("recipes").is_dir() =>
            {
                store.check_version()?;
                Access::ReadOnly { why: error.to_string(), _gate: session::keep_shut(root)? }
            }
            Err(error) => return Err(error),
        };
        Ok(Store { access, ..store })
    }

    fn make_folders(&self) -> Result<(), StoreError> {
        for part in PARTS {
            let path = self.root.join(part);
            during("make", &path, fs::create_dir_all(&path))?;
        }
        Ok(())
    }

    /// Why nothing can be made here, if that is so.
    pub fn read_only(&self) -> Option<&str> {
        match &self.access {
            Access::ReadOnly { why, .. } => Some(why),
            Access::Look { .. } | Access::Work(_) => None,
        }
    }

    pub fn index_dir(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Where a blob lies, or would lie.
    pub fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.root.join("objects").join(&hex[..2]).join(&hex)
    }

    /// The folder that survives interruption of the making of a key.
    pub fn scratch(&self, key: &Digest) -> Result<PathBuf, StoreError> {
        let path = self.root.join("scratch").join(key.hex());
        during("make", &path, fs::create_dir_all(&path))?;
        Ok(path)
    }

    /// Whether an interrupted making of a key left something to go on from.
    pub fn has_scratch(&self, key: &Digest) -> bool {
        let path = self.root.join("scratch").join(key.hex());
        fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some())
    }

    fn record_path(&self, key: &Digest) -> PathBuf {
        let hex = key.hex();
        self.root.join("recipes").join(&hex[..2]).join(format!("{hex}.json"))
    }

    /// The record under a key, whether its blobs are there or not.
    pub fn record(&self, key: &Digest) -> Option<Record> {
        unsealed(&fs::read(self.record_path(key)).ok()?)
    }

    /// Looks a key up; a hit means that the record reads, is for this key, and that every blob is
    /// there in its full size.
    pub fn find(&self, key: &Digest) -> Lookup {
        if let Err(error) = self.note(Note::Key(*key)) {
            return Lookup::Damaged(error.to_string());
        }
        let text = match self.read_record(key) {
            Ok(text) => text,
            Err(error) if is_gone(&error) => return Lookup::Miss,
            Err(error) => return Lookup::Damaged(format!("its record cannot be read: {error}")),
        };
        let record = match parsed(&text, key) {
            Ok(record) => record,
            Err(why) => return Lookup::Damaged(why),
        };
        for file in record.outputs.files() {
            match fs::metadata(self.blob(&file.digest)) {
                Ok(meta) if meta.len() == file.size => {}
                Ok(meta) => {
                    let (name, size, found) = (&file.name, file.size, meta.len());
                    return Lookup::Damaged(format!(
                        "`{name}` has {found} bytes instead of {size}"
                    ));
                }
                Err(_) => return Lookup::Damaged(format!("`{}` is gone", file.name)),
            }
        }
        Lookup::Hit(Box::new(record))
    }

    fn read_record(&self, key: &Digest) -> io::Result<Vec<u8>> {
        let (mut file, mut text) = (File::open(self.record_path(key))?, Vec::new());
        file.read_to_end(&mut text)?;
        if let Access::Work(_) = self.access {
            used::renew(&file);
        }
        Ok(text)
    }

    /// The files of a record for a reader.
    pub fn files(&self, outputs: &Tree, stage: &str, artifact: &'static str) -> Files {
        let path = |file: &super::artifact::File| (file.name.clone(), self.blob(&file.digest));
        Files { stage: stage.into(), artifact, paths: outputs.files().iter().map(path).collect() }
    }

    /// Whether a blob still is what its digest says.
    ///
    /// # Errors
    /// Only when it is there and cannot be read.
    pub fn verify(&self, digest: &Digest) -> Result<bool, StoreError> {
        let path = self.blob(digest);
        match Digest::of_file(&path) {
            Ok((found, _)) => Ok(found == *digest),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => during("read", &path, Err(error)),
        }
    }

    /// Takes a damaged blob away, so that what needs it is made again.
    pub fn forget(&self, digest: &Digest) -> Result<(), StoreError> {
        let path = self.blob(digest);
        during("remove", &path, remove(&path))
    }

    /// Writes a file of the store; a killed writer's leftover lies where `sweep` finds it.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = path.parent().unwrap_or(&self.root);
        during("make", folder, fs::create_dir_all(folder))?;
        let name = format!("write.{}", unique());
        write_through(&self.root.join("tmp").join(name), path, bytes)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if is_gone(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The end of a temporary's name, which tells its writer and is no other writer's, in this process
/// or another: `host.process-count`.
pub fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}.{}-{}", host(), std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The folder that a path lies in; that of a bare name is the working directory.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes a file so that it is either there whole or not at all, even after a power failure.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let begin = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    clear(folder_of(path), &begin);
    write_through(&folder_of(path).join(format!("{begin}{}.tmp", unique())), path, bytes)
}

/// Writes a file that only saves time: it is there whole or not at all while the machine runs, may be
/// lost with its power, and not being able to write it is no error.
pub fn write_loosely(path: &Path, bytes: &[u8]) {
    let temporary = path.with_extension(format!("{}.tmp", unique()));
    let _ = fs::create_dir_all(folder_of(path));
    if fs::write(&temporary, bytes).is_err() || fs::rename(&temporary, path).is_err() {
        let _ = fs::remove_file(&temporary);
    }
}

fn write_through(temporary: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(temporary, path)?;
        File::open(folder_of(path))?.sync_all()
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(temporary);
    }
    during("write", path, written)
}
