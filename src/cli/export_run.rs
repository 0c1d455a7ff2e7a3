//! `microtome export-run`: the results of a pipeline for others, with how they were made.

use super::{Exit, Failure, PipelineArgs, StoreArgs, plan::words, print};
use crate::engine::{
    Judge, NodeId, Pipeline, Planned, Verdict, plan,
    ro_crate::{Author, ExportError, License, Order, Sources, write},
    store::Record,
};
use clap::Args;
use std::{collections::BTreeSet, path::PathBuf};

/// Write results and how they were made as a Workflow Run RO-Crate
///
/// An RO-Crate (https://www.researchobject.org/ro-crate) is a folder with a file that says of each
/// other file what it is, how it came about, and its sums. This one keeps to the profile Provenance
/// Run Crate 0.5. It holds the pipeline file, the lock file of what is exported, and the results of
/// all stages, which have to be there: run first. Of source files it holds digests alone. Beside
/// what the pipeline file says itself, names of hosts, users and folders do not enter it. Equal
/// results with equal provenance give equal bytes.
#[derive(Args)]
pub struct ExportRun {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Only these stages and what they read
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    /// The folder to write, which must not be there yet, or be empty
    #[arg(long, value_name = "DIR")]
    ro_crate: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Copy source files, too
    #[arg(long)]
    sources: bool,
    /// Terms of use: an identifier of https://spdx.org/licenses, such as CC-BY-4.0, or an address
    #[arg(long, value_name = "LICENSE")]
    license: Option<License>,
    /// Who made it; can be given more than once
    #[arg(long, value_name = "NAME")]
    author: Vec<String>,
}

impl ExportRun {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let pipeline = self.pipeline.load()?;
        let targets = super::run::targets(&pipeline, &self.stages)?;
        let store = self.store.at()?;
        let planned = plan(&Judge::new(&pipeline, &store, BTreeSet::new()), &targets);
        let named = if self.stages.is_empty() { &[][..] } else { &targets };
        let path = self.pipeline.pipeline.display();
        let order = Order {
            pipeline: &pipeline,
            store: &store,
            stages: results(&pipeline, planned, named)
                .map_err(|lacks| lacks.with_help(format!("run `microtome run {path}` first")))?,
            sources: if self.sources { Sources::Copied } else { Sources::Described },
            sets: self.pipeline.set.clone(),
            license: self.license.unwrap_or_default(),
            authors: self.author.into_iter().map(|name| Author { name }).collect(),
        };
        let stages = order.stages.len();
        let written = write(&order, &self.ro_crate).map_err(|error| {
            let exit = match &error {
                ExportError::Occupied(_) | ExportError::Name(_) => Exit::Wrong,
                _ => Exit::Failed,
            };
            let help = match &error {
                ExportError::Occupied(_) => "give another folder, or empty it first".into(),
                ExportError::Name(_) => "give the file another name".into(),
                ExportError::Damaged { stage, .. } => {
                    format!("`microtome run {path} --force {stage}` makes it again")
                }
                ExportError::Source { .. } => format!("run `microtome run {path}` first"),
                ExportError::Io { .. } => return Failure::new(exit, error),
            };
            Failure::new(exit, error).with_help(help)
        })?;
        print(&format!(
            "wrote {}: {stages} stages, {} files, {} bytes",
            self.ro_crate.display(),
            written.files,
            written.bytes
        ));
        Ok(Exit::Done)
    }
}

/// The results of all stages. A point of a search that failed or was held back has none, and its
/// search does without; one that was asked for by name has to be there.
fn results(
    pipeline: &Pipeline,
    planned: Vec<Planned>,
    named: &[NodeId],
) -> Result<Vec<(NodeId, Record)>, Failure> {
    let (mut there, mut lacking) = (Vec::new(), Vec::new());
    for stage in planned {
        match stage.verdict {
            Verdict::Cached(record) => there.push((stage.id, *record)),
            Verdict::FailedBefore(_) | Verdict::HeldBack { .. } if !named.contains(&stage.id) => {}
            verdict => {
                let (what, why) = words(&verdict);
                let name = &pipeline.nodes[stage.id].name;
                lacking.push(format!("\n  {name} ({what}: {why})"));
            }
        }
    }
    match lacking.len() {
        0 => Ok(there),
        1 => Err(Failure::new(
            Exit::Failed,
            format!("a stage has no result to export:{}", lacking.concat()),
        )),
        n => Err(Failure::new(
            Exit::Failed,
            format!("{n} stages have no results to export:{}", lacking.concat()),
        )),
    }
}
