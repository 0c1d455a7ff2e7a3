//! Results for people: links under `out/<pipeline>/<stage>/` into the store.

use super::{
    artifact::Tree,
    pipeline::Pipeline,
    store::{Store, unique},
};
use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::symlink,
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
            kept.insert(link.clone());
            let target = self.target(&link, &self.store.blob(&file.digest));
            if fs::read_link(&link).is_ok_and(|there| there == target) {
                continue;
            }
            let replace = || {
                fs::create_dir_all(link.parent().unwrap_or(&folder))?;
                let temporary = link.with_file_name(format!(".link.{}", unique()));
                symlink(&target, &temporary)?;
                fs::rename(&temporary, &link)
            };
            replace().map_err(|e| say(&link, e))?;
        }
        self.drop_others(&folder, &kept).map_err(|e| say(&folder, e))
    }

    /// Links of former results go; anything that is not a link is somebody's own file and stays.
    fn drop_others(&self, folder: &Path, kept: &BTreeSet<PathBuf>) -> io::Result<()> {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            if entry.path_is_symlink() && !kept.contains(entry.path()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// A relative target where both lie below the working directory, so that a project can be
    /// moved; else an absolute one.
    fn target(&self, link: &Path, blob: &Path) -> PathBuf {
        if self.root.is_relative() && self.store.root().is_relative() {
            let depth = link.components().count() - 1;
            return (0..depth).map(|_| Path::new("..")).collect::<PathBuf>().join(blob);
        }
        std::path::absolute(blob).unwrap_or_else(|_| blob.to_path_buf())
    }
}
