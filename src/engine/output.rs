//! Results for people: links under `out/<pipeline>/<stage>/` into the store.
//!
//! The links are hard: a browser that is given a symbolic link opens the blob under the blob's own
//! name, which says nothing of its type. Where the store lies on another file system they are
//! copies. Either way they are read-only. A file that can be written to is somebody's own, and is
//! never replaced; a file is removed only if it was a former result of the same stage.

use super::{
    artifact::Tree,
    pipeline::Pipeline,
    store::{Store, clear, unique},
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

    /// Makes a stage's folder show the files of a tree, and no longer those of the tree that it
    /// showed `before`. Links that are right already are left as they are.
    ///
    /// # Errors
    /// A sentence that names the file; the result itself is safe in the store.
    pub fn link(&self, stage: &str, tree: &Tree, before: Option<&Tree>) -> Result<(), String> {
        let folder = self.root.join(stage);
        let say = |path: &Path, error: io::Error| {
            format!("the result of `{stage}` could not be linked at {}: {error}", path.display())
        };
        if fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_symlink()) {
            return Err(say(&folder, io::Error::other("it is a link to somewhere else")));
        }
        fs::create_dir_all(&folder).map_err(|e| say(&folder, e))?;
        for file in tree.files() {
            let link = folder.join(&file.name);
            place(&self.store.blob(&file.digest), &link).map_err(|e| say(&link, e))?;
        }
        let names: BTreeSet<_> = tree.files().iter().map(|file| &file.name).collect();
        for file in before.iter().flat_map(|tree| tree.files()) {
            let link = folder.join(&file.name);
            if !names.contains(&file.name) && fs::symlink_metadata(&link).is_ok_and(|m| is_ours(&m))
            {
                fs::remove_file(&link).map_err(|e| say(&link, e))?;
                // Folders of former results go when they are empty; others refuse.
                let inner = link.ancestors().skip(1).take_while(|path| *path != folder);
                inner.for_each(|path| drop(fs::remove_dir(path)));
            }
        }
        Ok(())
    }
}

/// How the name of a link that is being made begins.
const TEMPORARY: &str = ".link.";

/// Makes `link` show the blob, by rename, so that nobody sees it missing.
pub(super) fn place(blob: &Path, link: &Path) -> io::Result<()> {
    let there = fs::metadata(blob)?;
    match fs::symlink_metadata(link) {
        Ok(here) if shows(&here, &there) => return Ok(()),
        Ok(here) if !is_ours(&here) => {
            return Err(io::Error::other("somebody's own file is there"));
        }
        _ => {}
    }
    let folder = link.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    clear(folder, TEMPORARY);
    let temporary = folder.join(format!("{TEMPORARY}{}", unique()));
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
    same || (is_ours(here) && stamp(here) == stamp(blob))
}

/// A plain file that cannot be written to, as all our links and copies are.
fn is_ours(meta: &Metadata) -> bool {
    meta.is_file() && meta.permissions().mode() & 0o222 == 0
}
