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
//! ```
//! Everything appears by rename from a synced temporary; a record is written after its blobs, so
//! a killed run leaves nothing that could be taken for a result.

mod failure;
mod history;
mod lock;
mod publish;
mod seal;

pub use failure::Failure;
pub use history::History;
pub use lock::{KeyLock, host};
pub use seal::{sealed, unsealed};

use super::{
    artifact::{Files, Tree},
    digest::Digest,
    recipe::Recipe,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A folder that holds results.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// What is kept under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub recipe: Recipe,
    pub outputs: Tree,
    /// The artifact's figure that matters, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// What the artifact falls short of; a run that holds it fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortfalls: Vec<String>,
    pub provenance: Provenance,
}

/// How a result came about: all that varies from run to run, kept out of artifacts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provenance {
    pub pipeline: String,
    pub stage: String,
    /// Seconds since 1970 at which the stage started.
    pub started: u64,
    pub seconds: f64,
    pub host: String,
    /// What the run called itself, such as the address of a CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    pub version: String,
    /// Why it ran.
    pub reasons: Vec<String>,
    /// How fast it went, where the stage counts something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// So many a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rate {
    pub per_second: f64,
    pub unit: String,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} {}/s", self.per_second, self.unit)
    }
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
#[error("cannot {action} {}: {error}", path.display())]
pub struct StoreError {
    action: &'static str,
    path: PathBuf,
    error: io::Error,
}

/// Names the action and the file of an I/O error.
fn during<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError { action, path: path.into(), error })
}

impl Store {
    /// A store to read from, which need not be there.
    pub fn at(root: &Path) -> Store {
        Store { root: root.to_path_buf() }
    }

    /// Opens a store to write to, making its folders.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let store = Store::at(root);
        for part in
            ["objects", "recipes", "tmp", "scratch", "locks", "index", "history", "failures"]
        {
            let path = store.root.join(part);
            during("make", &path, fs::create_dir_all(&path))?;
        }
        Ok(store)
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
        let path = self.record_path(key);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Lookup::Miss,
            Err(error) => return Lookup::Damaged(format!("its record cannot be read: {error}")),
        };
        let Some(record) = unsealed::<Record>(&text) else {
            return Lookup::Damaged("its record is not readable".into());
        };
        if record.recipe.key() != *key {
            return Lookup::Damaged("its record is for another recipe".into());
        }
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
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => during("read", &path, Err(error)),
        }
    }

    /// Takes a damaged blob away, so that what needs it is made again.
    pub fn forget(&self, digest: &Digest) -> Result<(), StoreError> {
        let path = self.blob(digest);
        during("remove", &path, remove(&path))
    }

    /// Removes what killed runs left behind: folders of work whose key nobody holds, files that
    /// nobody writes any more, and checkpoints of what is finished.
    pub fn sweep(&self) -> Result<(), StoreError> {
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
        Ok(())
    }

    fn entries(&self, part: &str) -> Result<Vec<fs::DirEntry>, StoreError> {
        let path = self.root.join(part);
        Ok(during("read", &path, fs::read_dir(&path))?.flatten().collect())
    }

    /// Writes a file of the store; a killed writer's leftover lies where `sweep` finds it.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = path.parent().unwrap_or(&self.root);
        during("make", folder, fs::create_dir_all(folder))?;
        let name = format!("write.{}.{}", host(), unique());
        write_through(&self.root.join("tmp").join(name), path, bytes)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Part of a temporary file's name that no other writer has, in this process or another.
pub fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Whether a temporary file's writer, named in the file's name, is gone: a process of this host
/// that does not live any more, or anybody a day ago.
fn is_abandoned(name: &str, entry: &fs::DirEntry) -> bool {
    const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
    let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|t| t.elapsed().ok());
    let ours = name.strip_prefix(&format!("write.{}.", host()));
    let process = ours.and_then(|rest| rest.split('-').next());
    process.is_some_and(|id| !Path::new("/proc").join(id).exists()) || age.is_some_and(|a| a > DAY)
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write_through(&folder_of(path).join(format!(".{name}.{}.tmp", unique())), path, bytes)
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
