//! What takes how much room.

use super::{Store, StoreError, inventory::listed};
use crate::engine::digest::Digest;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the results of one stage take.
#[derive(Clone, Debug, Default)]
pub struct Share {
    pub records: u64,
    /// Bytes of blobs, each counted once.
    pub bytes: u64,
    /// Of these, bytes of blobs that other stages need as well.
    pub shared: u64,
    /// Seconds since 1970.
    pub used: u64,
}

/// What a store takes.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// By pipeline, stage and kind; the points of a search together.
    pub stages: BTreeMap<(String, String, String), Share>,
    /// Blobs that records need.
    pub blobs: u64,
    pub bytes: u64,
    /// Blobs that no record needs.
    pub orphans: u64,
    pub orphan_bytes: u64,
    /// Work in progress, and checkpoints of what is not finished.
    pub tmp: u64,
    pub scratch: u64,
    /// Records that cannot be read.
    pub unreadable: u64,
}

impl Store {
    /// Looks through the store; nothing but records is read.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let found = self.inventory()?;
        let (kept, unreadable) = self.kept(&found.keys);
        let mut usage = Usage { unreadable: unreadable.len() as u64, ..Usage::default() };
        let mut blobs_of: BTreeMap<_, HashMap<Digest, u64>> = BTreeMap::new();
        for one in &kept {
            let p = &one.record.provenance;
            let stage = match p.stage.split_once('[') {
                Some((search, _)) => format!("{search}[…]"),
                None => p.stage.clone(),
            };
            let place = (p.pipeline.clone(), stage, one.record.recipe.kind.clone());
            blobs_of.entry(place.clone()).or_default().extend(one.blobs());
            let share = usage.stages.entry(place).or_default();
            share.records += 1;
            share.used = share.used.max(one.used);
        }
        let mut users: HashMap<Digest, u32> = HashMap::new();
        for blob in blobs_of.values().flat_map(HashMap::keys) {
            *users.entry(*blob).or_default() += 1;
        }
        for (place, blobs) in &blobs_of {
            let share = usage.stages.entry(place.clone()).or_default();
            share.bytes = blobs.values().sum();
            share.shared = blobs.iter().filter(|(b, _)| users[b] > 1).map(|(_, size)| size).sum();
        }
        let needed: HashSet<&Digest> = users.keys().collect();
        for (blob, size) in &found.blobs {
            let (count, bytes) = match needed.contains(blob) {
                true => (&mut usage.blobs, &mut usage.bytes),
                false => (&mut usage.orphans, &mut usage.orphan_bytes),
            };
            *count += 1;
            *bytes += size;
        }
        usage.tmp = self.bytes_below("tmp")?;
        usage.scratch = self.bytes_below("scratch")?;
        Ok(usage)
    }

    fn bytes_below(&self, part: &str) -> Result<u64, StoreError> {
        let mut bytes = 0;
        for entry in listed(&self.root.join(part))? {
            let files = walkdir::WalkDir::new(entry.path()).into_iter().flatten();
            let files = files.filter_map(|file| file.metadata().ok()).filter(|meta| meta.is_file());
            bytes += files.map(|meta| meta.len()).sum::<u64>();
        }
        Ok(bytes)
    }
}
