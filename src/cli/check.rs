//! `microtome check`: all that is wrong with a pipeline, at once, before any data is read.

use super::{Exit, Failure, PipelineArgs, print};
use clap::Args;

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    pipeline: PipelineArgs,
}

impl Check {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let pipeline = self.pipeline.load()?;
        let points = pipeline.nodes.iter().filter(|node| node.search.is_some()).count();
        let stages = pipeline.nodes.len() - points;
        let points = match points {
            0 => String::new(),
            n => format!(" and {n} points of searches"),
        };
        print(&format!("{}: {stages} stages{points}, nothing wrong", pipeline.path.display()));
        Ok(Exit::Done)
    }
}
