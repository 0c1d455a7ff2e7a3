//! A stage whose result is there, made once more beside the store: does the same come out?

use super::{
    artifact::Tree,
    job::{Job, in_store, panicked, unchanged},
    pipeline::NodeId,
    plan::{Judge, Planned, Prepared, Verdict},
    recipe::Lack,
    stage::{Context, Progress, StageError},
    store::{Record, Store},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::AtomicBool},
};

/// A stage with a result, and all that it takes to make it again.
pub struct Reproducible<'a> {
    judge: &'a Judge<'a>,
    job: Job,
    prepared: Prepared,
    /// What the store has.
    pub record: Arc<Record>,
}

impl<'a> Reproducible<'a> {
    /// Collects what a stage reads, by the verdicts on it and on the stages before it.
    ///
    /// # Errors
    /// When it has no result to compare with, or one of its inputs is missing or damaged.
    pub fn new(
        judge: &'a Judge,
        planned: &[Planned],
        id: NodeId,
    ) -> Result<Reproducible<'a>, StageError> {
        let verdict = |of: NodeId| planned.iter().find(|p| p.id == of).map(|p| &p.verdict);
        let name = &judge.pipeline.nodes[id].name;
        let Some(Verdict::Cached(record)) = verdict(id) else {
            return Err(StageError::new(format!("`{name}` has no result to compare with"))
                .with_help("`microtome run` makes it, and `microtome why` says what it lacks"));
        };
        let mut job = Job::new(id);
        for from in judge.pipeline.graph.reads(id) {
            match verdict(from) {
                Some(Verdict::Cached(record)) => {
                    job.inputs.insert(from, Arc::new((**record).clone()));
                }
                Some(Verdict::FailedBefore(failure)) => {
                    job.missing.insert(from, Lack::Failed(failure.message.clone()));
                }
                Some(Verdict::HeldBack { .. }) => drop(job.missing.insert(from, Lack::HeldBack)),
                _ => {
                    let from = &judge.pipeline.nodes[from].name;
                    let message = format!("`{from}`, which `{name}` reads, has no result");
                    return Err(StageError::new(message).with_help("`microtome run` makes it"));
                }
            }
        }
        let prepared = judge.prepare(id, |from| job.read(from))?;
        let record = Arc::new((**record).clone());
        Ok(Reproducible { judge, job, prepared, record })
    }

    /// Runs the stage with inputs from the judge's store, and work and results in another, which
    /// should be empty: a checkpoint would be gone on from. Gives the files that came out.
    ///
    /// # Errors
    /// When the stage fails, an input is damaged, or the other store cannot be written.
    pub fn make(
        &self,
        beside: &Store,
        stop: &AtomicBool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Tree, StageError> {
        self.inputs_are_whole()?;
        let (judge, Prepared { recipe, key, sources }) = (self.judge, &self.prepared);
        let attempt = beside.attempt(key).map_err(in_store)?;
        let scratch = beside.scratch(key).map_err(in_store)?;
        let given = self.job.given(judge.pipeline, judge.store);
        // All is made anew: nothing is taken from an earlier result.
        let earlier = || None;
        let (out, scratch) = (attempt.path(), scratch.as_path());
        let cx = Context { out, scratch, stop, progress, earlier: &earlier, recipe };
        let stage = &judge.pipeline.nodes[self.job.id].stage;
        let ran = catch_unwind(AssertUnwindSafe(|| stage.run(&given, &cx)));
        ran.unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        unchanged(sources)?;
        beside.take(&attempt).map_err(in_store)
    }

    fn inputs_are_whole(&self) -> Result<(), StageError> {
        let store = self.judge.store;
        for (from, record) in &self.job.inputs {
            for file in record.outputs.files() {
                if !store.verify(&file.digest).map_err(in_store)? {
                    let from = &self.judge.pipeline.nodes[*from].name;
                    let message = format!("the result of `{from}` is damaged: `{}`", file.name);
                    let help = format!("`microtome run --force {from}` makes it again");
                    return Err(StageError::new(message).with_help(help));
                }
            }
        }
        Ok(())
    }
}
