//! A recipe is all that a result depends on; its digest is the key under which the result is kept.
//!
//! | enters the key | never enters |
//! |---|---|
//! | kind and version of the stage | its name, unless the output shows it |
//! | parameters, typed, with defaults filled in | formatting, comments, order, explicit defaults |
//! | `cpu` or `cuda`, where tensors are computed | thread counts, jobs, instruction set, host |
//! | content digests of inputs and source files | paths, dates, attempts |
//! | which points of a search gave no result, and why | |

use super::digest::{Digest, Domain};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// All that a stage's result depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    pub kind: String,
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    pub params: Value,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Vec<Input>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Digest>,
    /// The points of a search that gave no result, so that a partial result is never taken for the
    /// whole one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, Vec<Missing>>,
}

/// A stage that was to be read and gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub name: String,
    pub why: Lack,
}

/// Why a point gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// It failed, and how, or a stage did that it reads.
    Failed(String),
    /// The gate of its rung held it back.
    HeldBack,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lack::Failed(error) => f.write_str(error),
            Lack::HeldBack => f.write_str("held back"),
        }
    }
}

/// One artifact that a stage reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The producing stage's name, only on ports whose reader shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The digest of the artifact's tree of files.
    pub digest: Digest,
}

impl Recipe {
    /// The digest of the canonical text.
    pub fn key(&self) -> Digest {
        Digest::of_text(Domain::Recipe, &self.canonical())
    }

    /// JSON without white space, every object sorted by key.
    pub fn canonical(&self) -> String {
        // Taken apart so that no field can be forgotten here.
        let Recipe { kind, version, backend, params, inputs, sources, missing } = self;
        let canonical = Canonical {
            backend: backend.as_deref(),
            inputs: inputs.iter().map(|(port, from)| (&**port, sorted_inputs(from))).collect(),
            kind,
            missing,
            params: Sorted(params),
            sources,
            version: *version,
        };
        // Only maps whose keys are no strings cannot be written, and there are none.
        serde_json::to_string(&canonical).unwrap_or_default()
    }
}

/// A recipe with its fields in the order of their names.
#[derive(Serialize)]
struct Canonical<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<&'a str, Vec<SortedInput<'a>>>,
    kind: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    missing: &'a BTreeMap<String, Vec<Missing>>,
    params: Sorted<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sources: &'a BTreeMap<String, Digest>,
    version: u32,
}

/// An input with its fields in the order of their names.
#[derive(Serialize)]
struct SortedInput<'a> {
    digest: &'a Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

fn sorted_inputs<'a>(inputs: &'a [Input]) -> Vec<SortedInput<'a>> {
    let sorted = |Input { name, digest }: &'a Input| SortedInput { digest, name: name.as_deref() };
    inputs.iter().map(sorted).collect()
}

/// JSON with every object sorted by key, whatever order its map keeps.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let sorted: BTreeMap<_, _> = map.iter().collect();
                serializer.collect_map(sorted.into_iter().map(|(key, item)| (key, Sorted(item))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}

/// A value as JSON, floats in their shortest form: `0.001` as an `f32` stays `0.001`, where
/// `serde_json::to_value` would widen it to `0.0010000000474974513`.
pub fn json_of<T: Serialize>(value: &T) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&serde_json::to_string(value)?)
}

/// A recipe as a flat table: the place of each fact, and its value in the terms of the pipeline file.
pub type Facts = BTreeMap<String, String>;

/// How the places of what is read begin.
pub(super) const INPUTS: &str = "inputs.";
const SOURCES: &str = "files in ";

/// One fact in which two recipes differ, in the terms of the pipeline file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Such as `params.optimizer.adam.lr` or `inputs.data`.
    pub place: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            // What is read is told apart by digests, which say nothing to people.
            (Some(old), Some(new)) if self.place.starts_with(INPUTS) && !old.contains(',') => {
                write!(f, "{}: other contents ({old} → {new})", self.place)
            }
            (Some(old), Some(new)) if self.place.starts_with(SOURCES) => {
                write!(f, "{}: other contents ({old} → {new})", self.place)
            }
            (Some(old), Some(new)) => write!(f, "{}: {old} → {new}", self.place),
            (Some(old), None) => write!(f, "{}: {old} → (gone)", self.place),
            (None, Some(new)) => write!(f, "{}: (new) → {new}", self.place),
            (None, None) => write!(f, "{}", self.place),
        }
    }
}

/// Every fact in which the recipes differ, in reading order; empty if and only if they are equal.
pub fn differences(old: &Recipe, new: &Recipe) -> Vec<Difference> {
    differences_of(&facts(old), &facts(new))
}

/// Every fact in which two tables of facts differ.
pub fn differences_of(old: &Facts, new: &Facts) -> Vec<Difference> {
    let mut found = Vec::new();
    for (place, value) in old {
        match new.get(place) {
            Some(now) if now == value => {}
            now => found.push(Difference {
                place: place.clone(),
                old: Some(value.clone()),
                new: now.cloned(),
            }),
        }
    }
    for (place, value) in new.iter().filter(|(place, _)| !old.contains_key(*place)) {
        found.push(Difference { place: place.clone(), old: None, new: Some(value.clone()) });
    }
    // Where inputs came or went, their order has nothing to add.
    let ports: Vec<String> = found
        .iter()
        .filter(|d| d.old.is_none() || d.new.is_none())
        .filter_map(|d| d.place.strip_prefix("inputs.")?.split('.').next().map(str::to_string))
        .collect();
    found.retain(|d| !ports.iter().any(|port| d.place == format!("inputs.{port} (order)")));
    found
}

/// The facts of a recipe: one a leaf. What is read is told by the beginning of its digest.
pub fn facts(recipe: &Recipe) -> Facts {
    let mut table = BTreeMap::new();
    table.insert("kind".into(), recipe.kind.clone());
    table.insert("version".into(), recipe.version.to_string());
    if let Some(backend) = &recipe.backend {
        table.insert("backend".into(), backend.clone());
    }
    leaves("params", &recipe.params, &mut table);
    for (port, inputs) in &recipe.inputs {
        for (i, input) in inputs.iter().enumerate() {
            let place = match &input.name {
                Some(name) => format!("inputs.{port}.{name}"),
                None if inputs.len() == 1 => format!("inputs.{port}"),
                None => format!("inputs.{port}[{i}]"),
            };
            table.insert(place, input.digest.short());
        }
        // The order of named inputs is theirs to see, and no leaf above would tell of it.
        if inputs.len() > 1 && inputs.iter().all(|i| i.name.is_some()) {
            let names: Vec<_> = inputs.iter().filter_map(|i| i.name.as_deref()).collect();
            table.insert(format!("inputs.{port} (order)"), names.join(", "));
        }
    }
    for (name, digest) in &recipe.sources {
        table.insert(format!("{SOURCES}{name}"), digest.short());
    }
    for (port, missing) in &recipe.missing {
        for point in missing {
            table.insert(format!("missing from {port}: {}", point.name), point.why.to_string());
        }
    }
    table
}

/// The leaves of a value, each by its place: scalars, and lists of scalars.
pub(super) fn leaves(place: &str, value: &Value, table: &mut Facts) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, item)| leaves(&format!("{place}.{key}"), item, table))
        }
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            let each = items.iter().enumerate();
            each.for_each(|(i, item)| leaves(&format!("{place}[{i}]"), item, table))
        }
        leaf => {
            table.insert(place.to_string(), leaf.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Keys are made of this text: it is what a sorted JSON of the recipe is, every field in it.
    #[test]
    fn the_canonical_text_is_the_sorted_json() {
        let digest = Digest::of_bytes;
        let input = |name: Option<&str>, of: &[u8]| Input {
            name: name.map(Into::into),
            digest: digest(of),
        };
        let why = Lack::Failed("it \"went\"\nwrong".into());
        let recipe = Recipe {
            kind: "train".into(),
            version: 3,
            backend: Some("cpu".into()),
            params: json!({ "z": [{ "b": 1e-3, "a": null }], "a": 0.1f32, "e": "é\u{1}", "big": u64::MAX }),
            inputs: [("of".into(), vec![input(Some("b"), b"1"), input(None, b"2")])].into(),
            sources: [("dir".into(), digest(b"3"))].into(),
            missing: [("of".into(), vec![Missing { name: "c".into(), why }])].into(),
        };
        // `serde_json::Value` sorts by itself here, so that this is written in quite another way.
        let sorted = json_of(&recipe).unwrap();
        assert_eq!(recipe.canonical(), sorted.to_string());
        assert_eq!(sorted.as_object().unwrap().len(), 7);
        let bare = Recipe {
            backend: None,
            inputs: BTreeMap::new(),
            sources: BTreeMap::new(),
            missing: BTreeMap::new(),
            ..recipe
        };
        assert_eq!(bare.canonical(), json_of(&bare).unwrap().to_string());
    }
}
