//! A run is one enum a stage, changed by one function.

use super::{
    pipeline::{NodeId, Pipeline},
    plan::Reason,
    recipe::Lack,
    stage::{Arity, StageError},
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
    /// A point that was not good enough for its rung: nothing is wrong with it.
    HeldBack {
        gate: String,
    },
}

impl State {
    pub fn record(&self) -> Option<&Arc<Record>> {
        match self {
            State::Cached(record) | State::Ran(record, _) => Some(record),
            _ => None,
        }
    }

    /// Why there is no result, where that is final.
    pub fn lack(&self) -> Option<Lack> {
        match self {
            State::Failed(error) => Some(Lack::Failed(error.to_string())),
            State::Skipped { because } => Some(Lack::Failed(because.clone())),
            State::HeldBack { .. } => Some(Lack::HeldBack),
            _ => None,
        }
    }

    /// Whether all is as it should be in the end: the stage has a result, or is to have none.
    pub fn is_fine(&self) -> bool {
        self.record().is_some() || matches!(self, State::HeldBack { .. })
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
        self.stages()
            .filter(|(_, state)| matches!(state, State::Waiting))
            .filter(|(id, _)| self.prospect(*id) == Prospect::Ready)
            .map(|(id, _)| id)
            .collect()
    }

    /// What a waiting stage has to expect of what it reads.
    fn prospect(&self, id: NodeId) -> Prospect {
        let (mut waits, mut made, mut failed) = (false, 0, 0);
        for from in self.pipeline.graph.reads(id) {
            let as_point = reads_as_point(self.pipeline, id, from);
            match &self.states[from] {
                State::Cached(_) | State::Ran(..) => made += usize::from(as_point),
                State::Failed(StageError::Failed { .. })
                | State::Skipped { .. }
                | State::HeldBack { .. }
                    if as_point && !self.for_now(from) =>
                {
                    failed += 1;
                }
                State::Waiting | State::Running => waits = true,
                State::Failed(_) | State::Skipped { .. } | State::HeldBack { .. } => {
                    return Prospect::Hopeless;
                }
            }
        }
        match () {
            () if waits => Prospect::Waits,
            () if failed > 0 && made == 0 => Prospect::Hopeless,
            () => Prospect::Ready,
        }
    }

    /// Whether a stage has no result only this time, because the machine failed or the run was
    /// interrupted there or at what it reads: what reads it would be made of less than it should.
    fn for_now(&self, id: NodeId) -> bool {
        match &self.states[id] {
            State::Failed(error) => !matches!(error, StageError::Failed { .. }),
            State::Skipped { .. } => {
                self.pipeline.graph.reads(id).into_iter().any(|from| self.for_now(from))
            }
            _ => false,
        }
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
                self.look_at_readers(id, "none of its points gave a result")
            }
            State::Failed(error) => {
                let name = &self.pipeline.nodes[id].name;
                let because = match error {
                    StageError::Interrupted => format!("`{name}` was interrupted"),
                    StageError::Failed { .. } | StageError::Machine { .. } => {
                        format!("`{name}` failed")
                    }
                };
                self.look_at_readers(id, &because)
            }
            State::Skipped { because } => {
                let because = because.clone();
                self.look_at_readers(id, &because)
            }
            State::HeldBack { .. } => self.look_at_readers(id, "none of its points gave a result"),
            State::Waiting | State::Running => Entered::default(),
        }
    }

    fn readers(&self, id: NodeId) -> Vec<NodeId> {
        let readers = self.pipeline.graph.readers(id).into_iter();
        let waits = |id: &NodeId| matches!(self.states[*id], State::Waiting);
        readers.filter(|reader| self.wanted.contains(reader) && waits(reader)).collect()
    }

    /// Finds the readers of a stage that became ready, and skips those that lost hope, with all
    /// that reads them; each names the first cause.
    fn look_at_readers(&mut self, id: NodeId, because: &str) -> Entered {
        let mut found = Entered::default();
        for reader in self.readers(id) {
            // A reader of a reader may have been skipped with it.
            if !matches!(self.states[reader], State::Waiting) {
                continue;
            }
            match self.prospect(reader) {
                Prospect::Ready => found.ready.push(reader),
                Prospect::Hopeless => {
                    let entered = self.enter(reader, State::Skipped { because: because.into() });
                    found.skipped.push(reader);
                    found.skipped.extend(entered.skipped);
                    found.ready.extend(entered.ready);
                }
                Prospect::Waits => {}
            }
        }
        found
    }
}

/// What a waiting stage has to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prospect {
    /// All that it needs is there.
    Ready,
    Waits,
    /// Something that it needs will not come.
    Hopeless,
}

/// Whether a stage reads another only as one of the points of its search, of which it can do
/// without some.
fn reads_as_point(pipeline: &Pipeline, reader: NodeId, from: NodeId) -> bool {
    let mut ports = pipeline.nodes[reader].inputs.iter().filter(|(_, ids)| ids.contains(&from));
    let is_gate = pipeline.nodes[reader].gate == Some(from);
    !is_gate && ports.all(|(port, _)| port.arity == Arity::Points)
}

/// What a change of state led to.
#[derive(Debug, Default)]
pub struct Entered {
    pub ready: Vec<NodeId>,
    pub skipped: Vec<NodeId>,
}
