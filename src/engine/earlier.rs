//! What a stage made the last time, by the same parameters of other source files, so that files which
//! are as they were need not be read again. It only saves time: the engine's word for "as they were"
//! is equal digests, and a stage that does not ask gives the same result.

use super::{
    artifact::Files,
    digest::Digest,
    recipe::Recipe,
    source::{Snapshot, SourceFiles},
    store::{Lookup, Store, sealed, unsealed, write_loosely},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::PathBuf,
};

/// An earlier output, and the source files that have not changed since.
pub struct Earlier {
    files: Files,
    /// By the source's name.
    unchanged: HashMap<String, HashSet<String>>,
}

/// What is kept of a finished stage: the key of its result, and the digest of each file that it read,
/// by the names of its sources.
#[derive(Serialize, Deserialize)]
struct Made {
    key: Digest,
    sources: BTreeMap<String, BTreeMap<String, Digest>>,
}

impl Earlier {
    /// The files of the earlier output.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Whether a file of the source has the contents from which the earlier output was made.
    pub fn has(&self, source: &str, file: &str) -> bool {
        self.unchanged.get(source).is_some_and(|files| files.contains(file))
    }

    /// Finds the last output of the same recipe but for its source files, whole and unspoilt.
    pub(super) fn find(
        store: &Store,
        recipe: &Recipe,
        sources: &[(SourceFiles, Snapshot)],
        (stage, artifact): (&str, &'static str),
    ) -> Option<Earlier> {
        let text = fs::read(path(store, recipe)?).ok()?;
        let made: Made = unsealed(&text)?;
        let Lookup::Hit(record) = store.find(&made.key) else { return None };
        let whole = record.outputs.files().iter().all(|file| {
            // A blob that cannot be read is as good as none here.
            store.verify(&file.digest).unwrap_or(false)
        });
        let same = |(files, now): &(SourceFiles, Snapshot)| {
            let before = made.sources.get(&files.name)?;
            let same = now.digests().filter(|(name, digest)| before.get(&**name) == Some(digest));
            Some((files.name.clone(), same.map(|(name, _)| name.into_owned()).collect()))
        };
        whole.then(|| Earlier {
            files: store.files(&record.outputs, stage, artifact),
            unchanged: sources.iter().filter_map(same).collect(),
        })
    }

    /// Remembers what was made; not being able to is no error.
    pub(super) fn remember(
        store: &Store,
        recipe: &Recipe,
        key: &Digest,
        sources: &[(SourceFiles, Snapshot)],
    ) {
        let digests = |now: &Snapshot| now.digests().map(|(n, d)| (n.into_owned(), *d)).collect();
        let sources = sources.iter().map(|(files, now)| (files.name.clone(), digests(now)));
        let made = Made { key: *key, sources: sources.collect() };
        if let (Some(path), Ok(text)) = (path(store, recipe), sealed(&made)) {
            write_loosely(&path, &text);
        }
    }
}

/// One place for all recipes that differ in their source files alone; none for those without any.
fn path(store: &Store, recipe: &Recipe) -> Option<PathBuf> {
    let names = recipe.sources.keys().cloned();
    let sources: BTreeMap<_, _> = names.map(|name| (name, Digest::of_bytes(b""))).collect();
    let rest = Recipe { sources, ..recipe.clone() };
    let path = store.index_dir().join(format!("{}.made", rest.key().short()));
    (!recipe.sources.is_empty()).then_some(path)
}
