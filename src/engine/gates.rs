//! Gates that were opened, and which stages each lets through.

use super::{
    digest::Digest,
    pipeline::{NodeId, Pipeline},
    plan::Verdict,
    reason::Reason,
    stage::StageError,
    store::{Record, Store},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

type Through = Arc<BTreeSet<NodeId>>;

/// The verdict on a gate, whose files are read whole where its result is there: a damaged gate would
/// let the wrong stages through, and a run makes it again. They are small.
pub fn checked(store: &Store, verdict: Verdict) -> Verdict {
    let Verdict::Cached(record) = &verdict else { return verdict };
    // What cannot be read at all breaks the stages behind it, with its own words.
    let damaged =
        record.outputs.files().iter().find(|f| matches!(store.verify(&f.digest), Ok(false)));
    let how = damaged.map(|file| format!("`{}` is not what was stored", file.name));
    how.map_or(verdict, |how| Verdict::Stale(vec![Reason::Damaged(how)]))
}

/// By the gate and its result. A gate has a word on every stage behind it, so that opening it anew
/// for each of them would take as long as their number squared.
#[derive(Default)]
pub struct OpenGates(Mutex<HashMap<(NodeId, Digest), Through>>);

impl OpenGates {
    /// The stages that the gate `by`, whose result is given, lets through.
    pub fn through(
        &self,
        pipeline: &Pipeline,
        store: &Store,
        (by, result): (NodeId, &Record),
    ) -> Result<Through, StageError> {
        let known = (by, result.outputs.digest());
        let mut open = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(through) = open.get(&known) {
            return Ok(through.clone());
        }
        let nodes = &pipeline.nodes;
        let behind: Vec<_> = (0..nodes.len()).filter(|id| nodes[*id].gate == Some(by)).collect();
        let points: Vec<_> = behind.iter().map(|id| nodes[*id].inside()).collect();
        let files = store.files(&result.outputs, &nodes[by].name, nodes[by].kind.output);
        let lets = (nodes[by].kind.lets)(&files, &points)?;
        let through = behind.into_iter().zip(lets).filter_map(|(id, lets)| lets.then_some(id));
        Ok(open.entry(known).or_insert(Arc::new(through.collect())).clone())
    }
}
