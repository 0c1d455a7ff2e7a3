//! `microtome plan`: what would run, and why.

use super::{Exit, Failure, Form, PipelineArgs, StoreArgs, print, print_json, table::table};
use crate::engine::{Judge, Pipeline, Planned, Verdict, event::sentences, plan};
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Args)]
pub struct Plan {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Only these stages and what they read
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
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
        let pipeline = self.pipeline.load()?;
        let targets = super::run::targets(&pipeline, &self.stages)?;
        let store = self.store.at();
        let planned = plan(&Judge::new(&pipeline, &store, BTreeSet::new()), &targets);
        match self.json {
            true => planned.iter().for_each(|stage| print_json(&line_of_json(&pipeline, stage))),
            false => print(&text(&pipeline, &planned)),
        }
        let cached = |stage: &Planned| {
            matches!(stage.verdict, Verdict::Cached(_) | Verdict::HeldBack { .. })
        };
        let broken = planned.iter().any(|stage| matches!(stage.verdict, Verdict::Broken(_)));
        Ok(match planned.iter().all(cached) {
            _ if broken => Exit::Failed,
            false if self.exit_code => Exit::WouldRun,
            _ => Exit::Done,
        })
    }
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

fn text(pipeline: &Pipeline, planned: &[Planned]) -> String {
    let row = |stage: &Planned| {
        let node = &pipeline.nodes[stage.id];
        let (verdict, why) = words(&stage.verdict);
        vec![node.name.clone(), node.kind.name.into(), verdict.into(), why]
    };
    table(&["stage", "kind", "verdict", "why"], &planned.iter().map(row).collect::<Vec<_>>())
}

fn line_of_json(pipeline: &Pipeline, stage: &Planned) -> String {
    let node = &pipeline.nodes[stage.id];
    let (verdict, why) = words(&stage.verdict);
    let key = stage.key.map(|key| key.hex());
    json!({ "stage": node.name, "kind": node.kind.name, "key": key, "verdict": verdict, "why": why })
        .to_string()
}
