//! A pipeline file becomes a checked graph of typed stages, or the list of all that is wrong.
//!
//! Two phases: the text to a tree that remembers places (`value`), then each stage's table to
//! its own closed struct (`de`). Tagged enums would lose the places in one phase.

mod de;
mod draft;
mod expand;
mod fields;
mod outside;
mod parse;
mod problem;
mod settings;
mod share;
mod value;
mod vary;
mod wire;

pub use de::{DeError, from_value};
pub use fields::fields_of;
pub use problem::{Place, Problem, Texts, nearest_of};
pub use value::{Span, Value};

use super::{
    graph::Graph,
    stage::{AnyStage, Kind, Port},
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// A checked pipeline: every stage typed, every edge known, no cycle.
pub struct Pipeline {
    /// `[pipeline] name`, or the file's name.
    pub name: String,
    /// Where the file is; the lock file lies beside it.
    pub path: PathBuf,
    /// `cpu`: what enters the keys of stages that compute with tensors.
    pub backend: &'static str,
    /// In the order of the file, each search's points before it.
    pub nodes: Vec<Node>,
    pub graph: Graph,
    /// What it was read from, for messages that point into it.
    pub texts: Texts,
    by_name: HashMap<String, NodeId>,
}

/// The index of a stage in [`Pipeline::nodes`].
pub type NodeId = usize;

/// One stage of a pipeline.
pub struct Node {
    pub name: String,
    /// Where its name stands in the file; of a point that of its search.
    pub span: Span,
    pub kind: &'static Kind,
    pub stage: Box<dyn AnyStage>,
    /// For each port, the stages that it names, in their order.
    pub inputs: Vec<(&'static Port, Vec<NodeId>)>,
    /// The search whose point this is.
    pub search: Option<String>,
    /// The stage that decides whether this one runs at all.
    pub gate: Option<NodeId>,
}

impl Node {
    /// What a gate calls a point: what stands in the brackets of its name.
    pub fn inside(&self) -> &str {
        let inside = self.name.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
        inside.unwrap_or(&self.name)
    }
}

impl Pipeline {
    fn new(
        name: String,
        path: PathBuf,
        texts: Texts,
        (nodes, graph): (Vec<Node>, Graph),
    ) -> Pipeline {
        let names = nodes.iter().enumerate();
        let by_name = names.map(|(id, node)| (node.name.clone(), id)).collect();
        Pipeline { name, path, backend: "cpu", nodes, graph, texts, by_name }
    }

    /// The index of a stage by its name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// The indices of the named stages, or of all.
    ///
    /// # Errors
    /// A problem for each name that is no stage's.
    pub fn targets(&self, names: &[String]) -> Result<Vec<NodeId>, Vec<Problem>> {
        if names.is_empty() {
            return Ok((0..self.nodes.len()).collect());
        }
        let known: Vec<_> = self.nodes.iter().map(|n| n.name.as_str()).collect();
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for name in names {
            match self.find(name) {
                Some(id) => found.push(id),
                None => problems.push(
                    Problem::new(format!("no stage is called `{name}`"))
                        .help(nearest_of(name, &known)),
                ),
            }
        }
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }
}

/// A pipeline that is not right: all that is wrong, and the texts to show it in.
#[derive(Debug)]
pub struct Rejected {
    pub texts: Texts,
    pub problems: Vec<Problem>,
}

/// Reads a pipeline file.
///
/// # Errors
/// All problems at once; when the file cannot be read or is not TOML, only that.
pub fn load(path: &Path, sets: &[String], kinds: &'static [Kind]) -> Result<Pipeline, Rejected> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, text, sets, kinds),
        Err(error) => {
            let problem = Problem::new(format!("cannot read {}: {error}", path.display()))
                .help("give the path of a pipeline file, or make one with `microtome init`");
            Err(Rejected { texts: Texts::default(), problems: vec![problem] })
        }
    }
}

/// Reads a pipeline from text; `path` names it in messages.
pub fn parse(
    path: &Path,
    text: String,
    sets: &[String],
    kinds: &'static [Kind],
) -> Result<Pipeline, Rejected> {
    let mut texts = Texts::default();
    texts.add(path.display().to_string(), text);
    let mut problems = Vec::new();
    match parse::pipeline(path, sets, kinds, &mut texts, &mut problems) {
        Some(pipeline) if problems.is_empty() => Ok(pipeline),
        _ => {
            // In the order of the file, each once: the points of a grid repeat their template's,
            // and come after it.
            let point = |p: &Problem| p.owner.as_ref().is_some_and(|o| o.starts_with(draft::POINT));
            problems.sort_by_key(|p| (p.at.as_ref().map(|(span, _)| *span), point(p)));
            problems.dedup_by(|a, b| a.at == b.at && a.message == b.message);
            Err(Rejected { texts, problems })
        }
    }
}
