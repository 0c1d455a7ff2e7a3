//! Checks that all is what it says it is, and forgets what is not.

use super::{Store, StoreError, during, inventory::is_gone, remove, session::Access, unique};
use crate::engine::digest::Digest;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::PathBuf,
};

/// What the system says of a disk that has lost something (errno(3)).
const EIO: i32 = 5;

/// Something that was damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    Blob {
        digest: Digest,
        why: String,
    },
    /// A record that cannot be used, of the stage that it names, if it names one.
    Record {
        key: Digest,
        stage: Option<String>,
        why: String,
    },
}

/// What was found in a store.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub blobs: u64,
    pub bytes: u64,
    pub records: u64,
    /// Blobs first.
    pub damaged: Vec<Damage>,
    /// Whole blobs that no record needs, and their bytes.
    pub orphans: u64,
    pub orphan_bytes: u64,
    /// Files of which the store knows nothing.
    pub strangers: Vec<PathBuf>,
    /// Why what is damaged was not forgotten, if so.
    pub kept: Option<String>,
}

impl Store {
    /// How many bytes of blobs there are to check.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub fn bytes_to_check(&self) -> Result<u64, StoreError> {
        Ok(self.inventory()?.blobs.iter().map(|(_, size)| size).sum())
    }

    /// Reads every blob and every record, telling `step` how many bytes it has read, and forgets
    /// damaged blobs and the records that need them: a later run makes them again. Runs may go on
    /// meanwhile; what they are making is left to them.
    ///
    /// # Errors
    /// When the store cannot be listed, a blob may not be read, or what is damaged cannot be removed.
    pub fn check(&self, step: impl Fn(u64) + Sync) -> Result<Found, StoreError> {
        let listed = self.inventory()?;
        let whole = |(digest, size): &(Digest, u64)| {
            let why = self.ails(digest);
            step(*size);
            why.map(|why| why.map(|why| (*digest, why))).transpose()
        };
        let bad: Result<BTreeMap<Digest, String>, StoreError> =
            listed.blobs.par_iter().filter_map(whole).collect();
        let bad = bad?;
        let (kept, unreadable) = self.kept(&listed.keys);
        let there: BTreeMap<Digest, u64> = listed.blobs.iter().copied().collect();
        let mut found = Found {
            blobs: there.len() as u64,
            bytes: there.values().sum(),
            records: listed.keys.len() as u64,
            strangers: listed.strangers,
            ..Found::default()
        };
        found.damaged = bad.into_iter().map(|(digest, why)| Damage::Blob { digest, why }).collect();
        let is_bad: HashSet<Digest> = found.damaged.iter().filter_map(Damage::blob).collect();
        found.damaged.extend(unreadable.into_iter().map(|(key, why)| Damage::Record {
            key,
            stage: None,
            why,
        }));
        let mut needed = HashSet::new();
        for one in kept {
            let file = one.record.outputs.files().iter().find_map(|file| {
                let why = match there.get(&file.digest) {
                    None => "is gone",
                    Some(_) if is_bad.contains(&file.digest) => "is damaged",
                    Some(size) if *size != file.size => "has another size",
                    Some(_) => return None,
                };
                Some(format!("its file `{}` {why}", file.name))
            });
            let Some(why) = file else {
                needed.extend(one.blobs().iter().map(|(blob, _)| *blob));
                continue;
            };
            let p = one.record.provenance;
            let stage = Some(format!("`{}` of {}", p.stage, p.pipeline));
            found.damaged.push(Damage::Record { key: one.key, stage, why });
        }
        let orphans = there.iter().filter(|(blob, _)| !needed.contains(blob));
        let orphans: Vec<_> = orphans.filter(|(blob, _)| !is_bad.contains(blob)).collect();
        (found.orphans, found.orphan_bytes) =
            (orphans.len() as u64, orphans.iter().map(|(_, size)| *size).sum());
        self.heal(&mut found)?;
        Ok(found)
    }

    /// What is wrong with a blob. One that we may not read may be whole: that is an error.
    fn ails(&self, digest: &Digest) -> Result<Option<String>, StoreError> {
        let blob = self.blob(digest);
        match Digest::of_file(&blob) {
            Ok((is, _)) if is == *digest => Ok(None),
            Ok((is, _)) => Ok(Some(format!("its contents have the digest {}", is.short()))),
            // It went meanwhile, which is no damage.
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) if error.raw_os_error() == Some(EIO) => {
                Ok(Some(format!("the disk does not give it: {error}")))
            }
            Err(error) => during("read", &blob, Err(error)),
        }
    }

    /// Forgets what is damaged, where that is still so: a run may have healed it by now.
    fn heal(&self, found: &mut Found) -> Result<(), StoreError> {
        if let Access::ReadOnly { why, .. } = &self.access {
            found.kept = Some(why.clone());
            return Ok(());
        }
        let mut healed = Vec::new();
        for damage in &found.damaged {
            let still = match damage {
                Damage::Blob { digest, .. } => self.forget_damaged(digest)?,
                Damage::Record { key, .. } => self.forget_record(key)?,
            };
            healed.extend(still.then(|| damage.clone()));
        }
        found.damaged = healed;
        Ok(())
    }

    /// Takes a blob away and looks at it once more: if it is whole after all, as another process
    /// has just healed it, it goes back. Whether it was damaged.
    fn forget_damaged(&self, digest: &Digest) -> Result<bool, StoreError> {
        let (blob, aside) = (self.blob(digest), self.root.join("tmp"));
        let aside = aside.join(format!("write.{}", unique()));
        match fs::rename(&blob, &aside) {
            Err(error) if is_gone(&error) => return Ok(false),
            moved => during("move away", &blob, moved)?,
        }
        if Digest::of_file(&aside).is_ok_and(|(is, _)| is == *digest) {
            during("move back", &blob, fs::rename(&aside, &blob))?;
            return Ok(false);
        }
        during("remove", &aside, remove(&aside))?;
        Ok(true)
    }

    /// Forgets a record that promises what is not there, unless somebody is making it.
    fn forget_record(&self, key: &Digest) -> Result<bool, StoreError> {
        let Some(_lock) = self.try_lock(key)? else { return Ok(false) };
        if !matches!(self.find(key), super::Lookup::Damaged(_)) {
            return Ok(false);
        }
        let path = self.record_path(key);
        during("remove", &path, remove(&path))?;
        Ok(true)
    }
}

impl Damage {
    fn blob(&self) -> Option<Digest> {
        match self {
            Damage::Blob { digest, .. } => Some(*digest),
            Damage::Record { .. } => None,
        }
    }
}
