//! One side of a comparison: the results that the store has of a pipeline, or of a lock file.

use crate::engine::{
    Digest, Judge, LockFile, Pipeline, StageError, Store, Verdict, plan,
    store::{Lookup, Record},
};
use std::collections::BTreeSet;

/// The results of a pipeline or a lock file.
pub struct Side {
    /// As the user named it.
    pub label: String,
    /// The only model or evaluation that is looked at.
    pub only: Option<String>,
    pub(super) made: Vec<Made>,
    /// The stages whose results are not there.
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
        let planned = plan(&Judge::new(pipeline, store, BTreeSet::new()), &all);
        let mut side = Side::new(label, What::Pipeline);
        // In the order of the file.
        let mut planned: Vec<_> = planned.into_iter().collect();
        planned.sort_by_key(|stage| stage.id);
        for stage in planned {
            let name = pipeline.nodes[stage.id].name.clone();
            side.add(
                name,
                match stage.verdict {
                    Verdict::Cached(record) => Some(*record),
                    _ => None,
                },
            );
        }
        side
    }

    /// The results that a lock file names, as far as the store still has them.
    pub fn of_lock(label: String, lock: &LockFile, store: &Store) -> Side {
        let mut side = Side::new(label, What::Lock);
        for (name, locked) in &lock.stage {
            let found = store.find(&locked.key);
            side.add(
                name.clone(),
                match found {
                    Lookup::Hit(record) => Some(*record),
                    Lookup::Miss | Lookup::Damaged(_) => None,
                },
            );
        }
        side
    }

    fn new(label: String, what: What) -> Side {
        Side { label, only: None, made: Vec::new(), missing: Vec::new(), what }
    }

    fn add(&mut self, stage: String, record: Option<Record>) {
        match record {
            Some(record) => {
                let digest = record.outputs.digest();
                self.made.push(Made { stage, record, digest });
            }
            None => self.missing.push(stage),
        }
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
    pub(super) fn without_scores(&self, notes: &[String]) -> StageError {
        let what = match &self.only {
            Some(stage) => format!("no scores of `{stage}`"),
            None => "no scores".into(),
        };
        let mut message = format!("{} has {what}", self.label);
        if let Some(note) = notes.last() {
            message += &format!(": {note}");
        }
        StageError::new(message).with_help(match self.what {
            What::Pipeline => {
                format!("run it first, with an `evaluate` stage: `microtome run {}`", self.label)
            }
            What::Lock => {
                "check the pipeline that it belongs to out and run it, or name the store \
                           that has its results by `--cache`"
                    .into()
            }
        })
    }
}
