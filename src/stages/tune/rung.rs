//! `rung`: the gate between two rungs of a search. Only the best combinations train on.

use super::{
    Objective,
    rank::ranked,
    result::{Trials, outcome_of},
    search::Trial,
};
use crate::{
    engine::{Artifact, Context, Files, Stage, StageError},
    stages::artifacts::{Model, read_json, write_json},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Lets the best combinations of one rung through to the next. It is put between the points of a
/// search with `halving`; users do not write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// What makes a combination the best: the mean of this over its repeats.
    pub objective: Objective,
    /// How many go on.
    pub keep: NonZeroUsize,
    pub candidates: Vec<Candidate>,
}

/// A combination by the names of its points, as they stand in brackets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// On the rung that is judged.
    pub below: Vec<String>,
    /// On the next one.
    pub above: Vec<String>,
}

/// Which points of the next rung run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Their names as they stand in brackets, in the order of the search: that equals swap places
    /// is no reason to run anything again.
    pub promoted: Vec<String>,
    pub candidates: usize,
    pub keep: usize,
}

impl Artifact for Promotion {
    const TYPE: &'static str = "promotion";
    fn open(files: &Files) -> Result<Promotion, StageError> {
        read_json(&files.path("promotion.json")?)
    }
    fn headline(&self) -> Option<String> {
        Some(format!("the best {} of {} go on", self.keep, self.candidates))
    }
}

impl Stage for Rung {
    const KIND: &'static str = "rung";
    const VERSION: u32 = 1;
    const ABOUT: &'static str =
        "lets the best combinations of a search train on for longer (put in by itself)";
    type Inputs = Trials;
    type Output = Promotion;

    fn lets_through(gate: &Promotion, point: &str) -> bool {
        gate.promoted.iter().any(|promoted| promoted == point)
    }

    fn run(&self, inputs: Trials, cx: &Context) -> Result<Promotion, StageError> {
        let mut trials = Vec::new();
        for (combination, candidate) in self.candidates.iter().enumerate() {
            // Repeats are alike here: only their mean counts.
            for (seed, name) in (0..).zip(&candidate.below) {
                let outcome = match inputs.of(name) {
                    Ok(files) => outcome_of(&Model::open(files)?, self.objective),
                    Err((_, outcome)) => outcome,
                };
                let (name, values) = (name.clone(), Vec::new());
                trials.push(Trial { name, combination, rung: 0, values, fold: 0, seed, outcome });
            }
        }
        let best = ranked(&trials, self.objective).into_iter().filter(|c| c.mean.is_some());
        let mut best: Vec<usize> = best.take(self.keep.get()).map(|c| c.combination).collect();
        best.sort_unstable();
        let promoted = best.iter().flat_map(|&c| self.candidates[c].above.clone());
        let promotion = Promotion {
            promoted: promoted.collect(),
            candidates: self.candidates.len(),
            keep: best.len(),
        };
        write_json(&cx.out().join("promotion.json"), &promotion)?;
        Ok(promotion)
    }
}
