//! What is written down of a result.

use super::unsealed;
use crate::engine::{artifact::Tree, digest::Digest, recipe::Recipe, stage::Said};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// What is kept under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub recipe: Recipe,
    /// That of the recipe, once it was asked for.
    #[serde(skip)]
    key: OnceLock<Digest>,
    pub outputs: Tree,
    /// The artifact's figure that matters, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// What the artifact falls short of; a run that holds it fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortfalls: Vec<String>,
    pub provenance: Provenance,
}

impl Record {
    /// A record of what was made just now.
    pub fn new(recipe: Recipe, outputs: Tree, said: Said, provenance: Provenance) -> Record {
        let Said { headline, shortfalls } = said;
        Record { recipe, key: OnceLock::new(), outputs, headline, shortfalls, provenance }
    }

    /// The key of the recipe, computed once: it is asked for again and again.
    pub fn key(&self) -> Digest {
        *self.key.get_or_init(|| self.recipe.key())
    }
}

/// How a result came about: all that varies from run to run, kept out of artifacts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provenance {
    pub pipeline: String,
    pub stage: String,
    /// Seconds since 1970 at which the stage started.
    pub started: u64,
    pub seconds: f64,
    pub host: String,
    /// What the run called itself, such as the address of a CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    pub version: String,
    /// Why it ran.
    pub reasons: Vec<String>,
    /// How fast it went, where the stage counts something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// So many a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rate {
    pub per_second: f64,
    pub unit: String,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} {}/s", self.per_second, self.unit)
    }
}

/// The record in a text, if it is the one for the key.
pub(super) fn parsed(text: &[u8], key: &Digest) -> Result<Record, String> {
    let record: Record = unsealed(text).ok_or("its record is not readable")?;
    if record.key() == *key { Ok(record) } else { Err("its record is for another recipe".into()) }
}
