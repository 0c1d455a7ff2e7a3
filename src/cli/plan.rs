//! `microtome plan`: what would run, why, and how long it would take.

use super::{
    Exit, Failure, Form, PipelineArgs, StoreArgs, print, print_json,
    table::{seconds, table},
};
use crate::engine::{
    Judge, LockFile, NodeId, Pipeline, Planned, Store, Verdict, event::sentences,
    forecast::expected, plan,
};
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

#[derive(Args)]
pub struct Plan {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Only these stages and what they read
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// What this change would set off, beside what would run anyway: `stage.cnn.epochs=3`
    #[arg(long = "if", value_name = "KEY=VALUE")]
    change: Vec<String>,
    /// One JSON object a stage
    #[arg(long)]
    json: bool,
    /// Exit with 3 when something would run
    #[arg(long)]
    exit_code: bool,
}

impl Plan {
    pub(super) fn form(&self) -> Form {
        Form::of(&self.json)
    }

    pub(super) fn run(self) -> Result<Exit, Failure> {
        let store = self.store.at()?;
        let now = Outlook::of(&self.pipeline, &self.stages, &store)?;
        let shown = match self.change.is_empty() {
            true => {
                match self.json {
                    true => now.rows().for_each(|row| print_json(&row.json().to_string())),
                    false => print(&now.text()),
                }
                now
            }
            false => {
                let set = [&self.pipeline.set[..], &self.change[..]].concat();
                let changed = PipelineArgs { pipeline: self.pipeline.pipeline.clone(), set };
                let then = Outlook::of(&changed, &self.stages, &store)?;
                match self.json {
                    true => {
                        set_off(&now, &then).for_each(|row| print_json(&row.json().to_string()))
                    }
                    false => print(&text_of_change(&now, &then)),
                }
                then
            }
        };
        Ok(shown.exit(self.exit_code))
    }
}

/// The plan, in which the lock file has a word where the store has none; one that cannot be read is
/// as none.
pub(super) fn explained(judge: &Judge, targets: &[NodeId]) -> Vec<Planned> {
    let mut planned = plan(judge, targets);
    if let Ok(Some(lock)) = LockFile::read(&judge.pipeline.path) {
        lock.explain(judge, &mut planned);
    }
    planned
}

/// A pipeline with what would become of its stages.
struct Outlook {
    pipeline: Pipeline,
    planned: Vec<Planned>,
    expected: Vec<Option<f64>>,
}

impl Outlook {
    fn of(args: &PipelineArgs, stages: &[String], store: &Store) -> Result<Outlook, Failure> {
        let pipeline = args.load()?;
        let targets = super::run::targets(&pipeline, stages)?;
        let planned = explained(&Judge::new(&pipeline, store, BTreeSet::new()), &targets);
        let expected = expected(&pipeline, store, &planned);
        Ok(Outlook { pipeline, planned, expected })
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let rows = self.planned.iter().zip(&self.expected);
        rows.map(|(stage, expected)| {
            let node = &self.pipeline.nodes[stage.id];
            let (verdict, why) = words(&stage.verdict);
            let key = stage.key.map(|key| key.hex());
            Row { stage: &node.name, kind: node.kind.name, key, verdict, why, expected: *expected }
        })
    }

    fn text(&self) -> String {
        let rows: Vec<_> = self.rows().collect();
        let work = work(&rows).map_or(String::new(), |work| format!("\n\n{work}"));
        format!("{}{work}", table_of(&rows))
    }

    fn exit(&self, code: bool) -> Exit {
        let verdicts = || self.planned.iter().map(|stage| &stage.verdict);
        let runs =
            |verdict: &Verdict| !matches!(verdict, Verdict::Cached(_) | Verdict::HeldBack { .. });
        match () {
            () if verdicts().any(|verdict| matches!(verdict, Verdict::Broken(_))) => Exit::Failed,
            () if code && verdicts().any(runs) => Exit::WouldRun,
            () => Exit::Done,
        }
    }
}

/// A stage in words.
struct Row<'a> {
    stage: &'a str,
    kind: &'a str,
    key: Option<String>,
    verdict: &'static str,
    why: String,
    expected: Option<f64>,
}

impl Row<'_> {
    fn json(&self) -> Value {
        json!({ "stage": self.stage, "kind": self.kind, "key": self.key, "verdict": self.verdict,
                "why": self.why, "expected_seconds": self.expected })
    }
}

/// The rows that a change sets off: those that it brings, and those of which something else is to be
/// said than before.
fn set_off<'a>(now: &'a Outlook, then: &'a Outlook) -> impl Iterator<Item = Row<'a>> {
    let said: HashMap<_, _> = now.rows().map(|row| (row.stage, (row.verdict, row.why))).collect();
    then.rows().filter(move |row| {
        let before = said.get(row.stage);
        before.is_none_or(|(verdict, why)| (*verdict, why) != (row.verdict, &row.why))
    })
}

fn text_of_change(now: &Outlook, then: &Outlook) -> String {
    let rows: Vec<_> = set_off(now, then).collect();
    let stays = match then.planned.len() - rows.len() {
        1 => "1 stage stays as it is".into(),
        n => format!("{n} stages stay as they are"),
    };
    let gone: Vec<_> = now
        .rows()
        .filter(|row| then.pipeline.find(row.stage).is_none())
        .map(|row| row.stage.to_string())
        .collect();
    let gone = match &gone[..] {
        [] => String::new(),
        [only] => format!("\n{only} would be gone"),
        [first, rest @ ..] => format!("\n{first} and {} more would be gone", rest.len()),
    };
    if rows.is_empty() {
        return format!("the change would set nothing off: {stays}{gone}");
    }
    let work = work(&rows).map_or(String::new(), |work| format!("{work}; "));
    format!("{}\n\n{work}{stays}{gone}", table_of(&rows))
}

fn table_of(rows: &[Row]) -> String {
    let header = ["stage", "kind", "verdict", "took before", "why"];
    let known = rows.iter().any(|row| row.expected.is_some());
    let cells = |row: &Row| {
        let took = row.expected.map_or(String::new(), seconds);
        let cells = [row.stage, row.kind, row.verdict, &took, &row.why];
        columns(&cells, known).map(str::to_string).collect()
    };
    let header: Vec<_> = columns(&header, known).collect();
    table(&header, &rows.iter().map(cells).collect::<Vec<_>>())
}

/// The cells of a row, without that of a time where none is known.
fn columns<'a>(cells: &'a [&'a str; 5], known: bool) -> impl Iterator<Item = &'a str> {
    cells.iter().enumerate().filter(move |(at, _)| known || *at != 3).map(|(_, cell)| *cell)
}

/// How much there would be to do; none where nothing would run.
fn work(rows: &[Row]) -> Option<String> {
    let said = |verdict: &str, verb: &str| {
        let rows: Vec<_> = rows.iter().filter(|row| row.verdict == verdict).collect();
        let known: Vec<_> = rows.iter().filter_map(|row| row.expected).collect();
        let took = seconds(known.iter().sum());
        let time = match rows.len() - known.len() {
            _ if known.is_empty() => String::new(),
            0 => format!(", {took} of work"),
            n => format!(", {took} of work and {n} of unknown length"),
        };
        (!rows.is_empty()).then(|| format!("{} {verb}{time}", rows.len()))
    };
    let parts = [said("run", "would run"), said("may run", "may run")];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A verdict as a word and what is to be said about it.
pub(super) fn words(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Cached(record) => ("cached", record.headline.clone().unwrap_or_default()),
        Verdict::Stale(reasons) => ("run", sentences(reasons).join("; ")),
        Verdict::Waits { on } => {
            let more = match on.len().saturating_sub(3) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let first: Vec<_> = on.iter().take(3).map(String::as_str).collect();
            ("may run", format!("if another result comes from {}{more}", first.join(", ")))
        }
        Verdict::FailedBefore(failure) => {
            ("failed before", format!("{}; `--retry-failed` tries it again", failure.message))
        }
        Verdict::HeldBack { gate } => ("held back", format!("by {gate}")),
        Verdict::Broken(error) => ("broken", super::with_help(error)),
    }
}
