//! `microtome run`: runs what has changed.

use super::{
    Exit, Failure, Form, PipelineArgs, StoreArgs,
    ci::{CiArgs, Ending, Lock, Service},
    closing, origin,
    progress::{Display, Look},
    say,
    table::table,
};
use crate::engine::{
    LockFile, Mismatch, NodeId, OnFailure, Order, Pipeline, Planned, Rejected, Retry,
    Run as Outcome, Store, execute, frozen, pipeline::Texts,
};
use crate::stages;
use clap::Args;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
    time::Instant,
};

#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Only these stages and what they read
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// The folder for links to the results
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// How many stages run at a time [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// How many threads compute, shared by all stages [default: the number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Where tensors are computed: auto or cpu
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Run this stage even if its result is there
    #[arg(long, value_name = "STAGE")]
    force: Vec<String>,
    /// After a failure go on with everything that does not depend on it (the default)
    #[arg(long, conflicts_with = "fail_fast")]
    keep_going: bool,
    /// After a failure start nothing new
    #[arg(long)]
    fail_fast: bool,
    /// Try points of searches again that failed before
    #[arg(long)]
    retry_failed: bool,
    /// Fail with exit code 4 when a key or a result differs from the lock file
    #[arg(long)]
    locked: bool,
    /// The same, and run and fetch nothing: every result must be in the store, which is not written
    #[arg(long, conflicts_with_all = ["force", "retry_failed"])]
    frozen: bool,
    #[command(flatten)]
    ci: CiArgs,
    /// One JSON object an event, on stdout
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(mut self) -> Result<Exit, Failure> {
        let clock = Instant::now();
        let mut ending = self.ci.ending(&self.pipeline.pipeline);
        let done = self.carry_out(clock, &mut ending);
        if self.ci.is_wanted() {
            ending.seconds = clock.elapsed().as_secs_f64();
            if let Err(failure) = &done {
                ending.came_to_nothing(&failure.events);
            }
            let told = self.ci.tell(&ending, self.form());
            // What the run itself came to matters more.
            return done.and_then(|exit| told.map(|()| exit));
        }
        done
    }

    fn carry_out(&mut self, clock: Instant, ending: &mut Ending) -> Result<Exit, Failure> {
        if let Some(device) = &self.device {
            self.pipeline.set.push(format!("pipeline.device={device}"));
        }
        stages::check_environment().map_err(|problem| Failure::new(Exit::Wrong, problem))?;
        let pipeline = self.pipeline.load()?;
        let binds = self.lock_binds();
        // Otherwise it is read only if it has to be written.
        let before = match binds || self.ci.is_wanted() {
            true => Some(self.lock_file(&pipeline)?),
            false => None,
        };
        let order = self.order(&pipeline)?;
        let store = if self.frozen { self.store.at()? } else { self.store.open()? };
        let display = Display::new(if self.json { Look::Json } else { Look::detect() });
        let title = format!("microtome run {}", pipeline.path.display());
        let ran = self.ci.grouped(&title, || {
            let ran = self.execute(&pipeline, &store, &order, &display, ending);
            display.close();
            ran
        })?;
        closing::close(&ran, &self.out, clock.elapsed().as_secs_f64(), display.look());
        let whole = ran.stages().all(|(_, state)| state.is_fine());
        // Where there was no lock file, that it now says something is no news.
        let compared = before.as_ref().filter(|before| binds || !before.stage.is_empty());
        let mismatches = compared.map_or(Vec::new(), |before| before.mismatches(&ran, &store));
        let lock = if binds { Lock::Binds } else { Lock::Follows };
        ending.ran(&ran, mismatches.clone(), lock);
        if !binds && whole {
            self.pin(&pipeline, &ran, before)?;
            // What it names is to stay in the store.
            store.note_lock_file(&pipeline.path).map_err(|e| Failure::new(Exit::Failed, e))?;
        }
        match SIGNAL.load(Ordering::Relaxed) {
            number if number > 0 && !whole => return Ok(Exit::Signal(number)),
            _ if binds => unequal(&pipeline, &mismatches)?,
            _ => {}
        }
        match closing::shortfalls(&ran) {
            Some(missed) => Err(Failure::new(Exit::Failed, missed)),
            None => Ok(if whole { Exit::Done } else { Exit::Failed }),
        }
    }

    fn order(&self, pipeline: &Pipeline) -> Result<Order, Failure> {
        compute_on(self.threads)?;
        Ok(Order {
            targets: targets(pipeline, &self.stages)?,
            force: match self.force.as_slice() {
                [] => Default::default(),
                names => targets(pipeline, names)?.into_iter().collect(),
            },
            jobs: count("--jobs", self.jobs, MOST_THREADS)?.unwrap_or_else(cores),
            on_failure: if self.fail_fast { OnFailure::Stop } else { OnFailure::KeepGoing },
            retry: if self.retry_failed { Retry::Failed } else { Retry::Nothing },
            out: self.out.clone(),
            name: Some(origin::of_this_run()),
        })
    }

    /// Makes what is missing; a frozen run only looks whether all is there.
    fn execute<'a>(
        &self,
        pipeline: &'a Pipeline,
        store: &Store,
        order: &Order,
        display: &Display,
        ending: &mut Ending,
    ) -> Result<Outcome<'a>, Failure> {
        let tell = |event| display.show(&event);
        if self.frozen {
            return frozen(pipeline, store, order, &tell).map_err(|lacking| {
                ending.lacks(pipeline, &lacking);
                not_cached(pipeline, &lacking)
            });
        }
        let ran = execute(pipeline, store, order, watch_for_signals(self.form()), &tell);
        ran.map_err(|error| Failure::new(Exit::Failed, error))
    }

    /// Writes the lock file, if it would change.
    fn pin(
        &self,
        pipeline: &Pipeline,
        ran: &Outcome,
        before: Option<LockFile>,
    ) -> Result<(), Failure> {
        // The usual case, in which nobody needs to know what the file says.
        if LockFile::default().after(ran).is_written(pipeline) {
            return Ok(());
        }
        let before = before.map_or_else(|| self.lock_file(pipeline), Ok)?;
        before.after(ran).write(pipeline).map_err(|error| Failure::new(Exit::Failed, error))
    }

    pub(super) fn form(&self) -> Form {
        Form::of(&self.json)
    }

    pub(super) fn service(&self) -> Service {
        self.ci.service()
    }

    fn lock_binds(&self) -> bool {
        self.locked || self.frozen
    }

    /// The lock file as it is; where it does not bind, one that cannot be read is as none.
    fn lock_file(&self, pipeline: &Pipeline) -> Result<LockFile, Failure> {
        let path = LockFile::path(&pipeline.path);
        match LockFile::read(&pipeline.path) {
            Ok(Some(lock)) => Ok(lock),
            Ok(None) if self.lock_binds() => {
                let flag = if self.frozen { "--frozen" } else { "--locked" };
                Err(Failure::new(Exit::Differs, format!("there is no {}", path.display()))
                    .with_help(format!("run once without `{flag}`, and commit the lock file")))
            }
            Err(problem) if self.lock_binds() => {
                let help = problem.help();
                Err(Failure::new(Exit::Wrong, problem).with_help(help))
            }
            Err(problem) => {
                say(&format!("warning: {problem}; it will be written anew"));
                Ok(LockFile::default())
            }
            Ok(None) => Ok(LockFile::default()),
        }
    }
}

/// The failure of a run that differs from the lock file.
fn unequal(pipeline: &Pipeline, mismatches: &[Mismatch]) -> Result<(), Failure> {
    if mismatches.is_empty() {
        return Ok(());
    }
    let lines = mismatches.iter().flat_map(|mismatch| {
        mismatch.lines().into_iter().map(|line| format!("\n  {}: {line}", mismatch.stage))
    });
    let (path, lines) = (LockFile::path(&pipeline.path), lines.collect::<String>());
    let message = format!("the run differs from {} (locked → found):{lines}", path.display());
    Err(Failure::new(Exit::Differs, message))
}

/// The failure of a frozen run, with each stage as `plan` has it.
fn not_cached(pipeline: &Pipeline, lacking: &[Planned]) -> Failure {
    let row = |stage: &Planned| {
        let (verdict, why) = super::plan::words(&stage.verdict);
        vec![format!("  {}", pipeline.nodes[stage.id].name), verdict.into(), why]
    };
    let rows: Vec<_> = lacking.iter().map(row).collect();
    let stages = table(&["  stage", "verdict", "why"], &rows);
    let what =
        if lacking.len() == 1 { "1 stage is" } else { &format!("{} stages are", lacking.len()) };
    Failure::new(Exit::Differs, format!("{what} not cached, and nothing was run:\n{stages}"))
        .with_help("a run without `--frozen` makes them, and with `--locked` proves the lock file")
}

/// More than any machine has cores: a slip of the keyboard rather than a wish.
const MOST_THREADS: usize = 1024;

/// A number of 1 to `most`.
pub(super) fn count(
    flag: &str,
    value: Option<usize>,
    most: usize,
) -> Result<Option<usize>, Failure> {
    match value {
        Some(0) => Err(Failure::new(Exit::Wrong, format!("{flag} takes a number of 1 or more"))),
        Some(n) if n > most => {
            Err(Failure::new(Exit::Wrong, format!("{flag} {n}: {most} is the most it takes")))
        }
        other => Ok(other),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Lets so many threads compute, or one a core.
pub(super) fn compute_on(threads: Option<usize>) -> Result<(), Failure> {
    let threads = count("--threads", threads, MOST_THREADS)?.unwrap_or_else(cores);
    // The pool can be built once; a second build in one process changes nothing.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    Ok(())
}

/// The stages that were named on the command line, or all.
pub(super) fn targets(pipeline: &Pipeline, names: &[String]) -> Result<Vec<NodeId>, Failure> {
    let rejected = |problems| Rejected { texts: Texts::default(), problems };
    Ok(pipeline.targets(names).map_err(rejected)?)
}

/// The signal that asked the run to stop, 0 for none.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

/// How a command ends that a signal stopped.
pub(super) fn signal() -> Exit {
    match SIGNAL.load(Ordering::Relaxed) {
        0 => Exit::Failed,
        number => Exit::Signal(number),
    }
}

/// The first signal asks to stop, the second ends the process at once; checkpoints and finished
/// results stay.
pub(super) fn watch_for_signals(form: Form) -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    // It fails only for signals that cannot be caught, of which these are none.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return &STOP };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let number = u8::try_from(signal).unwrap_or(2);
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(128 + i32::from(number));
            }
            SIGNAL.store(number, Ordering::Relaxed);
            if form == Form::Text {
                say("interrupted: waiting for running stages to stop; once more to stop now");
            }
        }
    });
    &STOP
}
