//! `microtome run`: runs what has changed.

use super::{
    Exit, Failure, Form, PipelineArgs, StoreArgs, closing, origin,
    progress::{Display, Look},
    say,
};
use crate::engine::{
    LockFile, NodeId, OnFailure, Order, Pipeline, Rejected, Retry, Run as Outcome, Store, execute,
    pipeline::Texts,
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
    /// One JSON object an event, on stdout
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(mut self) -> Result<Exit, Failure> {
        let clock = Instant::now();
        if let Some(device) = &self.device {
            self.pipeline.set.push(format!("pipeline.device={device}"));
        }
        stages::check_environment().map_err(|problem| Failure::new(Exit::Wrong, problem))?;
        let pipeline = self.pipeline.load()?;
        let locked = self.lock_file(&pipeline)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = count("--threads", self.threads, MOST_THREADS)?.unwrap_or(cores);
        // The pool can be built once; a second build in one process changes nothing.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        let order = Order {
            targets: targets(&pipeline, &self.stages)?,
            force: match self.force.as_slice() {
                [] => Default::default(),
                names => targets(&pipeline, names)?.into_iter().collect(),
            },
            jobs: count("--jobs", self.jobs, MOST_THREADS)?.unwrap_or(cores),
            on_failure: if self.fail_fast { OnFailure::Stop } else { OnFailure::KeepGoing },
            retry: if self.retry_failed { Retry::Failed } else { Retry::Nothing },
            out: self.out.clone(),
            name: Some(origin::of_this_run()),
        };
        let store = self.store.open()?;
        let display = Display::new(if self.json { Look::Json } else { Look::detect() });
        let stop = watch_for_signals(self.form());
        let ran = execute(&pipeline, &store, &order, stop, &|event| display.show(&event));
        display.close();
        let ran = ran.map_err(|error| Failure::new(Exit::Failed, error))?;
        closing::close(&ran, &self.out, clock.elapsed().as_secs_f64(), display.look());
        let whole = ran.stages().all(|(_, state)| state.is_fine());
        if self.locked {
            self.compare(&ran, &store, locked)?;
        } else if whole {
            let lock = locked.after(&ran);
            lock.write(&pipeline).map_err(|error| Failure::new(Exit::Failed, error))?;
        }
        if let Some(missed) = closing::shortfalls(&ran)
            && SIGNAL.load(Ordering::Relaxed) == 0
        {
            return Err(Failure::new(Exit::Failed, missed));
        }
        Ok(match SIGNAL.load(Ordering::Relaxed) {
            _ if whole => Exit::Done,
            0 => Exit::Failed,
            number => Exit::Signal(number),
        })
    }

    pub(super) fn form(&self) -> Form {
        Form::of(&self.json)
    }

    /// The lock file as it is; without `--locked` one that cannot be read is as none.
    fn lock_file(&self, pipeline: &Pipeline) -> Result<LockFile, Failure> {
        let path = LockFile::path(&pipeline.path);
        match LockFile::read(&pipeline.path) {
            Ok(Some(lock)) => Ok(lock),
            Ok(None) if self.locked => {
                Err(Failure::new(Exit::Differs, format!("there is no {}", path.display()))
                    .with_help("run once without `--locked`, and commit the lock file"))
            }
            Err(problem) if self.locked => Err(Failure::new(Exit::Wrong, problem)
                .with_help("remove the file and run without `--locked`: it is written anew")),
            Err(problem) => {
                say(&format!("warning: {problem}; it will be written anew"));
                Ok(LockFile::default())
            }
            Ok(None) => Ok(LockFile::default()),
        }
    }

    /// Compares a run with the lock file.
    fn compare(&self, ran: &Outcome, store: &Store, lock: LockFile) -> Result<(), Failure> {
        let mismatches = lock.mismatches(ran, store);
        if mismatches.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = mismatches.iter().map(|line| format!("\n  {line}")).collect();
        let path = LockFile::path(&ran.pipeline.path);
        let message = format!("the run differs from {}:{}", path.display(), lines.concat());
        Err(Failure::new(Exit::Differs, message))
    }
}

/// More than any machine has cores: a slip of the keyboard rather than a wish.
pub(super) const MOST_THREADS: usize = 1024;

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

/// The stages that were named on the command line, or all.
pub(super) fn targets(pipeline: &Pipeline, names: &[String]) -> Result<Vec<NodeId>, Failure> {
    let rejected = |problems| Rejected { texts: Texts::default(), problems };
    Ok(pipeline.targets(names).map_err(rejected)?)
}

/// The signal that asked the run to stop, 0 for none.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

/// The first signal asks to stop, the second ends the process at once; checkpoints and finished
/// results stay.
fn watch_for_signals(form: Form) -> &'static AtomicBool {
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
