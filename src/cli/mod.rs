//! The command line: one file a command, and the only place that prints.
//!
//! Data goes to stdout; progress and messages go to stderr.

mod cache;
mod check;
mod ci;
mod closing;
mod compare;
mod diagnostics;
mod export;
mod export_run;
mod graph;
mod init;
mod origin;
mod plan;
mod predict;
mod progress;
mod run;
mod show;
mod synth;
mod table;
mod verify;
mod why;

use crate::{
    engine::{Pipeline, Rejected, StageError, Store, pipeline},
    stages::KINDS,
};
use clap::{Args, Parser, Subcommand, builder::styling};
use rustix::{fs::Mode, process::umask};
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    ffi::OsString,
    io::Write,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Cuts an experiment into thin, cached stages: a declarative pipeline runner for histopathologic
/// cancer detection.
#[derive(Parser)]
#[command(name = "microtome", version, styles = STYLES, max_term_width = 100, after_help = kinds())]
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
    Predict(predict::Predict),
    /// Compare models between stages, pipelines or lock files
    Compare(compare::Compare),
    Export(export::Export),
    ExportRun(export_run::ExportRun),
    Synth(synth::Synth),
    Verify(verify::Verify),
    Cache(cache::Cache),
    /// Write a pipeline to start from
    Init(init::Init),
}

/// The kinds of stages, for `--help`.
fn kinds() -> String {
    let row = |kind: &crate::engine::Kind| format!("\n  {:<12}{}", kind.name, kind.about);
    format!("Kinds of stages:{}", KINDS.iter().map(row).collect::<String>())
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
    /// Ended by a signal of that number: 2 for Ctrl-C, 15 for `kill`.
    Signal(u8),
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

impl Form {
    fn of(json: &bool) -> Form {
        if *json { Form::Json } else { Form::Text }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Wrong => 2,
            Exit::WouldRun => 3,
            Exit::Differs => 4,
            Exit::Signal(number) => 128 + number,
        })
    }
}

/// Parses the arguments, runs the command, and gives the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    keep_others_from_writing();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // clap writes help to stdout and mistakes to stderr; its own code for them is ours.
            let _ = error.print();
            return if error.use_stderr() { Exit::Wrong.into() } else { Exit::Done.into() };
        }
    };
    let service = match &cli.command {
        Command::Run(command) => command.service(),
        _ => ci::Service::detect(),
    };
    if service == ci::Service::Github {
        guard_the_log();
    }
    let form = match &cli.command {
        Command::Run(command) => command.form(),
        Command::Plan(command) => command.form(),
        Command::Cache(command) => command.form(),
        _ => Form::Text,
    };
    let exit = match cli.command {
        Command::Run(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Why(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Show(command) => command.run(),
        Command::Predict(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::ExportRun(command) => command.run(),
        Command::Synth(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Cache(command) => command.run(),
        Command::Init(command) => command.run(),
    };
    exit.unwrap_or_else(|failure| {
        failure.print(form);
        failure.exit
    })
    .into()
}

/// Whatever the umask of who calls, nothing that is made here can be written to by others: a store
/// that others can write to gives results that they wrote.
fn keep_others_from_writing() {
    let others = Mode::WGRP | Mode::WOTH;
    // It can only be read by setting it.
    let before = umask(others);
    umask(before | others);
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
    /// To read from; nothing is made.
    fn at(&self) -> Result<Store, Failure> {
        Store::look(&self.cache).map_err(|error| Failure::new(Exit::Failed, error))
    }

    /// To write to.
    fn open(&self) -> Result<Store, Failure> {
        Store::open(&self.cache).map_err(|error| Failure::new(Exit::Failed, error))
    }
}

/// Why a command came to nothing.
struct Failure {
    exit: Exit,
    /// What is printed to stderr, whole.
    text: String,
    /// The same for programs.
    events: Vec<Value>,
}

impl Failure {
    fn new(exit: Exit, message: impl std::fmt::Display) -> Failure {
        let events = vec![json!({ "event": "error", "message": message.to_string() })];
        Failure { exit, text: format!("error: {message}"), events }
    }

    fn with_help(mut self, what_to_do: impl std::fmt::Display) -> Failure {
        self.text += &format!("\n  = help: {what_to_do}");
        if let Some(Value::Object(event)) = self.events.last_mut() {
            event.insert("help".into(), what_to_do.to_string().into());
        }
        self
    }

    fn print(&self, form: Form) {
        match form {
            Form::Text => say(&self.text),
            Form::Json => self.events.iter().for_each(|event| print_json(&event.to_string())),
        }
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Failure {
        let text = diagnostics::render(&rejected, progress::style());
        Failure { exit: Exit::Wrong, text, events: diagnostics::events(&rejected) }
    }
}

/// How a command that is no run ends when a part of it fails.
fn failed(exit: Exit) -> impl FnOnce(StageError) -> Failure {
    move |error| match error.into_words() {
        (message, Some(help)) => Failure::new(exit, message).with_help(help),
        (message, None) => Failure::new(exit, message),
    }
}

/// An error with what to do about it.
fn with_help(error: &StageError) -> String {
    match error.clone().into_words() {
        (message, Some(help)) => format!("{message} ({help})"),
        (message, None) => message,
    }
}

/// Whether what is written goes to a log in which lines may be commands.
static GUARDED: AtomicBool = AtomicBool::new(false);

/// From here on no text of a stage, a file or a panic can be a command to the CI service.
fn guard_the_log() {
    GUARDED.store(true, Ordering::Relaxed);
    std::panic::set_hook(Box::new(|panic| say(&panic.to_string())));
}

/// Text as it may stand in the log.
fn guarded(text: &str) -> Cow<'_, str> {
    if GUARDED.load(Ordering::Relaxed) { ci::harmless(text) } else { text.into() }
}

/// Writes an object, or an event, to stdout as one line.
fn print_json(json: &str) {
    print(&if GUARDED.load(Ordering::Relaxed) { ci::harmless_json(json) } else { json.into() });
}

/// Writes a line of data to stdout. A reader that has gone away, as in `| head`, is no error; data
/// that cannot be written is, and ends the process.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = writeln!(stdout, "{}", guarded(text)).and_then(|()| stdout.flush())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        say(&format!("error: cannot write to stdout: {error}"));
        std::process::exit(1);
    }
}

/// Writes a message to stderr.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", guarded(text));
}
