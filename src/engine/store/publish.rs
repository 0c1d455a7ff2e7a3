//! From a folder of work to blobs and a record.

use super::{Record, Store, StoreError, during, remove, session::Note, unique};
use crate::engine::{
    artifact::{File, Tree},
    digest::Digest,
};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// A folder of work in progress; removed unless published.
pub struct Attempt {
    path: PathBuf,
}

impl Attempt {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let _ = remove(&self.path);
    }
}

impl Store {
    /// A fresh folder for the making of a key.
    pub fn attempt(&self, key: &Digest) -> Result<Attempt, StoreError> {
        let name = format!("{}.{}", key.hex(), unique());
        let path = self.root.join("tmp").join(name);
        // A process that had the same number may have left one, and files in it are no results.
        during("remove", &path, remove(&path))?;
        during("make", &path, fs::create_dir(&path))?;
        Ok(Attempt { path })
    }

    /// Moves every file of the attempt into the store and gives their tree.
    pub fn take(&self, attempt: &Attempt) -> Result<Tree, StoreError> {
        let mut files = Vec::new();
        for entry in WalkDir::new(&attempt.path).sort_by_file_name() {
            let entry = entry.map_err(io::Error::from);
            let entry = during("read", &attempt.path, entry)?;
            if !entry.file_type().is_file() {
                continue;
            }
            let relative = entry.path().strip_prefix(&attempt.path).unwrap_or(entry.path());
            // Replacing what is not Unicode could give two files one name.
            let parts: Option<Vec<_>> =
                relative.components().map(|c| c.as_os_str().to_str()).collect();
            let Some(name) = parts.map(|parts| parts.join("/")) else {
                return Err(StoreError::Name(relative.into()));
            };
            let (digest, size) = during("read", entry.path(), Digest::of_file(entry.path()))?;
            self.adopt(entry.path(), &digest, size)?;
            files.push(File { name, digest, size });
        }
        Ok(Tree::new(files))
    }

    /// Puts one file under its digest: synced, read-only, by rename.
    fn adopt(&self, file: &Path, digest: &Digest, size: u64) -> Result<(), StoreError> {
        let blob = self.blob(digest);
        self.note(Note::Blob(*digest))?;
        // What is there is taken only for what it is: a damaged blob is healed by the new file.
        let there = fs::metadata(&blob).is_ok_and(|meta| meta.len() == size);
        if there && self.verify(digest)? {
            return during("remove", file, fs::remove_file(file));
        }
        let folder = blob.parent().unwrap_or(&self.root);
        let move_in = || {
            fs::create_dir_all(folder)?;
            fs::set_permissions(file, fs::Permissions::from_mode(0o444))?;
            fs::File::open(file)?.sync_all()?;
            fs::rename(file, &blob)?;
            fs::File::open(folder)?.sync_all()
        };
        during("move a result to", &blob, move_in())
    }

    /// Writes the record, the last step of publishing, and drops the checkpoints.
    pub fn publish(&self, key: &Digest, record: &Record) -> Result<(), StoreError> {
        let path = self.record_path(key);
        let text = serde_json::to_vec_pretty(record).map_err(io::Error::from);
        self.write(&path, &during("write", &path, text)?)?;
        // What is published is safe; checkpoints that cannot be removed are swept by the next run.
        let _ = remove(&self.root.join("scratch").join(key.hex()));
        Ok(())
    }
}
