//! `microtome graph`: the stages and what they read.

use super::{Exit, Failure, PipelineArgs, print, table::table};
use crate::engine::{NodeId, Pipeline};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;

#[derive(Args)]
pub struct Graph {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table in the order of execution
    Text,
    /// A flowchart for Markdown pages
    Mermaid,
}

impl Graph {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let pipeline = self.pipeline.load()?;
        print(&match self.format {
            Format::Text => text(&pipeline),
            Format::Mermaid => mermaid(&pipeline),
        });
        Ok(Exit::Done)
    }
}

/// The stages as the user wrote them: a search stands for its points.
fn stages(pipeline: &Pipeline) -> impl Iterator<Item = NodeId> {
    pipeline.graph.order().iter().copied().filter(|id| pipeline.nodes[*id].search.is_none())
}

/// What a stage reads, through the points of a search to what those read.
fn reads(pipeline: &Pipeline, id: NodeId) -> BTreeSet<NodeId> {
    let through = |from: NodeId| match pipeline.nodes[from].search {
        Some(_) => pipeline.graph.reads(from),
        None => vec![from],
    };
    pipeline.graph.reads(id).into_iter().flat_map(through).collect()
}

fn points(pipeline: &Pipeline, name: &str) -> usize {
    pipeline.nodes.iter().filter(|node| node.search.as_deref() == Some(name)).count()
}

fn text(pipeline: &Pipeline) -> String {
    let row = |id: NodeId| {
        let node = &pipeline.nodes[id];
        let mut reads: Vec<_> =
            reads(pipeline, id).into_iter().map(|from| pipeline.nodes[from].name.clone()).collect();
        match points(pipeline, &node.name) {
            0 => {}
            n => reads.push(format!("({n} points)")),
        }
        vec![node.name.clone(), node.kind.name.into(), reads.join(", ")]
    };
    table(&["stage", "kind", "reads"], &stages(pipeline).map(row).collect::<Vec<_>>())
}

fn mermaid(pipeline: &Pipeline) -> String {
    let mut lines = vec!["flowchart LR".to_string()];
    for id in stages(pipeline) {
        let node = &pipeline.nodes[id];
        let kind = match points(pipeline, &node.name) {
            0 => node.kind.name.to_string(),
            n => format!("{}, {n} points", node.kind.name),
        };
        lines.push(format!("    s{id}[\"{}<br/><i>{kind}</i>\"]", node.name));
    }
    for id in stages(pipeline) {
        for from in reads(pipeline, id) {
            lines.push(format!("    s{from} --> s{id}"));
        }
    }
    lines.join("\n")
}
