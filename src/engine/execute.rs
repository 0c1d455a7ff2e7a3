//! Runs a plan: workers make results, one coordinator changes states.

use super::{
    event::{Event, sentences},
    output::Outputs,
    pipeline::{NodeId, Pipeline},
    plan::{Judge, Prepared, Reason, Verdict},
    run::{Run, State},
    stage::{Context, Given, Progress, StageError},
    store::{Lookup, Provenance, Rate, Record, Store, StoreError, host},
};
use std::{
    any::Any,
    collections::{BTreeSet, HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::{Instant, SystemTime},
};

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
    /// Where links to the results go.
    pub out: PathBuf,
}

/// A stage to make, and the records of all that it reads.
struct Job {
    id: NodeId,
    inputs: HashMap<NodeId, Arc<Record>>,
}

/// What workers send.
enum Message {
    Event(Event),
    Done(NodeId, Result<Made, StageError>),
}

enum Made {
    Found(Arc<Record>),
    Fresh(Arc<Record>, Vec<Reason>),
}

/// Runs the targets and all that they read, telling what happens. `stop` asks it to start nothing
/// new and lets running stages checkpoint.
pub fn execute<'a>(
    pipeline: &'a Pipeline,
    store: &Store,
    order: &Order,
    stop: &AtomicBool,
    tell: &dyn Fn(Event),
) -> Result<Run<'a>, StoreError> {
    store.sweep()?;
    let judge = Judge::new(pipeline, store, order.force.clone());
    let mut run = Run::new(pipeline, &order.targets);
    let outputs = Outputs::new(&order.out, pipeline, store);
    tell(Event::Began { pipeline: pipeline.name.clone(), stages: run.stages().count() });
    let (jobs_in, jobs_out) = channel::<Job>();
    let jobs_out = Mutex::new(jobs_out);
    let (messages_in, messages) = channel();
    std::thread::scope(|scope| {
        for _ in 0..order.jobs.max(1) {
            let (judge, jobs_out, messages_in) = (&judge, &jobs_out, messages_in.clone());
            scope.spawn(move || {
                while let Some(job) = next_job(jobs_out) {
                    let worker = Worker { judge, stop, messages: &messages_in };
                    if messages_in.send(Message::Done(job.id, worker.make(&job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(messages_in);
        coordinate(&mut run, order, stop, tell, &outputs, &jobs_in, &messages);
        drop(jobs_in);
    });
    remember(&run, store)?;
    Ok(run)
}

fn next_job(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    let jobs = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    jobs.recv().ok()
}

fn coordinate(
    run: &mut Run,
    order: &Order,
    stop: &AtomicBool,
    tell: &dyn Fn(Event),
    outputs: &Outputs,
    jobs: &Sender<Job>,
    messages: &Receiver<Message>,
) {
    let mut ready: VecDeque<NodeId> = run.ready().into();
    let mut running = 0;
    let mut failed = false;
    while !run.is_over() {
        let halted =
            stop.load(Ordering::Relaxed) || (failed && order.on_failure == OnFailure::Stop);
        while running < order.jobs.max(1) && !halted {
            let Some(id) = ready.pop_front() else { break };
            run.enter(id, State::Running);
            let reads = run.pipeline.graph.reads(id).into_iter();
            let inputs = reads.filter_map(|from| Some((from, run.state(from).record()?.clone())));
            if jobs.send(Job { id, inputs: inputs.collect() }).is_err() {
                return;
            }
            running += 1;
        }
        if running == 0 {
            // Halted, and nothing left that could change a state.
            skip_rest(run, tell, if failed { "a stage failed" } else { "the run was interrupted" });
            return;
        }
        match messages.recv() {
            Ok(Message::Event(event)) => tell(event),
            Ok(Message::Done(id, made)) => {
                running -= 1;
                failed |= made.as_ref().is_err_and(|error| *error != StageError::Interrupted);
                ready.extend(settle(run, id, made, outputs, tell));
            }
            Err(_) => return,
        }
    }
}

/// Enters a finished stage's state, says so, and gives the stages that are ready because of it.
fn settle(
    run: &mut Run,
    id: NodeId,
    made: Result<Made, StageError>,
    outputs: &Outputs,
    tell: &dyn Fn(Event),
) -> Vec<NodeId> {
    let node = &run.pipeline.nodes[id];
    let (stage, kind) = (node.name.clone(), node.kind.name);
    let state = match made {
        Ok(Made::Found(record)) => {
            let key = record.recipe.key().hex();
            tell(Event::Cached { stage, kind, key, headline: record.headline.clone() });
            State::Cached(record)
        }
        Ok(Made::Fresh(record, reasons)) => {
            let (key, headline) = (record.recipe.key().hex(), record.headline.clone());
            let seconds = record.provenance.seconds;
            tell(Event::Ran { stage, kind, key, seconds, headline });
            State::Ran(record, reasons)
        }
        Err(StageError::Interrupted) => State::Failed(StageError::Interrupted),
        Err(StageError::Failed { message, help }) => {
            let (m, h) = (message.clone(), help.clone());
            tell(Event::Failed { stage, kind, message: m, help: h });
            State::Failed(StageError::Failed { message, help })
        }
    };
    if let Some(record) = state.record()
        && let Err(message) = outputs.link(&node.name, &record.outputs)
    {
        tell(Event::Warning { message });
    }
    let entered = run.enter(id, state);
    tell_skipped(run, &entered.skipped, tell);
    entered.ready
}

fn tell_skipped(run: &Run, skipped: &[NodeId], tell: &dyn Fn(Event)) {
    for &id in skipped {
        let node = &run.pipeline.nodes[id];
        if let State::Skipped { because } = run.state(id) {
            let because = because.clone();
            tell(Event::Skipped { stage: node.name.clone(), kind: node.kind.name, because });
        }
    }
}

fn skip_rest(run: &mut Run, tell: &dyn Fn(Event), because: &str) {
    let waits = |(id, state): (NodeId, &State)| matches!(state, State::Waiting).then_some(id);
    let waiting: Vec<_> = run.stages().filter_map(waits).collect();
    for id in waiting {
        if matches!(run.state(id), State::Waiting) {
            let mut skipped = vec![id];
            skipped.extend(run.enter(id, State::Skipped { because: because.into() }).skipped);
            tell_skipped(run, &skipped, tell);
        }
    }
}

struct Worker<'a> {
    judge: &'a Judge<'a>,
    stop: &'a AtomicBool,
    messages: &'a Sender<Message>,
}

impl Worker<'_> {
    fn tell(&self, event: Event) {
        // The coordinator outlives its workers; should it be gone, nobody is left to be told.
        let _ = self.messages.send(Message::Event(event));
    }

    fn make(&self, job: &Job) -> Result<Made, StageError> {
        let (judge, store, id) = (self.judge, self.judge.store, job.id);
        let prepared = judge.prepare(id, |from| Some(job.inputs.get(&from)?.outputs.digest()))?;
        let reasons = match judge.verdict(id, &prepared) {
            Verdict::Cached(record) => return Ok(Made::Found(record.into())),
            Verdict::Stale(reasons) => reasons,
            Verdict::Broken(error) => return Err(error),
            Verdict::Waits { .. } => return Err(StageError::new("started before its inputs")),
        };
        let name = &judge.pipeline.nodes[id].name;
        let waiting = |holder| self.tell(Event::Waiting { stage: name.clone(), holder });
        let _lock = store.lock(&prepared.key, waiting).map_err(in_store)?;
        // Somebody may have made it while we waited.
        if !judge.force.contains(&id)
            && let Lookup::Hit(record) = store.find(&prepared.key)
        {
            return Ok(Made::Found(record.into()));
        }
        self.run(job, prepared, reasons)
    }

    fn run(&self, job: &Job, prepared: Prepared, reasons: Vec<Reason>) -> Result<Made, StageError> {
        let (pipeline, store) = (self.judge.pipeline, self.judge.store);
        let node = &pipeline.nodes[job.id];
        let Prepared { recipe, key, sources } = prepared;
        self.tell(Event::Started {
            stage: node.name.clone(),
            kind: node.kind.name,
            key: key.hex(),
            reasons: sentences(&reasons),
        });
        let given = self.given(job);
        let attempt = store.attempt(&key).map_err(in_store)?;
        let scratch = store.scratch(&key).map_err(in_store)?;
        let stage = &node.name;
        let pace = Mutex::new(Pace::default());
        let progress = |progress: Progress| {
            if let Progress::Step { done, unit, .. } = progress {
                pace.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).step(done, unit);
            }
            self.tell(Event::Progress { stage: stage.clone(), progress });
        };
        let cx = Context {
            out: attempt.path(),
            scratch: &scratch,
            stop: self.stop,
            progress: &progress,
        };
        let (began, clock) = (SystemTime::now(), Instant::now());
        let ran = catch_unwind(AssertUnwindSafe(|| node.stage.run(&given, &cx)));
        let headline = ran.unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        for (files, snapshot) in &sources {
            files.unchanged(snapshot).map_err(|error| {
                StageError::new(error.to_string())
                    .with_help("the result was not kept; run again when nothing writes there")
            })?;
        }
        let provenance = Provenance {
            pipeline: pipeline.name.clone(),
            stage: node.name.clone(),
            started: began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
            seconds: clock.elapsed().as_secs_f64(),
            host: host(),
            version: env!("CARGO_PKG_VERSION").into(),
            reasons: sentences(&reasons),
            rate: pace.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).rate(),
        };
        let outputs = store.take(&attempt).map_err(in_store)?;
        let record = Record { recipe, outputs, headline, provenance };
        store.publish(&key, &record).map_err(in_store)?;
        Ok(Made::Fresh(record.into(), reasons))
    }

    /// The files of everything that the stage reads.
    fn given(&self, job: &Job) -> Given {
        let (pipeline, store) = (self.judge.pipeline, self.judge.store);
        let mut given = Given::default();
        for (port, from) in &pipeline.nodes[job.id].inputs {
            let files = |from: &NodeId| {
                let (node, record) = (&pipeline.nodes[*from], job.inputs.get(from)?);
                Some(store.files(&record.outputs, &node.name, node.kind.output))
            };
            given.0.insert(port.name, from.iter().filter_map(files).collect());
        }
        given
    }
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

fn in_store(error: StoreError) -> StageError {
    StageError::new(format!("the store failed: {error}"))
}

fn panicked(panic: &(dyn Any + Send)) -> StageError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
    StageError::new(format!("the stage panicked: {text}"))
        .with_help("this is a defect of microtome: please report it with the pipeline file")
}

/// Notes what each stage now is, so that the next rerun can be explained.
fn remember(run: &Run, store: &Store) -> Result<(), StoreError> {
    let name = &run.pipeline.name;
    let before = store.history(name);
    let mut history = before.clone();
    for (id, state) in run.stages() {
        if let Some(record) = state.record() {
            history.0.insert(run.pipeline.nodes[id].name.clone(), record.recipe.key());
        }
    }
    // A point that left the grid is kept while nothing new has taken its place.
    if run.stages().any(|(_, state)| matches!(state, State::Ran(..))) {
        history.0.retain(|stage, _| run.pipeline.find(stage).is_some());
    }
    if history == before { Ok(()) } else { store.write_history(name, &history) }
}
