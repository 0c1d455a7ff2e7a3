//! Results for people: links under `out/<pipeline>/<stage>/` into the store.
//!
//! The links are hard: a browser that is given a symbolic link opens the blob under the blob's own
//! name, which says nothing of its type. Where the store lies on another file system they are
//! copies. Either way they are read-only, and a read-only file below these folders is taken to be
//! ours to replace or remove.

use super::{
    artifact::Tree,
    pipeline::Pipeline,
    store::{Store, unique},
};
use std::{
    collections::BTreeSet,
    fs::{self, File, Metadata},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The folder of links of one pipeline.
pub struct Outputs<'a> {
    root: PathBuf,
    store: &'a Store,
}

impl<'a> Outputs<'a> {
    pub fn new(out: &Path, pipeline: &Pipeline, store: &'a Store) -> Outputs<'a> {
        Outputs { root: out.join(&pipeline.name), store }
    }

    /// Makes a stage's folder show exactly the files of a tree. Links that are right already are
    /// left as they are.
    ///
    /// # Errors
    /// A sentence that names the file; the result itself is safe in the store.
    pub fn link(&self, stage: &str, tree: &Tree) -> Result<(), String> {
        let folder = self.root.join(stage);
        let say = |path: &Path, error: io::Error| {
            format!("the result of `{stage}` could not be linked at {}: {error}", path.display())
        };
        fs::create_dir_all(&folder).map_err(|e| say(&folder, e))?;
        let mut kept = BTreeSet::new();
        for file in tree.files() {
            let link = folder.join(&file.name);
            place(&self.store.blob(&file.digest), &link).map_err(|e| say(&link, e))?;
            kept.insert(link);
        }
        drop_others(&folder, &kept).map_err(|e| say(&folder, e))
    }
}

/// Makes `link` show the blob, by rename, so that nobody sees it missing.
fn place(blob: &Path, link: &Path) -> io::Result<()> {
    let there = fs::metadata(blob)?;
    if fs::symlink_metadata(link).is_ok_and(|here| shows(&here, &there)) {
        return Ok(());
    }
    let folder = link.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".link.{}", unique()));
    if fs::hard_link(blob, &temporary).is_err() {
        fs::copy(blob, &temporary)?;
        File::open(&temporary)?.set_modified(there.modified()?)?;
        fs::set_permissions(&temporary, there.permissions())?;
    }
    fs::rename(&temporary, link)?;
    // Renaming one hard link of a file onto another does nothing and leaves both (rename(2)).
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The same file, or a copy that was made of it.
fn shows(here: &Metadata, blob: &Metadata) -> bool {
    let same = (here.dev(), here.ino()) == (blob.dev(), blob.ino());
    let stamp = |meta: &Metadata| (meta.len(), meta.mtime(), meta.mtime_nsec());
    same || (here.is_file() && is_ours(here) && stamp(here) == stamp(blob))
}

fn is_ours(meta: &Metadata) -> bool {
    meta.permissions().mode() & 0o222 == 0
}

/// Links of former results go; what can be written to is somebody's own file and stays.
fn drop_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file()
            && !kept.contains(entry.path())
            && is_ours(&entry.metadata()?)
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
