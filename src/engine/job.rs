//! A stage that is to be made, with what became of all that it reads.

use super::{
    pipeline::{NodeId, Pipeline},
    plan::Read,
    recipe::{Lack, Missing},
    source::{Snapshot, SourceFiles},
    stage::{Given, StageError},
    store::{Record, Store, StoreError},
};
use std::{any::Any, collections::HashMap, sync::Arc};

/// A stage to make, the records of all that it reads, and why some have none.
pub(super) struct Job {
    pub id: NodeId,
    pub inputs: HashMap<NodeId, Arc<Record>>,
    pub missing: HashMap<NodeId, Lack>,
}

impl Job {
    pub fn new(id: NodeId) -> Job {
        Job { id, inputs: HashMap::new(), missing: HashMap::new() }
    }

    /// What its recipe holds of a stage that it reads.
    pub fn read(&self, from: NodeId) -> Option<Read> {
        match self.inputs.get(&from) {
            Some(record) => Some(Read::Made(record.outputs.digest())),
            None => self.missing.get(&from).cloned().map(Read::Missing),
        }
    }

    /// The files of everything that the stage reads, and the points that gave none.
    pub fn given(&self, pipeline: &Pipeline, store: &Store) -> Given {
        let mut given = Given::default();
        for (port, from) in &pipeline.nodes[self.id].inputs {
            let files = |from: &NodeId| {
                let (node, record) = (&pipeline.nodes[*from], self.inputs.get(from)?);
                Some(store.files(&record.outputs, &node.name, node.kind.output))
            };
            given.files.insert(port.name, from.iter().filter_map(files).collect());
            let missing = |from: &NodeId| {
                let (name, why) = (&pipeline.nodes[*from].name, self.missing.get(from)?);
                Some(Missing { name: name.clone(), why: why.clone() })
            };
            given.missing.insert(port.name, from.iter().filter_map(missing).collect());
        }
        given
    }
}

/// # Errors
/// Names a source file that is not what it was when the recipe was made.
pub(super) fn unchanged(sources: &[(SourceFiles, Snapshot)]) -> Result<(), StageError> {
    sources.iter().try_for_each(|(files, snapshot)| {
        files.unchanged(snapshot).map_err(|error| {
            StageError::new(error.to_string())
                .with_help("the result was not kept; run again when nothing writes there")
        })
    })
}

/// A failure of the store as the stage's, which it is not to blame for.
pub(super) fn in_store(error: StoreError) -> StageError {
    match error {
        StoreError::ReadOnly { .. } => StageError::new(format!("it would run, and {error}")),
        error => StageError::machine(format!("the store failed: {error}")),
    }
}

/// A panic as the stage's failure.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> StageError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
    StageError::new(format!("the stage panicked: {text}"))
        .with_help("this is a defect of microtome: please report it with the pipeline file")
}
