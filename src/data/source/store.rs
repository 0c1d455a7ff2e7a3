//! Where files lie: in a folder, or in the zip file that they were downloaded in. Knows nothing of
//! what is in them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::files::SourceFiles;
use super::packed::Packed;
use crate::data::error::DataError;

/// Files that are read by their path, written with `/` and relative to a root.
pub(in crate::data) enum Store {
    Folder(PathBuf),
    Zip(Packed),
}

/// An image file is not larger, in bytes; whole slides are, and are no patches.
pub(super) const LARGEST_IMAGE: u64 = 1 << 29;
/// An image that lies among others in one file is not larger, in bytes: those of the competition
/// take 28 kB.
pub(super) const LARGEST_ENTRY: u64 = 1 << 24;
/// A table is not larger, in bytes.
pub(super) const LARGEST_TABLE: u64 = 1 << 28;

impl Store {
    /// The files of the source that lie in it, in the order of their paths.
    pub fn list(&self, files: &SourceFiles) -> Result<Vec<String>, DataError> {
        match self {
            Store::Folder(_) => files.list(),
            Store::Zip(zip) => Ok(zip.list(&files.keep)),
        }
    }

    /// The name of a file for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        match self {
            Store::Folder(root) => root.join(name),
            Store::Zip(zip) => zip.path(name),
        }
    }

    /// All bytes of an image file, or a phrase that says why not.
    pub fn image(&self, name: &str) -> Result<Vec<u8>, String> {
        match self {
            Store::Folder(root) => image(&root.join(name)),
            Store::Zip(zip) => zip.read(name, LARGEST_ENTRY),
        }
    }

    /// All bytes of a table.
    pub fn table(&self, name: &str) -> Result<Vec<u8>, DataError> {
        let path = self.path(name);
        match self {
            Store::Folder(_) => {
                let file = File::open(&path).map_err(DataError::read(&path))?;
                let bytes = whole(file, LARGEST_TABLE).map_err(DataError::read(&path))?;
                bytes.ok_or(DataError::LargeTable { path })
            }
            Store::Zip(zip) => zip.read(name, LARGEST_TABLE).map_err(|problem| {
                DataError::BadEntry { path: zip.zip().into(), name: name.into(), problem }
            }),
        }
    }
}

/// All bytes of an image file, or a phrase that says why not.
pub(super) fn image(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = File::open(path).and_then(|file| whole(file, LARGEST_IMAGE));
    let bytes = bytes.map_err(|error| match path.is_symlink() && !path.exists() {
        true => "it is a link to nowhere".to_string(),
        false => format!("the file cannot be read: {error}"),
    })?;
    bytes.ok_or_else(|| {
        format!("the file is larger than {} MiB, which no patch is", LARGEST_IMAGE >> 20)
    })
}

/// All there is to read, if it is not more than `largest` bytes.
pub(super) fn whole(from: impl Read, largest: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(largest + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= largest).then_some(bytes))
}
