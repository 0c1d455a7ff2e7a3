//! In what a run differs from its lock file, first causes before what follows from them.

use super::{LockFile, LockedStage};
use crate::engine::{
    digest::Digest,
    pipeline::NodeId,
    recipe::{Difference, INPUTS, differences_of, facts},
    run::{Run, State},
    store::{Record, Store},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A stage that is not what the lock file says, and every way in which it is not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mismatch {
    pub stage: String,
    pub ways: Ways,
}

/// How a stage differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ways {
    /// Another recipe: the facts of its own in which it differs, and the stages that it reads which
    /// differ themselves.
    Recipe { differences: Vec<Difference>, because: Vec<String> },
    /// Another recipe, of which only the key is known: a lock file of version 1 has no more, and
    /// none says in which order a search reads its points.
    Key(Difference),
    /// The same recipe gave other contents: these files.
    Outputs(Vec<Difference>),
    /// The lock file does not have it.
    NotLocked,
    /// The lock file has a result, and a gate, which is named, held the stage back.
    HeldBack { gate: String },
    /// The pipeline does not have it.
    Gone,
}

impl Mismatch {
    /// Every fact in a line of its own: `params.epochs: 2 → 3`, the locked value first.
    pub fn lines(&self) -> Vec<String> {
        match &self.ways {
            Ways::Recipe { differences, because } => {
                let own = differences.iter().map(Difference::to_string);
                own.chain(follows(because)).collect()
            }
            Ways::Key(key) => {
                vec![format!("{key}, and the lock file does not say what is behind it")]
            }
            Ways::Outputs(files) => {
                files.iter().map(|file| format!("{file}, by the same recipe")).collect()
            }
            Ways::NotLocked => vec!["is not in the lock file".into()],
            Ways::HeldBack { gate } => vec![format!("is locked, and {gate} held it back")],
            Ways::Gone => vec!["is locked, and not in the pipeline".into()],
        }
    }

    /// Whether nothing is wrong with the stage itself.
    pub fn follows(&self) -> bool {
        matches!(&self.ways, Ways::Recipe { differences, .. } if differences.is_empty())
    }
}

/// The stages that a difference came from, in words.
fn follows(because: &[String]) -> Option<String> {
    const SHOWN: usize = 3;
    let first: Vec<_> = because.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let (last, rest) = first.split_last()?;
    Some(match (because.len() - first.len(), rest) {
        (0, []) => format!("because {last} differs"),
        (0, rest) => format!("because {} and {last} differ", rest.join(", ")),
        (more, _) => format!("because {} and {more} more differ", first.join(", ")),
    })
}

impl fmt::Display for Mismatch {
    /// One line a fact, each with the stage's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines().into_iter().map(|line| format!("{}: {line}", self.stage));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

impl LockFile {
    /// Everything in which a run differs from this file, in the order of execution. Stages that
    /// failed or were skipped are not compared, nor are those that the run was not asked for.
    pub fn mismatches(&self, run: &Run, store: &Store) -> Vec<Mismatch> {
        let mut found = Vec::new();
        // The stages that have other contents than the locked ones.
        let mut other = BTreeSet::new();
        for (id, state) in run.stages() {
            let node = &run.pipeline.nodes[id];
            let locked = self.stage.get(&node.name);
            let now = state.record().map(|record| (record, LockedStage::of(node, record)));
            let ways = match (locked, state, &now) {
                (Some(_), State::HeldBack { gate }, _) => {
                    Some(Ways::HeldBack { gate: gate.clone() })
                }
                (None, _, Some(_)) => Some(Ways::NotLocked),
                (Some(locked), _, Some((record, now))) => {
                    locked.compare(run, id, (record, now), &other, store)
                }
                (_, _, None) => None,
            };
            let same = locked.zip(now).is_some_and(|(then, (_, now))| then.outputs == now.outputs);
            if !same {
                other.insert(id);
            }
            let stage = node.name.clone();
            found.extend(ways.map(|ways| Mismatch { stage, ways }));
        }
        let gone = self.stage.keys().filter(|stage| run.pipeline.find(stage).is_none());
        found.extend(gone.map(|stage| Mismatch { stage: stage.clone(), ways: Ways::Gone }));
        found
    }
}

impl LockedStage {
    /// How a result differs; `other` are the stages before that have other contents than locked.
    fn compare(
        &self,
        run: &Run,
        id: NodeId,
        (record, now): (&Record, &LockedStage),
        other: &BTreeSet<NodeId>,
        store: &Store,
    ) -> Option<Ways> {
        if self.key == now.key {
            let files = unequal(&self.outputs, &now.outputs);
            return (!files.is_empty()).then_some(Ways::Outputs(files));
        }
        let keys = Difference {
            place: "key".into(),
            old: Some(self.key.short()),
            new: Some(now.key.short()),
        };
        let found = match store.record(&self.key) {
            _ if !self.recipe.is_empty() => differences_of(&self.recipe, &now.recipe),
            Some(before) => differences_of(&facts(&before.recipe), &facts(&record.recipe)),
            None => return Some(Ways::Key(keys)),
        };
        let reads = run.pipeline.graph.reads(id).into_iter().filter(|from| other.contains(from));
        let because: Vec<String> =
            reads.map(|from| run.pipeline.nodes[from].name.clone()).collect();
        // What follows from other stages is said of those.
        let (inputs, own): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|d| d.place.starts_with(INPUTS));
        let differences = match because.is_empty() {
            true => [own, inputs].concat(),
            false => own,
        };
        if differences.is_empty() && because.is_empty() {
            return Some(Ways::Key(keys));
        }
        Some(Ways::Recipe { differences, because })
    }
}

/// The files that have other contents, or are on one side only.
fn unequal(locked: &BTreeMap<String, Digest>, found: &BTreeMap<String, Digest>) -> Vec<Difference> {
    let names: BTreeSet<_> = locked.keys().chain(found.keys()).collect();
    let differing = names.into_iter().filter(|name| locked.get(*name) != found.get(*name));
    let short = |digest: Option<&Digest>| digest.map(Digest::short);
    let of = |name: &String| Difference {
        place: format!("outputs.{name}"),
        old: short(locked.get(name)),
        new: short(found.get(name)),
    };
    differing.map(of).collect()
}
