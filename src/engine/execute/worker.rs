//! One worker: judges a stage, takes its result or makes it, and publishes what it made.

use super::{Made, Message};
use crate::engine::{
    digest::Digest,
    earlier::Earlier,
    event::{Event, sentences},
    job::{Job, in_store, panicked, unchanged},
    pipeline::NodeId,
    plan::{Judge, Prepared, Verdict},
    reason::Reason,
    stage::{Context, Progress, StageError},
    store::{Failure, Lookup, Provenance, Rate, Record, host},
};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool, mpsc::Sender},
    time::{Instant, SystemTime},
};

pub(super) struct Worker<'a> {
    pub judge: &'a Judge<'a>,
    /// What the run calls itself.
    pub run: Option<&'a str>,
    pub stop: &'a AtomicBool,
    pub messages: &'a Sender<Message>,
    /// Blobs that were read and found whole in this run.
    pub verified: &'a Mutex<HashSet<Digest>>,
}

impl Worker<'_> {
    fn tell(&self, event: Event) {
        // The coordinator outlives its workers; should it be gone, nobody is left to be told.
        let _ = self.messages.send(Message::Event(event));
    }

    /// A panic anywhere on the way is this stage's failure, and not the end of the run.
    pub fn make(&self, job: &Job) -> Result<Made, StageError> {
        let made = catch_unwind(AssertUnwindSafe(|| self.find_or_make(job)));
        made.unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    fn find_or_make(&self, job: &Job) -> Result<Made, StageError> {
        let (judge, store, id) = (self.judge, self.judge.store, job.id);
        let gate = judge.pipeline.nodes[id].gate;
        if let Some((from, gate)) = gate.and_then(|gate| job.inputs.get_key_value(&gate)) {
            // A damaged gate would let the wrong points through.
            let damaged = self.damaged([(from, gate)])?;
            if !damaged.is_empty() {
                return Ok(Made::Refused(damaged));
            }
            if let Some(gate) = judge.held_back_by(id, gate)? {
                return Ok(Made::HeldBack { gate });
            }
        }
        let prepared = judge.prepare(id, |from| job.read(from))?;
        let reasons = match judge.verdict(id, &prepared) {
            Verdict::Cached(record) => return Ok(Made::Found(record.into())),
            Verdict::FailedBefore(failure) => return Ok(Made::FailedBefore(failure)),
            Verdict::Stale(reasons) => reasons,
            Verdict::Broken(error) => return Err(error),
            Verdict::Waits { .. } | Verdict::HeldBack { .. } => {
                return Err(StageError::new("started before its inputs"));
            }
        };
        let name = &judge.pipeline.nodes[id].name;
        let waiting = |holder| self.tell(Event::Waiting { stage: name.clone(), holder });
        let lock = store.lock(&prepared.key, self.stop, waiting).map_err(in_store)?;
        let Some(_lock) = lock else { return Err(StageError::Interrupted) };
        // Somebody may have made it while we waited, or failed to.
        if !judge.force.contains(&id)
            && let Lookup::Hit(record) = store.find(&prepared.key)
        {
            return Ok(Made::Found(record.into()));
        }
        if let Some(failure) = judge.failed_before(id, &prepared.key) {
            return Ok(Made::FailedBefore(failure.into()));
        }
        let damaged = self.damaged(&job.inputs)?;
        if !damaged.is_empty() {
            return Ok(Made::Refused(damaged));
        }
        self.run(job, prepared, reasons)
    }

    /// The inputs whose blobs are not what their digests say; these blobs are taken away. A hit
    /// only looks at sizes, but nothing is made of contents that nobody has checked.
    fn damaged<'r>(
        &self,
        inputs: impl IntoIterator<Item = (&'r NodeId, &'r Arc<Record>)>,
    ) -> Result<Vec<NodeId>, StageError> {
        let store = self.judge.store;
        let mut damaged = Vec::new();
        for (from, record) in inputs {
            for file in record.outputs.files() {
                if locked(self.verified).contains(&file.digest) {
                    continue;
                }
                if store.verify(&file.digest).map_err(in_store)? {
                    locked(self.verified).insert(file.digest);
                } else {
                    store.forget(&file.digest).map_err(in_store)?;
                    damaged.push(*from);
                }
            }
        }
        damaged.sort_unstable();
        damaged.dedup();
        Ok(damaged)
    }

    fn run(&self, job: &Job, prepared: Prepared, reasons: Vec<Reason>) -> Result<Made, StageError> {
        let (pipeline, store) = (self.judge.pipeline, self.judge.store);
        let node = &pipeline.nodes[job.id];
        let Prepared { recipe, key, sources } = prepared;
        let reasons_said = sentences(&reasons);
        self.tell(Event::Started {
            stage: node.name.clone(),
            kind: node.kind.name,
            key: key.hex(),
            reasons: reasons_said.clone(),
        });
        let attempt = store.attempt(&key).map_err(in_store)?;
        let scratch = store.scratch(&key).map_err(in_store)?;
        let (pace, log) = (Mutex::new(Pace::default()), Mutex::new(Vec::new()));
        let progress = |progress: Progress| {
            match &progress {
                Progress::Step { done, unit, .. } => locked(&pace).step(*done, unit),
                Progress::Note { text } => locked(&log).push(text.clone()),
            }
            self.tell(Event::Progress { stage: node.name.clone(), progress });
        };
        let (out, scratch) = (attempt.path(), scratch.as_path());
        let made = (&*node.name, node.kind.output);
        let earlier = || Earlier::find(store, &recipe, &sources, made);
        let (stop, progress) = (self.stop, &progress);
        let cx = Context { out, scratch, stop, progress, earlier: &earlier, recipe: &recipe };
        let (began, clock) = (SystemTime::now(), Instant::now());
        let ran = node.stage.run(&job.given(pipeline, store), &cx);
        if let (Err(error), Some(_)) = (&ran, &node.search) {
            self.remember_failure(&key, error, std::mem::take(&mut locked(&log)));
        }
        let said = ran?;
        unchanged(&sources)?;
        let provenance = Provenance {
            pipeline: pipeline.name.clone(),
            stage: node.name.clone(),
            started: began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
            seconds: clock.elapsed().as_secs_f64(),
            host: host(),
            run: self.run.map(str::to_string),
            version: env!("CARGO_PKG_VERSION").into(),
            reasons: reasons_said,
            rate: locked(&pace).rate(),
        };
        let outputs = store.take(&attempt).map_err(in_store)?;
        locked(self.verified).extend(outputs.files().iter().map(|file| file.digest));
        let record = Record::new(recipe, outputs, said, provenance);
        store.publish(&key, &record).map_err(in_store)?;
        store.forget_failure(&key).map_err(in_store)?;
        Earlier::remember(store, &record.recipe, &key, &sources);
        Ok(Made::Fresh(record.into(), reasons))
    }

    /// Keeps a point's failure with its log; that this fails too is only worth a warning.
    fn remember_failure(&self, key: &Digest, error: &StageError, log: Vec<String>) {
        let StageError::Failed { message, help } = error else { return };
        let (message, help) = (message.clone(), help.clone());
        let failure = Failure { message, help, log, version: env!("CARGO_PKG_VERSION").into() };
        if let Err(error) = self.judge.store.write_failure(key, &failure) {
            self.tell(Event::Warning { message: error.to_string() });
        }
    }
}

/// The stage's result if it is in the store, and nothing else is to be said of the stage. Neither
/// source files nor the files of gates are looked at: they have to be read, while others could run.
pub(super) fn look(judge: &Judge, job: &Job) -> Option<Arc<Record>> {
    let node = &judge.pipeline.nodes[job.id];
    if judge.force.contains(&job.id) || node.gate.is_some() || !node.stage.sources().is_empty() {
        return None;
    }
    let look = || judge.prepare(job.id, |from| job.read(from)).ok();
    // Should anything go wrong, it does so once more for the worker, who has a word for it.
    let prepared = catch_unwind(AssertUnwindSafe(look)).ok()??;
    match judge.store.find(&prepared.key) {
        Lookup::Hit(record) => Some(record.into()),
        Lookup::Miss | Lookup::Damaged(_) => None,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// How fast a stage counts, from its first step to its last.
#[derive(Default)]
struct Pace {
    first: Option<(Instant, u64)>,
    last: Option<(Instant, u64, &'static str)>,
}

impl Pace {
    fn step(&mut self, done: u64, unit: &'static str) {
        let now = Instant::now();
        self.first.get_or_insert((now, done));
        self.last = Some((now, done, unit));
    }

    fn rate(&self) -> Option<Rate> {
        let ((began, from), (ended, to, unit)) = (self.first?, self.last?);
        let seconds = ended.duration_since(began).as_secs_f64();
        let counted = to.checked_sub(from).filter(|counted| *counted > 0 && seconds > 0.0)?;
        Some(Rate { per_second: counted as f64 / seconds, unit: unit.into() })
    }
}
