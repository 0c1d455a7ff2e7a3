//! Clears away what nobody needs.
//!
//! * **Least recently used first.** A record was last used when its file was last changed: when it
//!   was made, or found by a run (said anew after ten minutes). Time in the future, after the clock
//!   went backwards, counts as now.
//! * **What stays** whatever the limit: records that a lock file names, of all lock files that were
//!   written by runs with this store and of those that are given; records that a running process
//!   has found or makes; and records used within the days to keep.
//! * **Blobs** go when no record that stays needs them, and no running process has just made them.
//! * Nothing is cleared away on a guess: a lock file, a record or a note that cannot be read is an
//!   error, and nothing has gone.
//! * While it looks and clears, runs wait with their next look into the store (`session`). A record
//!   goes before its blobs, so that one who is killed here leaves no record without them.

use super::{
    Limit, Store, StoreError,
    choice::{Candidate, Hold, victims},
    during,
    inventory::{Kept, bytes_of, listed},
    remove,
    session::Held,
    used::age,
};
use crate::engine::digest::Digest;
use std::{
    collections::{HashMap, HashSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Whether to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Remove,
    /// Say what would go.
    DryRun,
}

/// A record that went.
#[derive(Clone, Debug)]
pub struct Gone {
    pub key: Digest,
    pub pipeline: String,
    pub stage: String,
    /// Bytes of all its blobs.
    pub bytes: u64,
    /// Seconds since 1970.
    pub used: u64,
}

/// What was cleared away.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// Least recently used first.
    pub records: Vec<Gone>,
    /// Blobs that went, and their bytes.
    pub blobs: u64,
    pub bytes: u64,
    /// Of these bytes, those of files that are still linked elsewhere, as below `out/`.
    pub linked: u64,
    /// Files and folders that went besides: old failures, checkpoints, indices.
    pub leftovers: u64,
    /// Records that stay, and the bytes of their blobs.
    pub kept: u64,
    pub kept_bytes: u64,
}

impl Store {
    /// Makes the store as small as `limit` says, if it says anything; `locks` are lock files, or
    /// their pipelines, besides those that the store knows of. `on_wait` is told if another process
    /// has to finish first.
    ///
    /// # Errors
    /// A sentence that names the file and what could not be done with it.
    pub fn collect(
        &self,
        limit: Option<Limit>,
        locks: &[PathBuf],
        how: How,
        on_wait: impl FnOnce(),
    ) -> Result<Collected, String> {
        let say = |error: StoreError| error.to_string();
        if let (Some(why), How::Remove) = (self.read_only(), how) {
            let (path, why) = (self.root.clone(), why.to_string());
            return Err(say(StoreError::ReadOnly { path, why }));
        }
        // A look needs no lock: what it says may be otherwise a moment later anyhow.
        let _alone = match how {
            How::Remove => Some(self.alone(on_wait).map_err(say)?),
            How::DryRun => None,
        };
        let mut needed = self.locked(locks)?;
        let held = self.held().map_err(say)?;
        needed.extend(&held.keys);
        let found = self.inventory().map_err(say)?;
        let (kept, unreadable) = self.kept(&found.keys);
        if let Some((key, why)) = unreadable.first() {
            let path = self.record_path(key);
            return Err(format!(
                "{}: {why}; run `microtome cache verify` first, which forgets what is damaged",
                path.display()
            ));
        }
        let went = chosen(&kept, &needed, limit);
        let (gone, stay): (Vec<_>, Vec<_>) = kept.iter().partition(|one| went.contains(&one.key));
        let mut done = said(gone, &stay);
        let needed_blobs: HashSet<Digest> =
            stay.iter().flat_map(|one| one.blobs()).map(|(blob, _)| blob).collect();
        let orphans = found.blobs.iter().map(|(blob, _)| *blob);
        let orphans = orphans.filter(|b| !needed_blobs.contains(b) && !held.blobs.contains(b));
        self.clear(orphans, &mut done, how).map_err(say)?;
        let stay = stay.iter().map(|one| one.key).collect();
        let leftovers = self.leftovers(&stay, &held, limit).map_err(say)?;
        done.leftovers = leftovers.len() as u64;
        if how == How::Remove {
            leftovers.iter().try_for_each(|p| during("remove", p, remove(p))).map_err(say)?;
            self.forget_lock_files().map_err(say)?;
            self.sweep().map_err(say)?;
        }
        Ok(done)
    }

    /// Removes the records that go, and then the blobs that nobody needs.
    fn clear(
        &self,
        orphans: impl Iterator<Item = Digest>,
        done: &mut Collected,
        how: How,
    ) -> Result<(), StoreError> {
        for gone in done.records.iter().filter(|_| how == How::Remove) {
            let path = self.record_path(&gone.key);
            during("remove", &path, remove(&path))?;
        }
        for orphan in orphans {
            let path = self.blob(&orphan);
            let meta = during("read", &path, fs::metadata(&path))?;
            done.blobs += 1;
            done.bytes += meta.len();
            done.linked += if meta.nlink() > 1 { meta.len() } else { 0 };
            if how == How::Remove {
                during("remove", &path, remove(&path))?;
            }
        }
        Ok(())
    }

    /// What is kept beside results, and of no use without them: notes of what was made, and, where
    /// days to keep are given and over, failures, checkpoints, indices of source files, and the
    /// histories of pipelines of which nothing is left.
    fn leftovers(
        &self,
        stay: &HashSet<Digest>,
        held: &Held,
        limit: Option<Limit>,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let keep = limit.map(|limit| limit.keep).filter(|keep| *keep > Duration::ZERO);
        let old = |path: &Path| keep.is_some_and(|keep| last_change(path) >= keep);
        let mut left = Vec::new();
        for entry in listed(&self.root.join("index"))? {
            let path = entry.path();
            let made = path.extension().is_some_and(|ending| ending == "made");
            let gone = made && key_in(&path).is_none_or(|key| !stay.contains(&key));
            left.extend((gone || old(&path)).then_some(path));
        }
        for part in ["failures", "scratch"] {
            for entry in listed(&self.root.join(part))? {
                let path = entry.path();
                let name = path.file_stem().and_then(|name| name.to_str());
                let key = name.and_then(|name| name.parse().ok());
                let free = key.is_some_and(|key| !held.keys.contains(&key));
                left.extend((free && old(&path)).then_some(path));
            }
        }
        for entry in listed(&self.root.join("history"))? {
            let path = entry.path();
            let gone = |keys: HashMap<String, Digest>| keys.values().all(|key| !stay.contains(key));
            let text = fs::read(&path).ok();
            let keys = text.and_then(|text| serde_json::from_slice(&text).ok());
            left.extend((old(&path) && keys.is_none_or(gone)).then_some(path));
        }
        Ok(left)
    }
}

fn chosen(kept: &[Kept], needed: &HashSet<Digest>, limit: Option<Limit>) -> HashSet<Digest> {
    let Some(limit) = limit else { return HashSet::new() };
    let candidate = |one: &Kept| Candidate {
        blobs: one.blobs(),
        age: one.age,
        hold: if needed.contains(&one.key) { Hold::Needed } else { Hold::Free },
    };
    let all: Vec<_> = kept.iter().map(candidate).collect();
    victims(&all, limit).into_iter().map(|place| kept[place].key).collect()
}

fn said(mut gone: Vec<&Kept>, stay: &[&Kept]) -> Collected {
    gone.sort_by_key(|one| (std::cmp::Reverse(one.age), one.key));
    let of = |one: &&Kept| Gone {
        key: one.key,
        pipeline: one.record.provenance.pipeline.clone(),
        stage: one.record.provenance.stage.clone(),
        bytes: one.blobs().iter().map(|(_, size)| size).sum(),
        used: one.used,
    };
    Collected {
        records: gone.iter().map(of).collect(),
        kept: stay.len() as u64,
        kept_bytes: bytes_of(&stay.iter().flat_map(|one| one.blobs()).collect()),
        ..Collected::default()
    }
}

/// The key that a note of something made speaks of.
fn key_in(path: &Path) -> Option<Digest> {
    let note: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    note.get("key")?.as_str()?.parse().ok()
}

/// How long ago a file, or the youngest file in a folder, was changed; what cannot be read counts
/// as now.
fn last_change(path: &Path) -> Duration {
    let ages = walkdir::WalkDir::new(path).into_iter().map(|entry| {
        let modified = entry.ok()?.metadata().ok()?.modified().ok()?;
        Some(age(modified))
    });
    ages.map(Option::unwrap_or_default).min().unwrap_or_default()
}
