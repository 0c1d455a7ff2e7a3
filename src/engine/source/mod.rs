//! Source files are leaves of the graph: known by their contents, read again only when moved.

mod index;

use super::{
    digest::{Digest, Domain},
    stage::StageError,
};
use index::{Index, Stat};
use rayon::prelude::*;
use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};
use walkdir::WalkDir;

/// Decides by the path relative to the root whether a stage reads a file.
pub type Keep = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// Brings a file, or a folder of files, to this machine, unless it is here already, and says where
/// it lies.
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
    /// Those below a folder that are kept, and that may have to be brought here first.
    DistantFolder(Bring, Keep),
}

impl Root {
    fn path(&self) -> Result<PathBuf, SourceError> {
        match self {
            Root::Folder(path, _) | Root::File(path) => Ok(path.clone()),
            Root::Distant(bring) | Root::DistantFolder(bring, _) => {
                bring().map_err(SourceError::Distant)
            }
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Root::Folder(..) | Root::DistantFolder(..) => "folder",
            Root::File(_) | Root::Distant(_) => "file",
        }
    }
}

/// What the files were when they were hashed.
pub struct Snapshot {
    pub digest: Digest,
    files: Vec<(Found, Stat, Digest)>,
}

impl Snapshot {
    /// The digest of each file by its name, which is relative to the root.
    pub fn digests(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.files.iter().map(|(file, _, digest)| (&*file.name, digest))
    }
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

impl SourceFiles {
    /// Hashes what has changed since the last time, and takes the rest from the index kept in
    /// `index_dir`.
    pub fn snapshot(&self, index_dir: &Path) -> Result<Snapshot, SourceError> {
        let root = self.root.path()?;
        let found = self.files(&root)?;
        let index_path = Index::path(&root, index_dir);
        let index = Index::read(&index_path);
        let began = SystemTime::now();
        let hashed = AtomicBool::new(false);
        let hash = |file: Found| {
            let stat = Stat::of(&file.path)?;
            if let Some(digest) = index.find(&file.name, &stat) {
                return Ok((file, stat, digest));
            }
            hashed.store(true, Ordering::Relaxed);
            let digest = Digest::of_file(&file.path).map_err(|e| unreadable(&file.path, e));
            digest.map(|(digest, _)| (file, stat, digest))
        };
        let files: Vec<_> = found.into_par_iter().map(hash).collect::<Result<_, SourceError>>()?;
        let same = !hashed.into_inner() && files.len() == index.len();
        let digest = match index.whole {
            Some(whole) if same => whole,
            _ => whole(&files),
        };
        if !same {
            Index::write(&index_path, &digest, &files, began);
        }
        Ok(Snapshot { digest, files })
    }

    /// # Errors
    /// Names the first file that is not what it was at the time of the snapshot.
    pub fn unchanged(&self, since: &Snapshot) -> Result<(), SourceError> {
        let root = self.root.path()?;
        let now = self.files(&root)?;
        let mut pairs = now.iter().zip(since.files.iter().map(|(file, ..)| file));
        if let Some((file, _)) = pairs.find(|(now, before)| now != before) {
            return Err(SourceError::Moved(file.path.clone()));
        }
        if now.len() != since.files.len() {
            return Err(SourceError::Moved(root));
        }
        since.files.par_iter().try_for_each(|(file, stat, _)| {
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
            Root::Folder(_, keep) | Root::DistantFolder(_, keep) if meta.is_dir() => {
                files_below(root, keep)
            }
            Root::File(_) | Root::Distant(_) if meta.is_file() => {
                Ok(vec![Found { name: String::new(), path: root.into() }])
            }
            _ => Err(SourceError::Other { what, path: root.into() }),
        }
    }
}

/// The digest of all files together.
fn whole(files: &[(Found, Stat, Digest)]) -> Digest {
    let mut text = String::new();
    for (file, _, digest) in files {
        // A file name is written as JSON, so that none can pass for a line of another.
        let _ = writeln!(text, "{digest} {}", serde_json::Value::from(file.name.as_str()));
    }
    Digest::of_text(Domain::Sources, &text)
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
