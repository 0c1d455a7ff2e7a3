//! What a run tells a CI service: annotations, a summary, a JUnit file. The writers are pure functions
//! of how the run ended; only this file knows of environment variables and files.

mod ending;
mod github;
mod junit;
mod summary;

pub use ending::{Ending, Lock};
pub use github::{harmless, harmless_json};

use super::{Exit, Failure, Form, table::seconds};
use crate::engine::store::write_atomically;
use clap::{Args, ValueEnum};
use ending::Fate;
use std::{
    env,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Flags about CI services.
#[derive(Args)]
pub struct CiArgs {
    /// Annotate files and write a summary for a CI service [default: github where GITHUB_ACTIONS is
    /// `true`, else none]
    #[arg(long, value_name = "SERVICE", value_enum)]
    ci: Option<Service>,
    /// Write what became of each stage as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Whom to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    /// GitHub Actions
    Github,
    /// Nobody
    None,
}

impl Service {
    /// Where this process runs.
    pub fn detect() -> Service {
        match env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
            true => Service::Github,
            false => Service::None,
        }
    }
}

impl CiArgs {
    pub fn service(&self) -> Service {
        self.ci.unwrap_or_else(Service::detect)
    }

    /// Whether anybody wants to know how the run ends.
    pub fn is_wanted(&self) -> bool {
        self.service() == Service::Github || self.junit.is_some()
    }

    /// An ending before anything is known but the file.
    pub fn ending(&self, pipeline: &Path) -> Ending {
        let workspace = env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
        let known = workspace.filter(|_| self.service() == Service::Github);
        Ending::of_file(pipeline, known.as_deref())
    }

    /// Folds the lines of the log that `work` writes into a group.
    pub fn grouped<T>(&self, title: &str, work: impl FnOnce() -> T) -> T {
        if self.service() == Service::None {
            return work();
        }
        // On the stream that the lines go to, so that they keep their order.
        raw(io::stderr(), &github::group(title));
        let done = work();
        raw(io::stderr(), github::END_GROUP);
        done
    }

    /// Tells how a run ended.
    ///
    /// # Errors
    /// When a file that was asked for cannot be written.
    pub fn tell(&self, ending: &Ending, form: Form) -> Result<(), Failure> {
        if self.service() == Service::Github {
            let commands = github::annotations(ending).join("\n");
            // Events for programs have stdout for themselves; the runner reads stderr too.
            match form {
                Form::Text => raw(io::stdout(), &commands),
                Form::Json => raw(io::stderr(), &commands),
            }
            if let Some(path) = env::var_os("GITHUB_STEP_SUMMARY") {
                let path = PathBuf::from(path);
                append(&path, ending).unwrap_or_else(|error| {
                    super::say(&format!("warning: cannot write to {}: {error}", path.display()));
                });
            }
        }
        let Some(path) = &self.junit else { return Ok(()) };
        let said = |error: &dyn std::fmt::Display| Failure::new(Exit::Failed, error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| said(&format!("cannot make {}: {error}", folder.display())))?;
        }
        write_atomically(path, junit::xml(ending).as_bytes()).map_err(|error| said(&error))
    }
}

/// Adds to the summary of the step what still fits into it.
fn append(path: &Path, ending: &Ending) -> io::Result<()> {
    let mut file = File::options().append(true).create(true).open(path)?;
    let there = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let text = summary::summary(ending, summary::MOST.saturating_sub(there));
    match there + text.len() <= summary::MOST {
        true => file.write_all(text.as_bytes()),
        false => Err(io::Error::other("the step's summary is full")),
    }
}

/// A line that is meant for the service.
fn raw(mut to: impl Write, line: &str) {
    // A log that nobody reads any more is no reason to fail.
    let _ = writeln!(to, "{line}").and_then(|()| to.flush());
}

/// How many stages ended how: `1 failed, 2 ran, 7 cached in 12.30 s`.
fn sum(ending: &Ending) -> String {
    let word = |fate: &Fate| match fate {
        Fate::Failed { .. } => "failed",
        Fate::Lacking { .. } => "not cached",
        Fate::Interrupted => "interrupted",
        Fate::Skipped { .. } => "skipped",
        Fate::Ran { .. } => "ran",
        Fate::Cached => "cached",
        Fate::HeldBack { .. } => "held back",
    };
    let words = ["failed", "not cached", "interrupted", "skipped", "ran", "cached", "held back"];
    let count = |what: &str| ending.stages.iter().filter(|s| word(&s.fate) == what).count();
    let mut parts: Vec<_> = words.map(|what| (count(what), what)).into();
    let missed = ending.stages.iter().map(|s| s.shortfalls.len()).sum();
    parts.push((missed, if missed == 1 { "gate missed" } else { "gates missed" }));
    if ending.lock == Lock::Binds {
        let differing = ending.stages.iter().filter(|s| s.mismatch.is_some()).count();
        parts.push((differing + ending.gone.len(), "unlike the lock file"));
    }
    parts.retain(|(n, _)| *n > 0);
    let parts: Vec<_> = parts.iter().map(|(n, what)| format!("{n} {what}")).collect();
    match parts.is_empty() {
        true => "nothing was run".into(),
        false => format!("{} in {}", parts.join(", "), seconds(ending.seconds)),
    }
}
