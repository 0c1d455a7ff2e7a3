//! The files that a source is made of: which they are, and what cannot be one of them.
//!
//! A source opens no other file than those it lists here, so that what the cache looks at is all
//! that a result depends on. Knows nothing of images.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use crate::data::error::DataError;
use crate::data::problem::Problem;

/// The files that a source depends on.
pub struct SourceFiles {
    /// The folder they lie in, or the one file that they are packed in.
    pub root: PathBuf,
    /// Whether the file with this path, relative to a folder `root`, belongs to the source.
    pub keep: Box<dyn Fn(&Path) -> bool + Send + Sync>,
}

impl SourceFiles {
    /// The files that are there, as paths relative to `root` with `/` between the parts, in the
    /// order of these. Links that lead nowhere are among them if they are kept.
    pub fn list(&self) -> Result<Vec<String>, DataError> {
        let (mut paths, mut bad) = (Vec::new(), Vec::new());
        for entry in WalkDir::new(&self.root).follow_links(true) {
            let path = match entry {
                Ok(entry) if entry.file_type().is_file() => entry.into_path(),
                Ok(_) => continue,
                Err(error) => dead_link(&self.root, error)?,
            };
            let Ok(relative) = path.strip_prefix(&self.root) else { continue };
            if !(self.keep)(relative) {
                continue;
            }
            match relative.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>() {
                Some(parts) => paths.push(parts.join("/")),
                // Written with escapes, so that one can see which bytes are meant.
                None => bad.push(format!("{relative:?}: its name is not UTF-8: rename it")),
            }
        }
        if !bad.is_empty() {
            bad.sort_unstable();
            return Err(DataError::BadNames { folder: self.root.clone(), bad });
        }
        paths.sort_unstable();
        Ok(paths)
    }
}

/// The path of a link that leads nowhere or in a circle; anything else is an error.
fn dead_link(root: &Path, error: walkdir::Error) -> Result<PathBuf, DataError> {
    let path = error.path().unwrap_or(root).to_path_buf();
    let denied = error.io_error().is_some_and(|e| e.kind() == ErrorKind::PermissionDenied);
    if path.is_symlink() && !denied {
        return Ok(path);
    }
    Err(DataError::Read { path, source: error.into() })
}

/// A file's name as a walk finds it: `./a.csv` is `a.csv`.
pub(super) fn plain(name: &str) -> PathBuf {
    Path::new(name).components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// The problem of a file that does not lie in the source's folder; `key` names it.
pub(super) fn is_inside(key: &str, name: &str) -> Option<Problem> {
    let wanted = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    let inside = Path::new(name).components().all(wanted) && !plain(name).as_os_str().is_empty();
    (!inside).then(|| {
        let message = format!("`{key}` is `{name}`, which names no file in `dir`");
        let help = "give a path that begins in `dir` and has no `..`, or put the file there";
        Problem::new(key, message, help)
    })
}

pub(in crate::data) fn has_extension(path: &Path, extensions: &[impl AsRef<str>]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| extensions.iter().any(|e| found.eq_ignore_ascii_case(e.as_ref())))
}
