//! Runs a plan: workers make results, one coordinator changes states.

mod worker;

use super::{
    event::Event,
    job::Job,
    output::Outputs,
    pipeline::{NodeId, Pipeline},
    plan::{Judge, Retry, each},
    reason::Reason,
    run::{Run, State},
    stage::StageError,
    store::{Failure, Record, Store, StoreError},
};
use std::{
    collections::{BTreeSet, VecDeque},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
};
use worker::Worker;

/// What happens to the rest when a stage fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// Only its readers are skipped.
    KeepGoing,
    /// Nothing new is started.
    Stop,
}

/// How to run.
pub struct Order {
    pub targets: Vec<NodeId>,
    pub force: BTreeSet<NodeId>,
    /// How many stages at a time.
    pub jobs: usize,
    pub on_failure: OnFailure,
    pub retry: Retry,
    /// Where links to the results go.
    pub out: PathBuf,
    /// What the run calls itself, so that a result can say where it comes from.
    pub name: Option<String>,
}

/// What workers send.
enum Message {
    Event(Event),
    Done(NodeId, Result<Made, StageError>),
}

/// What became of a job.
enum Made {
    Found(Arc<Record>),
    Fresh(Arc<Record>, Vec<Reason>),
    /// Not made: it failed before, and was not to be tried again.
    FailedBefore(Box<Failure>),
    /// Not made: its gate, which is named, does not let it through.
    HeldBack {
        gate: String,
    },
    /// Not made, since these stages' results are not what they were: they are made again first.
    Refused(Vec<NodeId>),
}

/// Runs the targets and all that they read, telling what happens. `stop` asks it to start nothing
/// new and lets running stages checkpoint.
///
/// # Errors
/// Only when the store itself fails; a stage's failure is that stage's state.
pub fn execute<'a>(
    pipeline: &'a Pipeline,
    store: &Store,
    order: &Order,
    stop: &AtomicBool,
    tell: &dyn Fn(Event),
) -> Result<Run<'a>, StoreError> {
    if let Some(why) = store.read_only() {
        let message = format!(
            "the store cannot be written to ({why}): results that it has are taken, and nothing \
             can be made"
        );
        tell(Event::Warning { message });
    }
    sweep(store, tell);
    let judge = Judge::new(pipeline, store, order.force.clone()).with(order.retry);
    let mut run = Run::new(pipeline, &order.targets);
    tell(Event::Began { pipeline: pipeline.name.clone(), stages: run.stages().count() });
    let (jobs, jobs_out) = channel::<Job>();
    let jobs_out = Mutex::new(jobs_out);
    let (messages_in, messages) = channel();
    let verified = Mutex::default();
    let workers = order.jobs.clamp(1, run.stages().count().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (judge, jobs_out, messages) = (&judge, &jobs_out, messages_in.clone());
            let verified = &verified;
            scope.spawn(move || {
                let worker = Worker {
                    judge,
                    run: order.name.as_deref(),
                    stop,
                    messages: &messages,
                    verified,
                };
                while let Some(job) = next_job(jobs_out) {
                    if messages.send(Message::Done(job.id, worker.make(&job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(messages_in);
        let outputs = Outputs::new(&order.out, pipeline, store);
        let coordinator = Coordinator { judge: &judge, order, workers, stop, tell, outputs };
        coordinator.run(&mut run, &jobs, &messages);
        drop(jobs);
    });
    // It only explains, and what was made is safe without it.
    let remembered = remember(&run, store);
    remembered.unwrap_or_else(|error| tell(Event::Warning { message: error.to_string() }));
    // Once more: a run that was killed just before this one began may have died meanwhile.
    sweep(store, tell);
    Ok(run)
}

fn sweep(store: &Store, tell: &dyn Fn(Event)) {
    let swept = store.sweep();
    swept.unwrap_or_else(|error| tell(Event::Warning { message: error.to_string() }));
}

fn next_job(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    let jobs = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    jobs.recv().ok()
}

struct Coordinator<'a> {
    judge: &'a Judge<'a>,
    order: &'a Order,
    workers: usize,
    stop: &'a AtomicBool,
    tell: &'a dyn Fn(Event),
    outputs: Outputs<'a>,
}

impl Coordinator<'_> {
    fn run(&self, run: &mut Run, jobs: &Sender<Job>, messages: &Receiver<Message>) {
        // What became ready just now, and what is known to have to run.
        let (mut fresh, mut ready) = (run.ready(), VecDeque::new());
        let (mut running, mut failed) = (0, false);
        while !run.is_over() {
            let interrupted = self.stop.load(Ordering::Relaxed);
            let halted = interrupted || (failed && self.order.on_failure == OnFailure::Stop);
            if running == 0 && !halted {
                fresh = self.take(run, fresh);
            }
            ready.extend(fresh.drain(..));
            while running < self.workers && !halted {
                let Some(id) = ready.pop_front() else { break };
                if !run.is_ready(id) {
                    // It comes back when what it reads has been made again.
                    continue;
                }
                run.enter(id, State::Running);
                if jobs.send(job(run, id)).is_err() {
                    return;
                }
                running += 1;
            }
            if running == 0 {
                if run.is_over() {
                    return;
                }
                // Halted, and nothing left that could change a state.
                let because =
                    if interrupted { "the run was interrupted" } else { "a stage failed" };
                return self.skip_rest(run, because);
            }
            match messages.recv() {
                Ok(Message::Event(event)) => (self.tell)(event),
                Ok(Message::Done(id, made)) => {
                    running -= 1;
                    failed |= made.as_ref().is_err_and(|error| *error != StageError::Interrupted);
                    fresh = self.settle(run, id, made);
                }
                Err(_) => return,
            }
        }
    }

    /// Takes from the store what is there of these stages, and of those that become ready by it; gives
    /// the rest. Where nothing runs this is done here and for many at once: to hand a stage to a
    /// worker and back takes longer than to look.
    fn take(&self, run: &mut Run, ready: Vec<NodeId>) -> Vec<NodeId> {
        let (mut rest, mut ready) = (Vec::new(), ready);
        while !ready.is_empty() && !self.stop.load(Ordering::Relaxed) {
            ready.retain(|id| run.is_ready(*id));
            let (judge, so_far) = (self.judge, &*run);
            let found = each(&ready, |id| worker::look(judge, &job(so_far, id)));
            for (id, found) in std::mem::take(&mut ready).into_iter().zip(found) {
                let Some(found) = found else {
                    rest.push(id);
                    continue;
                };
                run.enter(id, State::Running);
                ready.extend(self.settle(run, id, Ok(Made::Found(found))));
            }
        }
        rest.extend(ready);
        rest
    }

    /// Enters a finished stage's state, says so, and gives the stages that are ready because of it.
    fn settle(&self, run: &mut Run, id: NodeId, made: Result<Made, StageError>) -> Vec<NodeId> {
        let node = &run.pipeline.nodes[id];
        let (stage, kind) = (node.name.clone(), node.kind.name);
        let (event, state) = match made {
            Ok(Made::Refused(inputs)) => return self.make_again(run, id, &inputs),
            Ok(Made::Found(record)) => {
                let (key, headline) = (record.key().hex(), record.headline.clone());
                (Event::Cached { stage, kind, key, headline }, State::Cached(record))
            }
            Ok(Made::Fresh(record, reasons)) => {
                let (key, headline) = (record.key().hex(), record.headline.clone());
                let seconds = record.provenance.seconds;
                (Event::Ran { stage, kind, key, seconds, headline }, State::Ran(record, reasons))
            }
            Ok(Made::FailedBefore(failure)) => {
                let Failure { message, help, .. } = *failure;
                let said = format!("it failed before, and is not tried again: {message}");
                let state = State::Failed(StageError::Failed { message, help });
                let help = Some("`--retry-failed` tries it again".to_string());
                (Event::Failed { stage, kind, message: said, help }, state)
            }
            Ok(Made::HeldBack { gate }) => {
                (Event::HeldBack { stage, kind, gate: gate.clone() }, State::HeldBack { gate })
            }
            Err(StageError::Interrupted) => {
                (Event::Interrupted { stage, kind }, State::Failed(StageError::Interrupted))
            }
            Err(error) => {
                let (message, help) = error.clone().into_words();
                (Event::Failed { stage, kind, message, help }, State::Failed(error))
            }
        };
        (self.tell)(event);
        if let Some(record) = state.record() {
            link(self.judge, &self.outputs, &node.name, record, self.tell);
        }
        let entered = run.enter(id, state);
        self.tell_skipped(run, &entered.skipped);
        entered.ready
    }

    /// Sends a reader back to wait for inputs whose results turned out to be damaged.
    fn make_again(&self, run: &mut Run, reader: NodeId, inputs: &[NodeId]) -> Vec<NodeId> {
        run.enter(reader, State::Waiting);
        let mut ready = Vec::new();
        for &input in inputs {
            // Another reader may have found it damaged before.
            if run.state(input).record().is_none() {
                continue;
            }
            let name = &run.pipeline.nodes[input].name;
            let message = format!("the result of `{name}` was damaged, and is made again");
            (self.tell)(Event::Warning { message });
            run.enter(input, State::Waiting);
            ready.push(input);
        }
        ready
    }

    fn tell_skipped(&self, run: &Run, skipped: &[NodeId]) {
        for &id in skipped {
            let node = &run.pipeline.nodes[id];
            if let State::Skipped { because } = run.state(id) {
                let (stage, kind, because) = (node.name.clone(), node.kind.name, because.clone());
                (self.tell)(Event::Skipped { stage, kind, because });
            }
        }
    }

    fn skip_rest(&self, run: &mut Run, because: &str) {
        let waits = |(id, state): (NodeId, &State)| matches!(state, State::Waiting).then_some(id);
        for id in run.stages().filter_map(waits).collect::<Vec<_>>() {
            if matches!(run.state(id), State::Waiting) {
                let entered = run.enter(id, State::Skipped { because: because.into() });
                self.tell_skipped(run, &[vec![id], entered.skipped].concat());
            }
        }
    }
}

/// Shows a result in the stage's folder, instead of what was the result before.
pub(super) fn link(
    judge: &Judge,
    outputs: &Outputs,
    stage: &str,
    record: &Record,
    tell: &dyn Fn(Event),
) {
    let before = judge.last(stage).filter(|last| *last != record.key());
    let before = before.and_then(|last| judge.store.record(&last)).map(|record| record.outputs);
    let linked = outputs.link(stage, &record.outputs, before.as_ref());
    linked.unwrap_or_else(|message| tell(Event::Warning { message }));
}

/// A stage that is ready, with what became of all that it reads.
fn job(run: &Run, id: NodeId) -> Job {
    let mut job = Job::new(id);
    for from in run.pipeline.graph.reads(id) {
        let state = run.state(from);
        match state.record() {
            Some(record) => drop(job.inputs.insert(from, record.clone())),
            None => job.missing.extend(state.lack().map(|why| (from, why))),
        }
    }
    job
}

/// Notes what each stage now is, so that the next rerun can be explained.
fn remember(run: &Run, store: &Store) -> Result<(), StoreError> {
    let name = &run.pipeline.name;
    let before = store.history(name);
    let mut history = before.clone();
    for (id, state) in run.stages() {
        if let Some(record) = state.record() {
            history.0.insert(run.pipeline.nodes[id].name.clone(), record.key());
        }
    }
    // A point that left the grid is kept while nothing new has taken its place.
    if run.stages().any(|(_, state)| matches!(state, State::Ran(..))) {
        history.0.retain(|stage, _| run.pipeline.find(stage).is_some());
    }
    if history == before || store.read_only().is_some() {
        Ok(())
    } else {
        store.write_history(name, &history)
    }
}
