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
}

impl<'a> Run<'a> {
    pub fn new(pipeline: &'a Pipeline, targets: &[NodeId]) -> Run<'a> {
        let wanted = pipeline.graph.with_inputs(targets);
        Run { pipeline, wanted, states: pipeline.nodes.iter().map(|_| State::Waiting).collect() }
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
        self.wanted.iter().all(|id| self.states[*id].is_final())
    }

    /// The only way in which a state changes. Gives the stages that are ready, or skipped,
    /// because of it. A change that makes no sense is not made.
    pub fn enter(&mut self, id: NodeId, state: State) -> Entered {
        let legal = match (&self.states[id], &state) {
            (State::Waiting, State::Running | State::Skipped { .. }) => true,
            (State::Running, State::Waiting | State::Running | State::Skipped { .. }) => false,
            (State::Running, _) => true,
            _ => false,
        };
        debug_assert!(legal, "{:?} → {state:?}", self.states[id]);
        if !legal {
            return Entered::default();
        }
        self.states[id] = state;
        let readers = self.pipeline.graph.readers(id);
        let readers = readers.into_iter().filter(|reader| self.wanted.contains(reader));
        let mut entered = Entered::default();
        match &self.states[id] {
            State::Cached(_) | State::Ran(..) => {
                let done = |id: &NodeId| self.states[*id].record().is_some();
                let waits = |id: &NodeId| matches!(self.states[*id], State::Waiting);
                entered.ready = readers
                    .filter(|r| waits(r) && self.pipeline.graph.reads(*r).iter().all(done))
                    .collect();
            }
            State::Failed(_) | State::Skipped { .. } => {
                let name = &self.pipeline.nodes[id].name;
                let because = match &self.states[id] {
                    State::Failed(_) => format!("`{name}` failed"),
                    _ => format!("`{name}` was skipped"),
                };
                for reader in readers.collect::<Vec<_>>() {
                    if matches!(self.states[reader], State::Waiting) {
                        let deeper =
                            self.enter(reader, State::Skipped { because: because.clone() });
                        entered.skipped.push(reader);
                        entered.skipped.extend(deeper.skipped);
                    }
                }
            }
            State::Waiting | State::Running => {}
        }
        entered
    }
}

/// What a change of state led to.
#[derive(Debug, Default)]
pub struct Entered {
    pub ready: Vec<NodeId>,
    pub skipped: Vec<NodeId>,
}
