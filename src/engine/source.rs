//! Source files are leaves of the graph: known by their contents, read again only when moved.
//!
//! A stat index remembers the digest of each file beside its size, times and inode. A file whose
//! times are too close to the moment of hashing is left out of it, since a later change could
//! leave the same times behind (the racy-clean rule of Git's index).

use super::{
    digest::{Digest, Domain},
    stage::StageError,
    store::unique,
};
use rayon::prelude::*;
use std::{
    collections::HashMap,
    fmt::Write,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use walkdir::WalkDir;

/// Decides by the path relative to the root whether a stage reads a file.
pub type Keep = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// Brings a file to this machine, unless it is here already, and says where it lies.
pub type Bring = Arc<dyn Fn() -> Result<PathBuf, StageError> + Send + Sync>;

/// The files that a stage depends on: those below a folder, or a single one.
#[derive(Clone)]
pub struct SourceFiles {
    /// The parameter that names them, for explanations: `source.kaggle.dir`.
    pub name: String,
    pub root: Root,
}

/// Where source files lie. Neither a folder's path nor a single file's name tells them from others.
#[derive(Clone)]
pub enum Root {
    /// Those below a folder that are kept.
    Folder(PathBuf, Keep),
    File(PathBuf),
    /// A single file that may have to be brought here first; by its contents the same as a local one.
    Distant(Bring),
}

impl Root {
    fn path(&self) -> Result<PathBuf, SourceError> {
        match self {
            Root::Folder(path, _) | Root::File(path) => Ok(path.clone()),
            Root::Distant(bring) => bring().map_err(SourceError::Distant),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Root::Folder(..) => "folder",
            Root::File(_) | Root::Distant(_) => "file",
        }
    }
}

/// What the files were when they were hashed.
pub struct Snapshot {
    pub digest: Digest,
    files: Vec<(Found, Stat)>,
}

/// A file of a source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    /// Relative to the root, `/` between its parts; what is not Unicode in it is replaced.
    name: String,
    path: PathBuf,
}

/// Why the source files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the {what} {} does not exist", path.display())]
    Missing { what: &'static str, path: PathBuf },
    #[error("{} is not a {what}", path.display())]
    Other { what: &'static str, path: PathBuf },
    #[error("cannot read {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} changed while it was being read", .0.display())]
    Moved(PathBuf),
    #[error(transparent)]
    Distant(StageError),
}

/// How close a file's times may be to the moment of hashing and still be trusted: the coarsest
/// clock among the usual file systems ticks every two seconds.
const RACY: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    size: u64,
    mtime: i128,
    ctime: i128,
    inode: u64,
}

impl Stat {
    fn of(path: &Path) -> Result<Stat, SourceError> {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        let nanos =
            |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Ok(Stat {
            size: meta.len(),
            mtime: nanos(meta.mtime(), meta.mtime_nsec()),
            ctime: nanos(meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
        })
    }

    fn settled(&self, now: SystemTime) -> bool {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let limit = since.saturating_sub(RACY).as_nanos() as i128;
        self.mtime < limit && self.ctime < limit
    }
}

impl SourceFiles {
    /// Hashes what has changed since the last time, and takes the rest from the index kept in
    /// `index_dir`.
    pub fn snapshot(&self, index_dir: &Path) -> Result<Snapshot, SourceError> {
        let root = self.root.path()?;
        let found = self.files(&root)?;
        let index_path = index_path(&root, index_dir);
        let index = read_index(&index_path);
        let now = SystemTime::now();
        let hash = |file: Found| {
            let stat = Stat::of(&file.path)?;
            match index.get(&file.name) {
                Some((known, digest)) if *known == stat => Ok((file, stat, *digest, false)),
                _ => {
                    let hashed = Digest::of_file(&file.path).map_err(|e| unreadable(&file.path, e));
                    hashed.map(|(digest, _)| (file, stat, digest, true))
                }
            }
        };
        let files: Vec<_> = found.into_par_iter().map(hash).collect::<Result<_, SourceError>>()?;
        if files.iter().any(|(.., fresh)| *fresh) || files.len() != index.len() {
            write_index(&index_path, files.iter().filter(|(_, stat, ..)| stat.settled(now)));
        }
        let mut text = String::new();
        for (file, _, digest, _) in &files {
            // A file name is written as JSON, so that none can pass for a line of another.
            let _ = writeln!(text, "{digest} {}", serde_json::Value::from(file.name.as_str()));
        }
        let digest = Digest::of_text(Domain::Sources, &text);
        let files = files.into_iter().map(|(file, stat, ..)| (file, stat)).collect();
        Ok(Snapshot { digest, files })
    }

    /// # Errors
    /// Names the first file that is not what it was at the time of the snapshot.
    pub fn unchanged(&self, since: &Snapshot) -> Result<(), SourceError> {
        let root = self.root.path()?;
        let now = self.files(&root)?;
        let mut pairs = now.iter().zip(since.files.iter().map(|(file, _)| file));
        if let Some((file, _)) = pairs.find(|(now, before)| now != before) {
            return Err(SourceError::Moved(file.path.clone()));
        }
        if now.len() != since.files.len() {
            return Err(SourceError::Moved(root));
        }
        since.files.par_iter().try_for_each(|(file, stat)| {
            let same = Stat::of(&file.path)? == *stat;
            if same { Ok(()) } else { Err(SourceError::Moved(file.path.clone())) }
        })
    }

    /// All kept files, sorted by name.
    fn files(&self, root: &Path) -> Result<Vec<Found>, SourceError> {
        let what = self.root.word();
        let meta = fs::metadata(root).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::Missing { what, path: root.into() },
            _ => unreadable(root, error),
        })?;
        match &self.root {
            Root::Folder(_, keep) if meta.is_dir() => files_below(root, keep),
            Root::File(_) | Root::Distant(_) if meta.is_file() => {
                Ok(vec![Found { name: String::new(), path: root.into() }])
            }
            _ => Err(SourceError::Other { what, path: root.into() }),
        }
    }
}

fn index_path(root: &Path, index_dir: &Path) -> PathBuf {
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.into());
    let name = Digest::of_bytes(root.to_string_lossy().as_bytes()).short();
    index_dir.join(format!("{name}.stat"))
}

fn files_below(root: &Path, keep: &Keep) -> Result<Vec<Found>, SourceError> {
    let mut found = Vec::new();
    for entry in WalkDir::new(root).follow_links(true) {
        let entry = match entry {
            Ok(entry) => entry,
            // A link to nowhere or in a circle leads to no file. Who needs one says so.
            Err(error) if error.path().is_some_and(Path::is_symlink) => continue,
            Err(error) => {
                let path = error.path().unwrap_or(root).to_path_buf();
                return Err(SourceError::Unreadable { path, error: error.into() });
            }
        };
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        if entry.file_type().is_file() && keep(relative) {
            let parts = relative.components().map(|c| c.as_os_str().to_string_lossy());
            let name = parts.collect::<Vec<_>>().join("/");
            found.push(Found { name, path: entry.into_path() });
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn unreadable(path: &Path, error: io::Error) -> SourceError {
    SourceError::Unreadable { path: path.into(), error }
}

const INDEX_HEADER: &str = "microtome stat index 1";

/// One line a file: size, mtime, ctime, inode, digest, name. What cannot be read is not known.
fn read_index(path: &Path) -> HashMap<String, (Stat, Digest)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines();
    if lines.next() != Some(INDEX_HEADER) {
        return HashMap::new();
    }
    let entry = |line: &str| {
        let mut parts = line.splitn(6, ' ');
        let stat = Stat {
            size: parts.next()?.parse().ok()?,
            mtime: parts.next()?.parse().ok()?,
            ctime: parts.next()?.parse().ok()?,
            inode: parts.next()?.parse().ok()?,
        };
        let digest = parts.next()?.parse().ok()?;
        Some((parts.next()?.to_string(), (stat, digest)))
    };
    lines.filter_map(entry).collect()
}

/// The index only saves time, so a failure to write it is no error.
fn write_index<'a>(path: &Path, files: impl Iterator<Item = &'a (Found, Stat, Digest, bool)>) {
    let mut text = format!("{INDEX_HEADER}\n");
    for (file, stat, digest, _) in files.filter(|(file, ..)| !file.name.contains('\n')) {
        let (Found { name, .. }, Stat { size, mtime, ctime, inode }) = (file, stat);
        let _ = writeln!(text, "{size} {mtime} {ctime} {inode} {digest} {name}");
    }
    let temporary = path.with_extension(format!("{}.tmp", unique()));
    let _ = fs::create_dir_all(path.parent().unwrap_or(path));
    if fs::write(&temporary, text).is_err() || fs::rename(&temporary, path).is_err() {
        let _ = fs::remove_file(&temporary);
    }
}
