//! All that lies in a store.

use super::{PARTS, Record, Store, StoreError, during, used::age};
use crate::engine::digest::Digest;
use rayon::prelude::*;
use std::{
    collections::HashMap,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

/// A record, and how long it was not used.
#[derive(Debug)]
pub(super) struct Kept {
    pub key: Digest,
    pub record: Record,
    pub age: Duration,
    /// Seconds since 1970, at the latest now.
    pub used: u64,
}

impl Kept {
    /// Each blob that the record needs once, with its size in bytes.
    pub fn blobs(&self) -> Vec<(Digest, u64)> {
        let files = self.record.outputs.files().iter();
        let mut blobs: Vec<_> = files.map(|file| (file.digest, file.size)).collect();
        blobs.sort_unstable();
        blobs.dedup();
        blobs
    }
}

/// What is there by name; nothing of it was read.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub keys: Vec<Digest>,
    /// With sizes in bytes as they are.
    pub blobs: Vec<(Digest, u64)>,
    /// Files of which the store knows nothing.
    pub strangers: Vec<PathBuf>,
}

/// Files that people lay into a store's folder.
const NOTES: [&str; 5] = ["version", "gate", "README.md", ".gitignore", "CACHEDIR.TAG"];

impl Store {
    /// Lists records before blobs, so that each listed record's blobs, which were there before it,
    /// are listed too.
    pub(super) fn inventory(&self) -> Result<Inventory, StoreError> {
        let mut found = Inventory::default();
        for entry in listed(&self.root)? {
            let name = entry.file_name();
            if !PARTS.iter().chain(&NOTES).any(|known| name == *known) {
                found.strangers.push(entry.path());
            }
        }
        let Inventory { keys, blobs, strangers } = &mut found;
        let of_record = |name: &str| name.strip_suffix(".json")?.parse().ok();
        self.below("recipes", of_record, strangers, |key, _| {
            keys.push(key);
            Ok(())
        })?;
        self.below(
            "objects",
            |name| name.parse().ok(),
            strangers,
            |digest, entry| {
                let meta = entry.metadata();
                blobs.push((digest, during("read", &entry.path(), meta)?.len()));
                Ok(())
            },
        )?;
        strangers.sort_unstable();
        Ok(found)
    }

    /// Every file of a part whose name says what it is, and that lies where its name says.
    fn below(
        &self,
        part: &str,
        digest_of: impl Fn(&str) -> Option<Digest>,
        strangers: &mut Vec<PathBuf>,
        mut take: impl FnMut(Digest, &DirEntry) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for folder in listed(&self.root.join(part))? {
            if !folder.file_type().is_ok_and(|kind| kind.is_dir()) {
                strangers.push(folder.path());
                continue;
            }
            for entry in listed(&folder.path())? {
                let digest = entry.file_name().to_str().and_then(&digest_of);
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                let at_home = |digest: &Digest| folder.file_name() == digest.hex()[..2];
                match digest.filter(at_home).filter(|_| is_file) {
                    Some(digest) => take(digest, &entry)?,
                    None => strangers.push(entry.path()),
                }
            }
        }
        Ok(())
    }

    /// Reads all records; for those that cannot be used, why not. One that went meanwhile is
    /// left out.
    pub(super) fn kept(&self, keys: &[Digest]) -> (Vec<Kept>, Vec<(Digest, String)>) {
        let read: Vec<_> = keys.par_iter().map(|key| self.one_kept(key)).collect();
        let (mut kept, mut unreadable) = (Vec::new(), Vec::new());
        for (key, read) in keys.iter().zip(read) {
            match read {
                Some(Ok(one)) => kept.push(one),
                Some(Err(why)) => unreadable.push((*key, why)),
                None => {}
            }
        }
        kept.sort_unstable_by_key(|one| one.key);
        unreadable.sort_unstable();
        (kept, unreadable)
    }

    fn one_kept(&self, key: &Digest) -> Option<Result<Kept, String>> {
        let path = self.record_path(key);
        let read = || Ok((fs::read(&path)?, fs::metadata(&path)?.modified()?));
        let (text, modified) = match read() {
            Ok(read) => read,
            Err(error) if is_gone(&error) => return None,
            Err(error) => return Some(Err(format!("its record cannot be read: {error}"))),
        };
        let age = age(modified);
        let used = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let kept = |record: Record| Kept { key: *key, record, age, used };
        Some(super::record::parsed(&text, key).map(kept))
    }
}

/// How many of the blobs' bytes there are, each blob counted once.
pub(super) fn bytes_of(blobs: &HashMap<Digest, u64>) -> u64 {
    blobs.values().sum()
}

/// The entries of a folder, none if it is not there.
pub(super) fn listed(folder: &Path) -> Result<Vec<DirEntry>, StoreError> {
    match fs::read_dir(folder) {
        Ok(entries) => during("read", folder, entries.collect()),
        Err(error) if is_gone(&error) => Ok(Vec::new()),
        Err(error) => during("read", folder, Err(error)),
    }
}

pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
