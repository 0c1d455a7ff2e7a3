//! A stage is its parameters: the struct that TOML parses to, that the key is made of, and that runs.

pub use super::point::{Gate, Point, Setting, SettingValue, Template, Whose};

use super::{
    artifact::{Artifact, Files},
    earlier::Earlier,
    pipeline::{DeError, Value, fields_of, from_value},
    recipe::{Missing, Recipe, json_of},
    source::SourceFiles,
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

/// A pure function of its fields and its inputs.
///
/// It never hashes, names an output path, reads a clock or an environment variable, or draws from
/// a global random generator.
pub trait Stage: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// What `kind = "…"` says.
    const KIND: &'static str;
    /// Raised when the same recipe should give another result.
    const VERSION: u32;
    /// One sentence for the table of kinds.
    const ABOUT: &'static str;
    /// Whether tensors are computed, so that the backend enters the key.
    const TENSORS: bool = false;
    /// Set by kinds that vary another stage's parameters.
    const TEMPLATE: Option<Template> = None;
    /// What it reads; edges are type-checked before anything runs.
    type Inputs: Inputs;
    /// What it writes: one artifact.
    type Output: Artifact;

    /// Files from outside the store that the result depends on.
    fn sources(&self) -> Vec<SourceFiles> {
        Vec::new()
    }

    /// What can be said of the output, or against the parameters, before a byte is read.
    fn check(&self, _inputs: &Known) -> Result<Facts, Vec<Complaint>> {
        Ok(Facts::new())
    }

    /// The points at which the template is run; only for kinds with a `TEMPLATE`.
    fn points(&self) -> Result<Vec<Point>, Vec<Complaint>> {
        Ok(Vec::new())
    }

    /// The gates between the rungs of a search, in order; only for kinds with a `TEMPLATE`. The
    /// gate `i` reads the points of rung `i`, and decides which points of rung `i + 1` run.
    fn gates(&self) -> Vec<Gate> {
        Vec::new()
    }

    /// Whether a gate lets a point through, by what stands in the brackets of its name.
    fn lets_through(_gate: &Self::Output, _point: &str) -> bool {
        true
    }

    /// Work that this stage would do alike with others: it becomes a stage of its own before it,
    /// run once for all that ask for the same.
    fn shared(&self) -> Option<Shared> {
        None
    }

    /// Does the work: writes the output's files into `cx.out()` and opens them.
    fn run(&self, inputs: Self::Inputs, cx: &Context) -> Result<Self::Output, StageError>;
}

/// What is known of an artifact before it exists, such as the size of its images.
pub type Facts = BTreeMap<&'static str, serde_json::Value>;

/// The fact that the engine adds at a port whose reader shows its inputs' names: the name of the
/// stage that makes the artifact.
pub const NAME: &str = "name";

/// The facts about a stage's inputs, by port.
pub type Known = BTreeMap<&'static str, Vec<Facts>>;

/// Something wrong with a stage's parameters that its types cannot say.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// The place in the stage's table: `model.layers[3]`.
    pub place: String,
    pub message: String,
    pub help: Option<String>,
}

/// Work that several stages have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The kind of stage that does it.
    pub kind: &'static str,
    /// Its parameters, as a user would write them.
    pub params: serde_json::Value,
    /// What tells it from others of its kind, for its name: `resnet18`.
    pub name: String,
    /// The port of the asking stage that takes the result, of arity [`Arity::Shared`].
    pub port: &'static str,
}

/// A named input of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// The key in the stage's table.
    pub name: &'static str,
    /// The artifact types that it takes; empty for any.
    pub accepts: &'static [&'static str],
    pub arity: Arity,
    pub naming: Naming,
}

/// How many stages a port names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// `data = "prep"`
    One,
    /// `models = ["cnn", "search"]`, at least one
    Many,
    /// Not written by the user: filled by the points of a search. A point that fails fails alone:
    /// the reader runs with what the others gave, if there is anything, and is told of it.
    Points,
    /// Not written by the user: filled by work that is shared with others, where there is any.
    Shared,
}

/// Whether the reader shows its inputs' names, so that they enter its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    Anonymous,
    Named,
}

/// The typed inputs of a kind.
pub trait Inputs: Sized {
    const PORTS: &'static [Port];
    fn gather(given: &Given) -> Result<Self, StageError>;
}

/// For kinds that read nothing but source files.
impl Inputs for () {
    const PORTS: &'static [Port] = &[];
    fn gather(_: &Given) -> Result<(), StageError> {
        Ok(())
    }
}

/// The files that stand at each port of a stage about to run.
#[derive(Debug, Default)]
pub struct Given {
    pub files: BTreeMap<&'static str, Vec<Files>>,
    /// The points of a search that gave none.
    pub missing: BTreeMap<&'static str, Vec<Missing>>,
}

impl Given {
    /// Opens the only artifact at a port.
    pub fn one<A: Artifact>(&self, port: &str) -> Result<A, StageError> {
        match self.files(port) {
            [only] => A::open(only),
            other => Err(StageError::new(format!("port `{port}` has {} inputs", other.len()))),
        }
    }

    /// Opens the artifact at a port that may be empty.
    pub fn at_most_one<A: Artifact>(&self, port: &str) -> Result<Option<A>, StageError> {
        self.files(port).first().map(A::open).transpose()
    }

    /// The files of each artifact at a port, in the order in which the user named them.
    pub fn files(&self, port: &str) -> &[Files] {
        self.files.get(port).map_or(&[], Vec::as_slice)
    }

    /// The points that failed, at the port of a search.
    pub fn missing(&self, port: &str) -> &[Missing] {
        self.missing.get(port).map_or(&[], Vec::as_slice)
    }
}

/// Why a stage failed, in words for its user.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StageError {
    #[error("{message}")]
    Failed { message: String, help: Option<String> },
    /// Not the work failed but the machine, such as a disk that is full: the same may succeed the
    /// next time, so that nothing is concluded from it, neither of a point nor of its search.
    #[error("{message}")]
    Machine { message: String, help: Option<String> },
    #[error("interrupted")]
    Interrupted,
}

impl StageError {
    pub fn new(message: impl Into<String>) -> StageError {
        StageError::Failed { message: message.into(), help: None }
    }

    /// The error of a machine that could not do what was asked of it.
    pub fn machine(message: impl Into<String>) -> StageError {
        StageError::Machine { message: message.into(), help: None }
    }

    /// What happened, and what to do about it.
    pub fn into_words(self) -> (String, Option<String>) {
        match self {
            StageError::Failed { message, help } | StageError::Machine { message, help } => {
                (message, help)
            }
            StageError::Interrupted => (self.to_string(), None),
        }
    }

    /// The same error with what to do about it.
    pub fn with_help(self, what_to_do: impl Into<String>) -> StageError {
        match self {
            StageError::Failed { message, .. } => {
                StageError::Failed { message, help: Some(what_to_do.into()) }
            }
            StageError::Machine { message, .. } => {
                StageError::Machine { message, help: Some(what_to_do.into()) }
            }
            StageError::Interrupted => StageError::Interrupted,
        }
    }
}

/// What a running stage may touch: its folders, its progress, and the wish to stop.
pub struct Context<'a> {
    pub(super) out: &'a Path,
    pub(super) scratch: &'a Path,
    pub(super) stop: &'a AtomicBool,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
    pub(super) earlier: &'a (dyn Fn() -> Option<Earlier> + Sync),
    pub(super) recipe: &'a Recipe,
}

/// How far a running stage is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// So many of so many, such as `images`; the first call of a phase names its unit.
    Step { done: u64, total: u64, unit: &'static str },
    /// A line worth keeping, such as an epoch's scores.
    Note { text: String },
}

impl Context<'_> {
    /// The folder for the output's files; what lies in it when the stage ends is the artifact.
    pub fn out(&self) -> &Path {
        self.out
    }

    /// A folder that survives interruption, the same for each attempt at the same recipe.
    pub fn scratch(&self) -> &Path {
        self.scratch
    }

    /// What this stage made the last time of files that may be the same in part, found when it is
    /// asked for. The result must not depend on it.
    pub fn earlier(&self) -> Option<Earlier> {
        (self.earlier)()
    }

    /// All that the result depends on, and so nothing that varies from run to run: a stage may show
    /// it.
    pub fn recipe(&self) -> &Recipe {
        self.recipe
    }

    /// Whether the stage should checkpoint and return `StageError::Interrupted`.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub fn step(&self, done: u64, total: u64, unit: &'static str) {
        (self.progress)(Progress::Step { done, total, unit });
    }

    pub fn note(&self, text: impl Into<String>) {
        (self.progress)(Progress::Note { text: text.into() });
    }
}

/// A stage whose type is forgotten; implemented for every [`Stage`].
pub trait AnyStage: Send + Sync {
    fn params(&self) -> Result<serde_json::Value, serde_json::Error>;
    fn sources(&self) -> Vec<SourceFiles>;
    fn check(&self, inputs: &Known) -> Result<Facts, Vec<Complaint>>;
    fn points(&self) -> Result<Vec<Point>, Vec<Complaint>>;
    fn gates(&self) -> Vec<Gate>;
    fn shared(&self) -> Option<Shared>;
    /// Runs the stage; gives what its output says of itself.
    fn run(&self, given: &Given, cx: &Context) -> Result<Said, StageError>;
}

/// What an artifact says of itself, kept beside its files.
pub struct Said {
    pub headline: Option<String>,
    pub shortfalls: Vec<String>,
}

impl<S: Stage> AnyStage for S {
    fn params(&self) -> Result<serde_json::Value, serde_json::Error> {
        json_of(self)
    }
    fn sources(&self) -> Vec<SourceFiles> {
        Stage::sources(self)
    }
    fn check(&self, inputs: &Known) -> Result<Facts, Vec<Complaint>> {
        Stage::check(self, inputs)
    }
    fn points(&self) -> Result<Vec<Point>, Vec<Complaint>> {
        Stage::points(self)
    }
    fn gates(&self) -> Vec<Gate> {
        Stage::gates(self)
    }
    fn shared(&self) -> Option<Shared> {
        Stage::shared(self)
    }
    fn run(&self, given: &Given, cx: &Context) -> Result<Said, StageError> {
        let output = Stage::run(self, S::Inputs::gather(given)?, cx)?;
        Ok(Said { headline: output.headline(), shortfalls: output.shortfalls() })
    }
}

/// A row of the table of kinds.
pub struct Kind {
    pub name: &'static str,
    pub version: u32,
    pub about: &'static str,
    pub tensors: bool,
    pub template: Option<Template>,
    pub ports: &'static [Port],
    /// The type of the artifact that it writes.
    pub output: &'static str,
    pub(super) parse: fn(&Value) -> Result<Box<dyn AnyStage>, DeError>,
    params: fn() -> &'static [&'static str],
    schema: fn() -> schemars::Schema,
    /// Which of these points an artifact of the kind, as a gate, lets through.
    pub(super) lets: fn(&Files, &[&str]) -> Result<Vec<bool>, StageError>,
}

impl Kind {
    pub const fn of<S: Stage>() -> Kind {
        Kind {
            name: S::KIND,
            version: S::VERSION,
            about: S::ABOUT,
            tensors: S::TENSORS,
            template: S::TEMPLATE,
            ports: S::Inputs::PORTS,
            output: S::Output::TYPE,
            parse: |value| Ok(Box::new(from_value::<S>(value)?)),
            params: fields_of::<S>,
            schema: || schemars::schema_for!(S),
            lets: |files, points| {
                let gate = S::Output::open(files)?;
                Ok(points.iter().map(|point| S::lets_through(&gate, point)).collect())
            },
        }
    }

    /// Whether the stage's struct has a parameter of that name.
    pub fn has_param(&self, name: &str) -> bool {
        (self.params)().contains(&name)
    }

    /// The JSON Schema of the parameters.
    pub fn schema(&self) -> schemars::Schema {
        (self.schema)()
    }
}
