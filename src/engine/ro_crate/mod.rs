//! A run for others: a Workflow Run RO-Crate, which is a folder of results and one JSON-LD file that
//! says what each of them is and how it came about. It knows nothing of images or networks.
//!
//! The profile is *Provenance Run Crate* 0.5 (Leo et al. 2024, *Recording provenance of workflow runs
//! with RO-Crate*), which holds Workflow Run Crate 0.5, Process Run Crate 0.5 and Workflow RO-Crate 1.0
//! over RO-Crate 1.1:
//!
//! | here | there |
//! |---|---|
//! | pipeline file | `ComputationalWorkflow`, the crate's main entity |
//! | stage | `HowToStep` |
//! | kind of stage, of one version of the program | `SoftwareApplication` |
//! | the making of a stage's result | `CreateAction`, ordered by a `ControlAction` |
//! | artifact | `Dataset`, a folder of `File`s |
//! | source files | `Dataset` by its digest; copied only if asked |
//! | parameter, port, artifact of a kind | `FormalParameter` |
//! | parameter's value | `PropertyValue` |
//!
//! Nothing in it comes from a clock, a path or a host: equal results with equal provenance give equal
//! bytes.

mod entity;
mod folder;
mod media;
mod metadata;
mod parameters;
mod readme;
mod stage;
mod sum;
mod uri;

pub use folder::{ExportError, Order, Sources, Written, write};
pub use metadata::{Author, License, metadata};
pub use sum::Part;

use super::{
    digest::Digest,
    pipeline::{NodeId, Pipeline},
    store::Record,
};

/// The file that makes a folder a crate.
pub const METADATA: &str = "ro-crate-metadata.json";

/// All that a crate tells.
pub struct Contents<'a> {
    pub pipeline: &'a Pipeline,
    /// The pipeline file.
    pub workflow: Part,
    /// The lock file of what is exported.
    pub lock: Part,
    /// The page for people.
    pub readme: Part,
    /// In the order of execution.
    pub stages: Vec<Exported>,
    /// What was laid over the pipeline file: `key=value`.
    pub sets: Vec<String>,
    pub license: License,
    pub authors: Vec<Author>,
}

/// A stage whose result is in the crate.
pub struct Exported {
    pub id: NodeId,
    pub record: Record,
    /// The folder of its files: `stages/<stage>`.
    pub folder: String,
    pub files: Vec<Part>,
    pub sources: Vec<Source>,
}

/// Source files of a stage.
pub struct Source {
    /// The parameter that names them: `source.kaggle.dir`.
    pub name: String,
    /// Of all of them together, as in the stage's recipe.
    pub digest: Digest,
    /// How many there are.
    pub count: usize,
    /// The folder and the files, where they are in the crate.
    pub copies: Option<(String, Vec<Part>)>,
}
