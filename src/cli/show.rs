//! `microtome show`: the results that are there.

use super::{
    Exit, Failure, PipelineArgs, StoreArgs, print,
    table::{seconds, table},
};
use crate::engine::{Judge, Pipeline, Planned, Store, Verdict, moment::when, plan, store::Record};
use clap::Args;
use std::collections::BTreeSet;

#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The files of these stages; without any, a table of all stages
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Show {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let pipeline = self.pipeline.load()?;
        let targets = super::run::targets(&pipeline, &self.stages)?;
        let store = self.store.at()?;
        let planned = plan(&Judge::new(&pipeline, &store, BTreeSet::new()), &targets);
        if self.stages.is_empty() {
            print(&overview(&pipeline, &planned));
            return Ok(Exit::Done);
        }
        for stage in planned.iter().filter(|stage| targets.contains(&stage.id)) {
            print(&files(&pipeline, &store, stage));
        }
        Ok(Exit::Done)
    }
}

fn overview(pipeline: &Pipeline, planned: &[Planned]) -> String {
    let row = |stage: &Planned| {
        let node = &pipeline.nodes[stage.id];
        let mut row = vec![node.name.clone(), node.kind.name.to_string()];
        match &stage.verdict {
            Verdict::Cached(record) => row.extend(cells(record)),
            _ => row.push("not there".into()),
        }
        row
    };
    let header = ["stage", "kind", "key", "made", "took", "speed", "result"];
    table(&header, &planned.iter().map(row).collect::<Vec<_>>())
}

fn cells(record: &Record) -> [String; 5] {
    let p = &record.provenance;
    let speed = p.rate.as_ref().map_or(String::new(), ToString::to_string);
    let headline = record.headline.clone().unwrap_or_default();
    [record.key().short(), when(p.started), seconds(p.seconds), speed, headline]
}

fn files(pipeline: &Pipeline, store: &Store, stage: &Planned) -> String {
    let name = &pipeline.nodes[stage.id].name;
    let Verdict::Cached(record) = &stage.verdict else {
        let (verdict, why) = super::plan::words(&stage.verdict);
        return format!("{name} has no result ({verdict}: {why})");
    };
    let row = |file: &crate::engine::artifact::File| {
        let path = store.blob(&file.digest).display().to_string();
        vec![file.name.clone(), file.size.to_string(), path]
    };
    let rows: Vec<_> = record.outputs.files().iter().map(row).collect();
    let headline = record.headline.as_deref().unwrap_or("done");
    let key = record.key();
    format!("{name}: {headline}\nkey {key}\n{}", table(&["file", "bytes", "lies at"], &rows))
}
