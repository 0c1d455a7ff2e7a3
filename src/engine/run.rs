//! A run is one enum a stage, changed by one function.

use super::{
    pipeline::{NodeId, Pipeline},
    plan::Reason,
    stage::StageError,
    store::Record,
};
use std::{collections::BTreeSet, sync::Arc};

/// Where a stage of a run stands.
#[derive(Debug)]
pub enum State {
    /// Not all that it reads is there.
    Waiting,
    /// Handed to a worker.
    Running,
    /// Its result was in the store.
    Cached(Arc<Record>),
    /// It ran, for these reasons.
    Ran(Arc<Record>, Vec<Reason>),
    Failed(StageError),
    /// It reads a stage that failed, or the run stopped before it.
    Skipped {
        because: String,
    },
}

impl State {
    pub fn record(&self) -> Option<&Arc<Record>> {
        match self {
            State::Cached(record) | State::Ran(record, _) => Some(record),
            _ => None,
        }
    }

    fn is_final(&self) -> bool {
        !matches!(self, State::Waiting | State::Running)
    }
}

/// The states of all stages that a run is about.
pub struct Run<'a> {
    pub pipeline: &'a Pipeline,
    wanted: BTreeSet<NodeId>,
    states: Vec<State>,
    /// How many of the wanted are not in a final state.
    open: usize,
}

impl<'a> Run<'a> {
    pub fn new(pipeline: &'a Pipeline, targets: &[NodeId]) -> Run<'a> {
        let wanted = pipeline.graph.with_inputs(targets);
        let states = pipeline.nodes.iter().map(|_| State::Waiting).collect();
        Run { pipeline, open: wanted.len(), wanted, states }
    }

    /// The stages of the run with their states, in the order of execution.
    pub fn stages(&self) -> impl Iterator<Item = (NodeId, &State)> {
        let order = self.pipeline.graph.order().iter();
        order.filter(|id| self.wanted.contains(id)).map(|&id| (id, &self.states[id]))
    }

    pub fn state(&self, id: NodeId) -> &State {
        &self.states[id]
    }

    /// The stages that wait for nothing but a worker.
    pub fn ready(&self) -> Vec<NodeId> {
        let done = |id: &NodeId| self.states[*id].record().is_some();
        self.stages()
            .filter(|(_, state)| matches!(state, State::Waiting))
            .filter(|(id, _)| self.pipeline.graph.reads(*id).iter().all(done))
            .map(|(id, _)| id)
            .collect()
    }

    pub fn is_over(&self) -> bool {
        self.open == 0
    }

    /// The only way in which a state changes. Gives the stages that are ready, or skipped,
    /// because of it. A change that makes no sense is not made.
    pub fn enter(&mut self, id: NodeId, state: State) -> Entered {
        let legal = match (&self.states[id], &state) {
            (State::Waiting, State::Running | State::Skipped { .. }) => true,
            // A reader that has to wait once more, and the damaged result that it waits for.
            (State::Running | State::Cached(_) | State::Ran(..), State::Waiting) => true,
            (State::Running, new) => new.is_final() && !matches!(new, State::Skipped { .. }),
            _ => false,
        };
        debug_assert!(legal, "{:?} → {state:?}", self.states[id]);
        if !legal {
            return Entered::default();
        }
        self.open -= usize::from(!self.states[id].is_final());
        self.open += usize::from(!state.is_final());
        self.states[id] = state;
        match &self.states[id] {
            State::Cached(_) | State::Ran(..) => {
                Entered { ready: self.ready_readers(id), skipped: Vec::new() }
            }
            State::Failed(error) => {
                let name = &self.pipeline.nodes[id].name;
                let because = match error {
                    StageError::Interrupted => format!("`{name}` was interrupted"),
                    StageError::Failed { .. } => format!("`{name}` failed"),
                };
                Entered { ready: Vec::new(), skipped: self.skip_readers(id, &because) }
            }
            State::Skipped { because } => {
                let because = because.clone();
                Entered { ready: Vec::new(), skipped: self.skip_readers(id, &because) }
            }
            State::Waiting | State::Running => Entered::default(),
        }
    }

    fn readers(&self, id: NodeId) -> Vec<NodeId> {
        let readers = self.pipeline.graph.readers(id).into_iter();
        let waits = |id: &NodeId| matches!(self.states[*id], State::Waiting);
        readers.filter(|reader| self.wanted.contains(reader) && waits(reader)).collect()
    }

    fn ready_readers(&self, id: NodeId) -> Vec<NodeId> {
        let done = |id: &NodeId| self.states[*id].record().is_some();
        let mut readers = self.readers(id);
        readers.retain(|reader| self.pipeline.graph.reads(*reader).iter().all(done));
        readers
    }

    /// Skips all that reads a stage, directly or not; each names the first cause.
    fn skip_readers(&mut self, id: NodeId, because: &str) -> Vec<NodeId> {
        let mut skipped = Vec::new();
        for reader in self.readers(id) {
            if matches!(self.states[reader], State::Waiting) {
                skipped.push(reader);
                let entered = self.enter(reader, State::Skipped { because: because.into() });
                skipped.extend(entered.skipped);
            }
        }
        skipped
    }
}

/// What a change of state led to.
#[derive(Debug, Default)]
pub struct Entered {
    pub ready: Vec<NodeId>,
    pub skipped: Vec<NodeId>,
}
