//! For each stage, what would happen and why.

use super::{
    digest::Digest,
    gates::{OpenGates, checked},
    gone::Gone,
    pipeline::{NodeId, Pipeline},
    reason::Reason,
    recipe::{Input, Lack, Missing, Recipe, differences},
    source::{Reach, Snapshot, SourceError, SourceFiles},
    stage::{Arity, Naming, Port, StageError},
    store::{Failure, History, Lookup, Record, Store},
};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::OnceLock,
};

/// What would happen to a stage.
#[derive(Debug)]
pub enum Verdict {
    /// Its result is there.
    Cached(Box<Record>),
    /// It would run.
    Stale(Vec<Reason>),
    /// Stages that it reads run first; nothing else has changed, so it runs only if one of them
    /// gives another result.
    Waits { on: Vec<String> },
    /// A point of a search that failed by the same recipe, and is not tried again by itself.
    FailedBefore(Box<Failure>),
    /// A point that the gate of its rung, which is named, does not let through.
    HeldBack { gate: String },
    /// What it depends on cannot be read.
    Broken(StageError),
}

/// What becomes of points that failed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retry {
    /// They would fail again: they are left alone.
    #[default]
    Nothing,
    /// They run once more.
    Failed,
}

/// What is known of a stage that another reads.
#[derive(Clone, Debug)]
pub enum Read {
    Made(Digest),
    /// It gave no result, and why.
    Missing(Lack),
}

/// A stage with its verdict.
#[derive(Debug)]
pub struct Planned {
    pub id: NodeId,
    /// Known unless the stage waits or is broken.
    pub key: Option<Digest>,
    pub verdict: Verdict,
}

/// A recipe together with the source files that it was made from.
pub struct Prepared {
    pub recipe: Recipe,
    pub key: Digest,
    pub sources: Vec<(SourceFiles, Snapshot)>,
}

/// Judges stages of one pipeline against one store.
pub struct Judge<'a> {
    pub pipeline: &'a Pipeline,
    pub store: &'a Store,
    pub force: BTreeSet<NodeId>,
    pub retry: Retry,
    pub reach: Reach,
    // Read only when something has to be explained.
    history: OnceLock<History>,
    gone: OnceLock<Gone>,
    gates: OpenGates,
}

impl<'a> Judge<'a> {
    pub fn new(pipeline: &'a Pipeline, store: &'a Store, force: BTreeSet<NodeId>) -> Judge<'a> {
        let (retry, reach) = (Retry::default(), Reach::default());
        let (history, gone, gates) = Default::default();
        Judge { pipeline, store, force, retry, reach, history, gone, gates }
    }

    /// The same judge with another opinion on what failed before.
    pub fn with(self, retry: Retry) -> Judge<'a> {
        Judge { retry, ..self }
    }

    /// The same judge, which goes so far for source files.
    pub fn within(self, reach: Reach) -> Judge<'a> {
        Judge { reach, ..self }
    }

    /// The recipe of a stage of whose inputs all is known.
    pub fn prepare(
        &self,
        id: NodeId,
        known: impl Fn(NodeId) -> Option<Read>,
    ) -> Result<Prepared, StageError> {
        let node = &self.pipeline.nodes[id];
        let mut sources = Vec::new();
        for files in node.stage.sources() {
            let failed = |error: SourceError| match error {
                SourceError::Distant(error) => error,
                error => StageError::new(error.to_string()).with_help(format!(
                    "`{}` of `{}` names it; paths are relative to the folder that you run in",
                    files.name, node.name
                )),
            };
            let snapshot = files.snapshot(&self.store.index_dir(), self.reach).map_err(failed)?;
            sources.push((files, snapshot));
        }
        let (mut inputs, mut missing) = (BTreeMap::new(), BTreeMap::new());
        for (port, from) in &node.inputs {
            let (there, failed) = self.at_port(port, from, &known)?;
            inputs.insert(port.name.to_string(), there);
            if !failed.is_empty() {
                missing.insert(port.name.to_string(), failed);
            }
        }
        let params = node.stage.params().map_err(|e| StageError::new(e.to_string()))?;
        let recipe = Recipe {
            kind: node.kind.name.into(),
            version: node.kind.version,
            backend: node.kind.tensors.then(|| self.pipeline.backend.into()),
            params,
            inputs,
            sources: sources
                .iter()
                .map(|(f, snapshot)| (f.name.clone(), snapshot.digest))
                .collect(),
            missing,
        };
        Ok(Prepared { key: recipe.key(), recipe, sources })
    }

    /// What stands at a port, and which points of a search are missing from it.
    fn at_port(
        &self,
        port: &Port,
        from: &[NodeId],
        known: &impl Fn(NodeId) -> Option<Read>,
    ) -> Result<(Vec<Input>, Vec<Missing>), StageError> {
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for id in from {
            let name = self.pipeline.nodes[*id].name.clone();
            match known(*id) {
                Some(Read::Made(digest)) => {
                    let name = (port.naming == Naming::Named).then_some(name);
                    there.push(Input { name, digest });
                }
                Some(Read::Missing(why)) if port.arity == Arity::Points => {
                    missing.push(Missing { name, why });
                }
                Some(Read::Missing(_)) => {
                    return Err(StageError::new(format!("`{name}`, which it reads, failed")));
                }
                None => {
                    return Err(StageError::new(format!("the digest of `{name}` is unknown")));
                }
            }
        }
        if there.is_empty() && !missing.is_empty() {
            return Err(StageError::new("none of its points gave a result"));
        }
        Ok((there, missing))
    }

    /// Whether the result is there, and if not, why not.
    pub fn verdict(&self, id: NodeId, prepared: &Prepared) -> Verdict {
        if self.force.contains(&id) {
            return Verdict::Stale(vec![Reason::Forced]);
        }
        match self.store.find(&prepared.key) {
            Lookup::Hit(record) => Verdict::Cached(record),
            Lookup::Damaged(how) => Verdict::Stale(vec![Reason::Damaged(how)]),
            Lookup::Miss => match self.failed_before(id, &prepared.key) {
                Some(failure) => Verdict::FailedBefore(failure.into()),
                None => Verdict::Stale(vec![self.explain(id, &prepared.recipe)]),
            },
        }
    }

    /// The name of a stage's gate, whose result is given, if that holds the stage back.
    pub fn held_back_by(&self, id: NodeId, gate: &Record) -> Result<Option<String>, StageError> {
        let Some(by) = self.pipeline.nodes[id].gate else { return Ok(None) };
        let through = self.gates.through(self.pipeline, self.store, (by, gate))?;
        Ok((!through.contains(&id)).then(|| self.pipeline.nodes[by].name.clone()))
    }

    /// The failure of a point that is not to be tried again.
    pub(super) fn failed_before(&self, id: NodeId, key: &Digest) -> Option<Failure> {
        let is_point = self.pipeline.nodes[id].search.is_some();
        (is_point && self.retry == Retry::Nothing).then(|| self.store.failure(key)).flatten()
    }

    /// The key that a stage had when it last was done.
    pub fn last(&self, stage: &str) -> Option<Digest> {
        self.history().0.get(stage).copied()
    }

    fn history(&self) -> &History {
        self.history.get_or_init(|| self.store.history(&self.pipeline.name))
    }

    /// Compares with what the stage last was; a new point of a search is compared with the most
    /// similar point that is no longer there.
    fn explain(&self, id: NodeId, recipe: &Recipe) -> Reason {
        let node = &self.pipeline.nodes[id];
        if self.store.has_scratch(&recipe.key()) {
            return Reason::Unfinished;
        }
        if let Some(last) = self.last(&node.name) {
            if last == recipe.key() {
                return Reason::Forgotten;
            }
            let last = self.store.record(&last);
            return last.map_or(Reason::New, |last| Reason::Changed {
                was: None,
                differences: differences(&last.recipe, recipe),
            });
        }
        let Some(search) = &node.search else { return Reason::New };
        let gone = self.gone.get_or_init(|| Gone::from(self.pipeline, self.store, self.history()));
        let nearest = gone.nearest(search, &node.name, recipe);
        match nearest {
            Some((was, differences)) => Reason::Changed { was: Some(was.into()), differences },
            None => Reason::New,
        }
    }

    /// The verdict on a stage of which not all inputs are known: it runs for certain where there
    /// is nothing to compare with, or something else than the contents of these inputs changed.
    fn verdict_without(&self, id: NodeId, on: &[NodeId], known: &HashMap<NodeId, Read>) -> Verdict {
        let name = |id: &NodeId| self.pipeline.nodes[*id].name.clone();
        let waits = Verdict::Waits { on: on.iter().map(name).collect() };
        let last = self.last(&name(&id)).and_then(|key| self.store.record(&key));
        let Some(last) = last else {
            return match self.pipeline.nodes[id].search {
                Some(_) => waits,
                None => Verdict::Stale(vec![Reason::New]),
            };
        };
        // An input that is not known yet is taken to be what it was.
        let before = self.inputs_of(id, &last.recipe);
        let unknown = Read::Made(Digest::of_bytes(b"not known yet"));
        let before = |from| before.get(&from).unwrap_or(&unknown).clone();
        match self
            .prepare(id, |from| Some(known.get(&from).cloned().unwrap_or_else(|| before(from))))
        {
            Err(error) => Verdict::Broken(error),
            Ok(prepared) => match differences(&last.recipe, &prepared.recipe) {
                none if none.is_empty() => waits,
                differences => Verdict::Stale(vec![Reason::Changed { was: None, differences }]),
            },
        }
    }

    /// What a stage's inputs were in a former recipe of it.
    fn inputs_of(&self, id: NodeId, then: &Recipe) -> HashMap<NodeId, Read> {
        let mut were = HashMap::new();
        for (port, ids) in &self.pipeline.nodes[id].inputs {
            let inputs = then.inputs.get(port.name).map_or(&[][..], Vec::as_slice);
            let missing = then.missing.get(port.name).map_or(&[][..], Vec::as_slice);
            let named = inputs
                .iter()
                .filter_map(|input| Some((input.name.as_deref()?, Read::Made(input.digest))));
            let missing = missing.iter().map(|m| (m.name.as_str(), Read::Missing(m.why.clone())));
            let named: HashMap<&str, Read> = named.chain(missing).collect();
            for (at, from) in ids.iter().enumerate() {
                let was = match port.naming {
                    Naming::Named => named.get(&*self.pipeline.nodes[*from].name).cloned(),
                    Naming::Anonymous => inputs.get(at).map(|input| Read::Made(input.digest)),
                };
                if let Some(was) = was {
                    were.entry(*from).or_insert(was);
                }
            }
        }
        were
    }
}

/// What would happen to the targets and all that they read, in the order of execution.
pub fn plan(judge: &Judge, targets: &[NodeId]) -> Vec<Planned> {
    let pipeline = judge.pipeline;
    let wanted = pipeline.graph.with_inputs(targets);
    let are_gates: BTreeSet<NodeId> = pipeline.nodes.iter().filter_map(|node| node.gate).collect();
    let mut known: HashMap<NodeId, Read> = HashMap::new();
    let mut gates: HashMap<NodeId, Record> = HashMap::new();
    let mut planned: Vec<Option<Planned>> = pipeline.nodes.iter().map(|_| None).collect();
    for wave in pipeline.graph.waves(&wanted) {
        let verdicts = each(&wave, |id| judged(judge, id, &known, &gates));
        for (id, (key, mut verdict)) in wave.into_iter().zip(verdicts) {
            if are_gates.contains(&id) {
                verdict = checked(judge.store, verdict);
            }
            match &verdict {
                Verdict::Cached(record) => {
                    known.insert(id, Read::Made(record.outputs.digest()));
                    if are_gates.contains(&id) {
                        gates.insert(id, (**record).clone());
                    }
                }
                Verdict::FailedBefore(failure) => {
                    known.insert(id, Read::Missing(Lack::Failed(failure.message.clone())));
                }
                Verdict::HeldBack { .. } => drop(known.insert(id, Read::Missing(Lack::HeldBack))),
                _ => {}
            }
            planned[id] = Some(Planned { id, key, verdict });
        }
    }
    pipeline.graph.order().iter().filter_map(|id| planned[*id].take()).collect()
}

/// Looks at stages that do not read each other: on all cores, where there are enough of them to be
/// worth the waking.
pub fn each<T: Send>(stages: &[NodeId], look: impl Fn(NodeId) -> T + Sync) -> Vec<T> {
    const WORTH_IT: usize = 32;
    match stages.len() {
        few if few < WORTH_IT => stages.iter().map(|id| look(*id)).collect(),
        _ => stages.par_iter().map(|id| look(*id)).collect(),
    }
}

fn judged(
    judge: &Judge,
    id: NodeId,
    known: &HashMap<NodeId, Read>,
    gates: &HashMap<NodeId, Record>,
) -> (Option<Digest>, Verdict) {
    let reads = judge.pipeline.graph.reads(id).into_iter();
    let on: Vec<_> = reads.filter(|from| !known.contains_key(from)).collect();
    if !on.is_empty() {
        return (None, judge.verdict_without(id, &on, known));
    }
    let gate = judge.pipeline.nodes[id].gate.and_then(|gate| gates.get(&gate));
    match gate.map_or(Ok(None), |gate| judge.held_back_by(id, gate)) {
        Ok(None) => {}
        Ok(Some(gate)) => return (None, Verdict::HeldBack { gate }),
        Err(error) => return (None, Verdict::Broken(error)),
    }
    match judge.prepare(id, |from| known.get(&from).cloned()) {
        Err(error) => (None, Verdict::Broken(error)),
        Ok(prepared) => (Some(prepared.key), judge.verdict(id, &prepared)),
    }
}
