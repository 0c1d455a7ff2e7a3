//! One side of a comparison: the results that the store has of a pipeline, or of a lock file.

use crate::{
    engine::{
        Digest, Judge, LockFile, Pipeline, Stage, StageError, Store, Verdict, plan,
        store::{Lookup, Record},
    },
    stages::Evaluate,
};
use std::collections::BTreeSet;

/// The file of an evaluation that has what models make of each image.
pub(super) const PREDICTIONS: &str = "predictions.csv";

/// The results of a pipeline or a lock file.
pub struct Side {
    /// As the user named it.
    pub label: String,
    /// The only model or evaluation that is looked at.
    pub only: Option<String>,
    pub(super) made: Vec<Made>,
    /// The evaluations whose results are not there.
    pub(super) missing: Vec<String>,
    what: What,
}

/// A stage with its result.
pub(super) struct Made {
    pub stage: String,
    pub record: Record,
    /// Of all its files.
    pub digest: Digest,
}

#[derive(Clone, Copy)]
enum What {
    Pipeline,
    Lock,
}

impl Side {
    /// The results that a pipeline would find now.
    pub fn of_pipeline(label: String, pipeline: &Pipeline, store: &Store) -> Side {
        let all: Vec<_> = (0..pipeline.nodes.len()).collect();
        let mut planned = plan(&Judge::new(pipeline, store, BTreeSet::new()), &all);
        let mut side = Side::new(label, What::Pipeline);
        // In the order of the file.
        planned.sort_by_key(|stage| stage.id);
        for stage in planned {
            let node = &pipeline.nodes[stage.id];
            match stage.verdict {
                Verdict::Cached(record) => side.add(&node.name, *record),
                _ if node.kind.name == Evaluate::KIND => side.missing.push(node.name.clone()),
                _ => {}
            }
        }
        side
    }

    /// The results that a lock file names, as far as the store still has them.
    pub fn of_lock(label: String, lock: &LockFile, store: &Store) -> Side {
        let mut side = Side::new(label, What::Lock);
        for (name, locked) in &lock.stage {
            match store.find(&locked.key) {
                Lookup::Hit(record) => side.add(name, *record),
                // What kind it was is told by its files.
                _ if locked.outputs.contains_key(PREDICTIONS) => side.missing.push(name.clone()),
                _ => {}
            }
        }
        side
    }

    fn new(label: String, what: What) -> Side {
        Side { label, only: None, made: Vec::new(), missing: Vec::new(), what }
    }

    fn add(&mut self, stage: &str, record: Record) {
        let digest = record.outputs.digest();
        self.made.push(Made { stage: stage.into(), record, digest });
    }

    /// Looks at nothing but the model or evaluation of this name.
    pub fn only(self, stage: String) -> Side {
        Side { only: Some(stage), ..self }
    }

    /// Who made an artifact, the stage of that name first.
    pub(super) fn maker(&self, digest: &Digest, name: Option<&str>) -> Option<&Made> {
        let of = || self.made.iter().filter(|made| made.digest == *digest);
        of().find(|made| Some(&*made.stage) == name).or_else(|| of().next())
    }

    /// The error of a side that has nothing to compare.
    pub(super) fn without_scores(&self) -> StageError {
        let label = &self.label;
        let missing: Vec<String> = self.missing.iter().map(|it| format!("`{it}`")).collect();
        if missing.is_empty() {
            let help = "it takes a stage of kind `evaluate`, whose scores are compared";
            return StageError::new(format!("{label} has no scores")).with_help(help);
        }
        let have = if missing.len() == 1 { "has" } else { "have" };
        let missing = missing.join(", ");
        StageError::new(format!("{label} has no scores: {missing} {have} no result")).with_help(
            match self.what {
                What::Pipeline => format!("run it first: `microtome run {label}`"),
                What::Lock => "check out the pipeline that it belongs to and run it, or name the \
                               store that has its results by `--cache`"
                    .into(),
            },
        )
    }
}
