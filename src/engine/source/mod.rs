//! Source files are leaves of the graph: known by their contents, read again only when moved.

mod index;

use super::{
    digest::{Digest, Domain},
    stage::StageError,
};
use index::{Index, Stat};
use rayon::prelude::*;
use std::{
    borrow::Cow,
    ffi::OsStr,
    fmt::Write,
    fs, io,
    os::unix::ffi::OsStrExt,
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
pub type Bring = Arc<dyn Fn(Reach) -> Result<PathBuf, StageError> + Send + Sync>;

/// How far one may go for source files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// What is not on this machine is fetched.
    #[default]
    Network,
    /// Only what is on this machine already.
    Machine,
}

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
    fn path(&self, reach: Reach) -> Result<PathBuf, SourceError> {
        match self {
            Root::Folder(path, _) | Root::File(path) => Ok(path.clone()),
            Root::Distant(bring) | Root::DistantFolder(bring, _) => {
                bring(reach).map_err(SourceError::Distant)
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
    files: Vec<Found>,
    /// Of each file.
    seen: Vec<(Stat, Digest)>,
}

impl Snapshot {
    /// The digest of each file by its name, which is relative to the root.
    pub fn digests(&self) -> impl Iterator<Item = (Cow<'_, str>, &Digest)> {
        self.files.iter().zip(&self.seen).map(|(file, (_, digest))| (file.name(), digest))
    }

    /// Where each file lies, with its name and digest.
    pub fn files(&self) -> impl Iterator<Item = (Cow<'_, str>, &Path, &Digest)> {
        let each = self.files.iter().zip(&self.seen);
        each.map(|(file, (_, digest))| (file.name(), file.path.as_path(), digest))
    }
}

/// A file of a source.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    path: PathBuf,
    /// Where in the path the name begins: it is relative to the root.
    begin: usize,
}

impl Found {
    fn relative(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path.as_os_str().as_bytes()[self.begin..]))
    }

    /// Of what is not Unicode, the bytes follow the text, so that no two files have one name: no
    /// path has the character between them.
    fn name(&self) -> Cow<'_, str> {
        match self.relative().to_string_lossy() {
            Cow::Owned(text) => {
                Cow::Owned(format!("{text}\0{:x?}", self.relative().as_os_str().as_bytes()))
            }
            whole => whole,
        }
    }
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
    pub fn snapshot(&self, index_dir: &Path, reach: Reach) -> Result<Snapshot, SourceError> {
        let root = self.root.path(reach)?;
        let path = index::path(&root, index_dir);
        let began = SystemTime::now();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let (files, index) = rayon::join(|| self.files(&root), || Index::parse(&text));
        let files = files?;
        let hashed = AtomicBool::new(false);
        let look = |(place, file): (usize, &Found)| {
            let stat = Stat::of(&file.path)?;
            if let Some(digest) = index.find(place, &file.name(), &stat) {
                return Ok((stat, digest));
            }
            hashed.store(true, Ordering::Relaxed);
            let digest = Digest::of_file(&file.path).map_err(|e| unreadable(&file.path, e));
            digest.map(|(digest, _)| (stat, digest))
        };
        // In two steps, since rayon puts only what cannot fail straight into its place.
        let seen: Vec<Result<_, SourceError>> = files.par_iter().enumerate().map(look).collect();
        let seen = seen.into_iter().collect::<Result<Vec<_>, _>>()?;
        let same = !hashed.into_inner() && files.len() == index.len();
        let digest = match index.whole {
            Some(whole) if same => whole,
            _ => whole(&files, &seen),
        };
        if !same {
            index::write(&path, &digest, &files, &seen, began);
        }
        Ok(Snapshot { digest, files, seen })
    }

    /// # Errors
    /// Names a file that is not what it was at the time of the snapshot.
    pub fn unchanged(&self, since: &Snapshot) -> Result<(), SourceError> {
        // They were brought here for the snapshot.
        let root = self.root.path(Reach::Machine)?;
        let now = self.files(&root)?;
        let (before, now) = (sorted(&since.files), sorted(&now));
        if let Some((moved, _)) = now.iter().zip(&before).find(|(now, before)| now != before) {
            return Err(SourceError::Moved(moved.path.clone()));
        }
        if now.len() != before.len() {
            return Err(SourceError::Moved(root));
        }
        since.files.par_iter().zip(&since.seen).try_for_each(|(file, (stat, _))| {
            let same = Stat::of(&file.path)? == *stat;
            if same { Ok(()) } else { Err(SourceError::Moved(file.path.clone())) }
        })
    }

    /// All kept files, in the order of the walk.
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
                Ok(vec![Found { path: root.into(), begin: root.as_os_str().len() }])
            }
            _ => Err(SourceError::Other { what, path: root.into() }),
        }
    }
}

fn sorted(files: &[Found]) -> Vec<&Found> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.par_sort_unstable();
    sorted
}

/// The digest of all files together, in the order of their names.
fn whole(files: &[Found], seen: &[(Stat, Digest)]) -> Digest {
    let mut lines: Vec<_> = files.iter().map(Found::name).zip(seen).collect();
    lines.par_sort_unstable_by(|(a, (_, one)), (b, (_, other))| (a, one).cmp(&(b, other)));
    let mut text = String::new();
    for (name, (_, digest)) in lines {
        // A file name is written as JSON, so that none can pass for a line of another.
        let _ = writeln!(text, "{digest} {}", serde_json::Value::from(name));
    }
    Digest::of_text(Domain::Sources, &text)
}

fn files_below(root: &Path, keep: &Keep) -> Result<Vec<Found>, SourceError> {
    let mut found = Vec::new();
    // A path joined to the root has one slash between the two.
    let begin = root.join("x").as_os_str().len() - 1;
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
        if entry.file_type().is_file() {
            let file = Found { path: entry.into_path(), begin };
            if keep(file.relative()) {
                found.push(file);
            }
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, error: io::Error) -> SourceError {
    SourceError::Unreadable { path: path.into(), error }
}
