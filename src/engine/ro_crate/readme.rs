//! The page for people who find a crate.

use super::{Exported, METADATA};
use crate::engine::pipeline::Pipeline;
use std::fmt::Write;

/// The file's name.
pub const NAME: &str = "README.md";

/// The text, in Markdown. Names of stages hold no character that Markdown reads within back quotes.
pub fn readme(pipeline: &Pipeline, stages: &[Exported], sets: &[String]) -> String {
    let mut text = format!(
        "# A run of a microtome pipeline\n\n\
         The pipeline file lies beside this page, with its lock file. The results of its stages are \
         below `stages/`.\n\
         `{METADATA}` says of each file what it is, how it was made, and its sums (sha256 and blake3):\n\
         this folder is a Workflow Run RO-Crate, profile Provenance Run Crate 0.5.\n\n\
         Where the source files are at hand, `microtome run` with `--locked` and the stages below makes \
         every\nresult again, and compares it with the lock file.\n"
    );
    if !sets.is_empty() {
        text += "It was run with settings laid over the pipeline file (`--set`), which are listed there.\n";
    }
    text += "\n| stage | makes | files |\n|---|---|---|\n";
    for stage in stages {
        let node = &pipeline.nodes[stage.id];
        let (name, makes, files) = (&node.name, node.kind.output, stage.files.len());
        let _ = writeln!(text, "| `{name}` | {makes} | {files} |");
    }
    text
}
