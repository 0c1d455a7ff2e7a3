//! A run is one enum a stage, changed by one function.

use super::{
    pipeline::{NodeId, Pipeline},
    reason::Reason,
    recipe::Lack,
    stage::{Arity, Port, StageError},
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
    /// The same for each stage of those that it reads: a search of ten thousand points is looked at
    /// when the last of them is done, not ten thousand times.
    open_reads: Vec<usize>,
}

impl<'a> Run<'a> {
    pub fn new(pipeline: &'a Pipeline, targets: &[NodeId]) -> Run<'a> {
        let wanted = pipeline.graph.with_inputs(targets);
        let states = pipeline.nodes.iter().map(|_| State::Waiting).collect();
        let reads = |id| pipeline.graph.reads(id).len();
        let open_reads = (0..pipeline.nodes.len()).map(reads).collect();
        Run { pipeline, open: wanted.len(), open_reads, wanted, states }
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

    /// Whether a stage waits for nothing but a worker. One that did may have to wait once more for
    /// what it reads, where another reader found that damaged.
    pub fn is_ready(&self, id: NodeId) -> bool {
        matches!(self.states[id], State::Waiting) && self.open_reads[id] == 0
    }

    /// What a waiting stage has to expect of what it reads.
    fn prospect(&self, id: NodeId) -> Prospect {
        if self.pipeline.graph.reads(id).iter().any(|from| self.is_lost_for(id, *from)) {
            return Prospect::Hopeless;
        }
        if self.open_reads[id] > 0 {
            return Prospect::Waits;
        }
        let points = self.pipeline.nodes[id].inputs.iter().filter(|(port, _)| is_of_points(port));
        let mut points = points.flat_map(|(_, points)| points).peekable();
        let none_given =
            points.peek().is_some() && points.all(|from| self.states[*from].record().is_none());
        if none_given { Prospect::Hopeless } else { Prospect::Ready }
    }

    /// Whether a stage has to do without something that it cannot do without.
    fn is_lost_for(&self, reader: NodeId, from: NodeId) -> bool {
        match &self.states[from] {
            State::Waiting | State::Running | State::Cached(_) | State::Ran(..) => false,
            State::Failed(_) | State::Skipped { .. } | State::HeldBack { .. } => {
                self.for_now(from) || !reads_as_point(self.pipeline, reader, from)
            }
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
        self.count(id, state.is_final());
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

    /// Keeps the numbers of open stages right, when one becomes final or stops being so.
    fn count(&mut self, id: NodeId, is_final: bool) {
        if self.states[id].is_final() == is_final {
            return;
        }
        let count = |open: &mut usize| if is_final { *open -= 1 } else { *open += 1 };
        count(&mut self.open);
        let readers = self.pipeline.graph.readers(id);
        readers.into_iter().for_each(|reader| count(&mut self.open_reads[reader]));
    }

    fn readers(&self, id: NodeId) -> Vec<NodeId> {
        let readers = self.pipeline.graph.readers(id).into_iter();
        let waits = |id: &NodeId| matches!(self.states[*id], State::Waiting);
        readers.filter(|reader| self.wanted.contains(reader) && waits(reader)).collect()
    }

    /// What a waiting stage has to expect now that one of what it reads has changed.
    fn prospect_after(&self, reader: NodeId, changed: NodeId) -> Prospect {
        match () {
            () if self.is_lost_for(reader, changed) => Prospect::Hopeless,
            () if self.open_reads[reader] > 0 => Prospect::Waits,
            () => self.prospect(reader),
        }
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
            match self.prospect_after(reader, id) {
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
    let reader = &pipeline.nodes[reader];
    let mut needed = reader.inputs.iter().filter(|(port, _)| !is_of_points(port));
    reader.gate != Some(from) && !needed.any(|(_, ids)| ids.contains(&from))
}

fn is_of_points(port: &Port) -> bool {
    port.arity == Arity::Points
}

/// What a change of state led to.
#[derive(Debug, Default)]
pub struct Entered {
    pub ready: Vec<NodeId>,
    pub skipped: Vec<NodeId>,
}
