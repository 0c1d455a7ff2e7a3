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
//! ```
//! Everything appears by rename from a synced temporary; a record is written after its blobs, so
//! a killed run leaves nothing that could be taken for a result.

mod history;
mod lock;
mod publish;

pub use history::History;
pub use lock::{KeyLock, host};

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
    /// Opens a store, making its folders.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let store = Store { root: root.to_path_buf() };
        for part in ["objects", "recipes", "tmp", "scratch", "locks", "index", "history"] {
            let path = store.root.join(part);
            during("make", &path, fs::create_dir_all(&path))?;
        }
        Ok(store)
    }

    pub fn root(&self) -> &Path {
        &self.root
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

    fn record_path(&self, key: &Digest) -> PathBuf {
        let hex = key.hex();
        self.root.join("recipes").join(&hex[..2]).join(format!("{hex}.json"))
    }

    /// The record under a key, whether its blobs are there or not.
    pub fn record(&self, key: &Digest) -> Option<Record> {
        serde_json::from_slice(&fs::read(self.record_path(key)).ok()?).ok()
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
        let record: Record = match serde_json::from_slice(&text) {
            Ok(record) => record,
            Err(_) => return Lookup::Damaged("its record is not readable".into()),
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

    /// Removes what killed runs left behind: folders of work whose key nobody holds.
    pub fn sweep(&self) -> Result<(), StoreError> {
        let tmp = self.root.join("tmp");
        for entry in during("read", &tmp, fs::read_dir(&tmp))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let key = name.split('.').next().and_then(|key| key.parse().ok());
            let Some(key) = key else { continue };
            if let Some(_lock) = self.try_lock(&key)? {
                let path = entry.path();
                during("remove", &path, remove(&path))?;
            }
        }
        Ok(())
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

/// Writes a file so that it is either there whole or not at all, even after a power failure.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    during("make", folder, fs::create_dir_all(folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", unique()));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    during("write", path, written)
}
