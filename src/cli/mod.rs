//! The command line: one file a command, and the only place that prints.
//!
//! Data goes to stdout; progress and messages go to stderr.

mod check;
mod closing;
mod diagnostics;
mod graph;
mod init;
mod plan;
mod progress;
mod run;
mod show;
mod table;
mod why;

pub use diagnostics::render as render_problems;

use crate::{
    engine::{Pipeline, Rejected, Store, pipeline},
    stages::KINDS,
};
use clap::{Args, Parser, Subcommand, builder::styling};
use std::{ffi::OsString, io::Write, path::PathBuf, process::ExitCode};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Cuts an experiment into thin, cached stages: a declarative pipeline runner for histopathologic
/// cancer detection.
#[derive(Parser)]
#[command(name = "microtome", version, styles = STYLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run what has changed, and nothing else
    Run(run::Run),
    /// Check a pipeline without reading data: all that is wrong, at once
    Check(check::Check),
    /// Say what would run, and why
    Plan(plan::Plan),
    /// Explain one stage: why it would run, or where its result comes from
    Why(why::Why),
    /// Draw the stages and what they read
    Graph(graph::Graph),
    /// Show the results that are there
    Show(show::Show),
    /// Write a pipeline to start from
    Init(init::Init),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// A stage failed.
    Failed,
    /// The pipeline or the command line is wrong.
    Wrong,
    /// `plan --exit-code`, and something would run.
    WouldRun,
    /// `run --locked`, and something differs.
    Differs,
    /// Interrupted by Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Wrong => 2,
            Exit::WouldRun => 3,
            Exit::Differs => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Parses the arguments, runs the command, and gives the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // clap writes help to stdout and mistakes to stderr; its own code for them is ours.
            let _ = error.print();
            return if error.use_stderr() { Exit::Wrong.into() } else { Exit::Done.into() };
        }
    };
    let exit = match cli.command {
        Command::Run(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Why(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Show(command) => command.run(),
        Command::Init(command) => command.run(),
    };
    exit.unwrap_or_else(|failure| {
        failure.print();
        failure.exit
    })
    .into()
}

/// A pipeline file and what is laid over it.
#[derive(Args)]
struct PipelineArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Override a parameter: `params.data=DIR` or `stage.cnn.epochs=3`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl PipelineArgs {
    fn load(&self) -> Result<Pipeline, Failure> {
        Ok(pipeline::load(&self.pipeline, &self.set, KINDS)?)
    }
}

/// Where results are kept.
#[derive(Args)]
struct StoreArgs {
    /// The folder that results are kept in
    #[arg(long, value_name = "DIR", default_value = "cache")]
    cache: PathBuf,
}

impl StoreArgs {
    fn open(&self) -> Result<Store, Failure> {
        Store::open(&self.cache).map_err(|error| Failure::new(Exit::Failed, error.to_string()))
    }
}

/// Why a command came to nothing.
struct Failure {
    exit: Exit,
    /// What is printed to stderr, whole.
    text: String,
}

impl Failure {
    fn new(exit: Exit, message: impl std::fmt::Display) -> Failure {
        Failure { exit, text: format!("error: {message}") }
    }

    fn with_help(mut self, what_to_do: impl std::fmt::Display) -> Failure {
        self.text += &format!("\n  = help: {what_to_do}");
        self
    }

    fn print(&self) {
        say(&self.text);
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Failure {
        Failure { exit: Exit::Wrong, text: diagnostics::render(&rejected, progress::style()) }
    }
}

/// Writes a line of data to stdout. A reader that has gone away, as in `| head`, is no error.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes a message to stderr.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
