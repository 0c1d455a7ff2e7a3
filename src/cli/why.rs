//! `microtome why`: one stage explained.

use super::{Exit, Failure, PipelineArgs, StoreArgs, print, table::seconds};
use crate::engine::{Judge, Pipeline, Verdict, event::sentences, moment::when, store::Record};
use clap::Args;
use std::collections::BTreeSet;

#[derive(Args)]
pub struct Why {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The stage to explain
    #[arg(value_name = "STAGE")]
    stage: String,
    #[command(flatten)]
    store: StoreArgs,
}

impl Why {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let pipeline = self.pipeline.load()?;
        let targets = super::run::targets(&pipeline, &[self.stage])?;
        let store = self.store.at()?;
        let planned =
            super::plan::explained(&Judge::new(&pipeline, &store, BTreeSet::new()), &targets);
        let mut exit = Exit::Done;
        for stage in planned.iter().filter(|stage| targets.contains(&stage.id)) {
            print(&explained(&pipeline, stage.id, &stage.verdict));
            if matches!(stage.verdict, Verdict::Broken(_)) {
                exit = Exit::Failed;
            }
        }
        Ok(exit)
    }
}

fn explained(pipeline: &Pipeline, id: usize, verdict: &Verdict) -> String {
    let name = &pipeline.nodes[id].name;
    match verdict {
        Verdict::Cached(record) => cached(name, record),
        Verdict::Stale(reasons) => {
            format!("{name} would run, because\n{}", indented(&sentences(reasons)))
        }
        Verdict::Waits { on } => format!(
            "{name} waits for stages that would run before it; it runs only if one of them gives \
             another result:\n{}",
            indented(on)
        ),
        Verdict::FailedBefore(failure) => {
            let log = match &failure.log[..] {
                [] => String::new(),
                log => format!("\nIt had said\n{}", indented(log)),
            };
            format!(
                "{name} failed before, and is not tried again without `--retry-failed`:\n{}{log}",
                indented(std::slice::from_ref(&failure.message))
            )
        }
        Verdict::HeldBack { gate } => {
            format!("{name} does not run: others were better on the rung below, as {gate} found")
        }
        Verdict::Broken(error) => {
            format!("{name} cannot be judged: {}", super::with_help(error))
        }
    }
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn cached(name: &str, record: &Record) -> String {
    let p = &record.provenance;
    format!(
        "{name} is cached: nothing that it depends on has changed.\n\
         Its result was made {} on {}{} as `{}` of {}, in {}, because\n{}",
        when(p.started),
        p.host,
        p.run.as_ref().map_or(String::new(), |run| format!(" by the run {run}")),
        p.stage,
        p.pipeline,
        seconds(p.seconds),
        indented(&p.reasons)
    )
}
