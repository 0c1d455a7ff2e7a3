//! Where the engine meets the domain: one file a kind, and the table of all kinds.

mod address;
mod artifacts;
mod canvas;
mod colour;
mod comparison;
mod eda;
mod ensemble;
mod errors;
mod evaluate;
mod evaluation;
mod export;
mod features;
mod hub;
mod ingest;
mod models;
mod page;
mod predict;
mod preprocess;
mod report;
mod repository;
mod synth;
mod train;
mod tune;
mod weights;

pub use artifacts::{Model, Page};
pub use comparison::{Change, Compared, Comparison, Figure, Side, Trained, compare};
pub use ensemble::{Ensemble, Members, open_predictor};
pub use errors::{
    Bin, Decision, Errors, Examine, Example, Gallery, Inside, Looked, Measured, ModelErrors,
};
pub use evaluate::{Calibrate, Cost, Evaluate, GroupLine, Intervals, Prediction, Rule, Threshold};
pub use evaluation::{
    Calibration, Evaluation, GateVerdict, ModelEvaluation, Pair, Slice, Uncalibrated,
};
pub use export::{Exported, open_model, write_onnx};
pub use features::{Extract, TrainingData};
pub use predict::{Ids, OnBadImage, Predicted, Prepared, Request, Tta};
pub use report::Report;
pub use synth::{KaggleFolder, write_kaggle};
pub use tune::{
    Basis, Importance, Interaction, Method, Objective, Outcome, Promotion, Ranked, Rung, Search,
    Standing, Trial, Tune,
};

use crate::{
    data::{Dataset, Explore, Ingest, Preprocess},
    engine::{
        Complaint, Context, Facts, Given, Inputs, Kind, Known, Port, StageError,
        artifact::Artifact,
        stage::{Arity, Naming},
    },
    nn::Training,
};
use std::ops::ControlFlow;

/// Every kind of stage. To add one: write its file, and add its line here.
pub const KINDS: &[Kind] = &[
    Kind::of::<Ingest>(),
    Kind::of::<Explore>(),
    Kind::of::<Preprocess>(),
    Kind::of::<Extract>(),
    Kind::of::<Training>(),
    Kind::of::<Tune>(),
    Kind::of::<Rung>(),
    Kind::of::<Ensemble>(),
    Kind::of::<Evaluate>(),
    Kind::of::<Examine>(),
    Kind::of::<Report>(),
];

/// Whether the environment can be followed: `MICROTOME_ISA` may force an instruction set.
///
/// # Errors
/// What is wrong with it and what to do.
pub fn check_environment() -> Result<(), String> {
    crate::nn::kernels::isa::Isa::chosen().map(|_| ()).map_err(|problem| problem.to_string())
}

/// The input of kinds that read one data set, as `data = "…"`.
pub struct OneDataset {
    pub data: Dataset,
}

/// The port `data`.
const DATA: Port = Port {
    name: "data",
    accepts: &[<Dataset as Artifact>::TYPE],
    arity: Arity::One,
    naming: Naming::Anonymous,
};

impl Inputs for OneDataset {
    const PORTS: &'static [Port] = &[DATA];
    fn gather(given: &Given) -> Result<OneDataset, StageError> {
        Ok(OneDataset { data: given.one(DATA.name)? })
    }
}

/// What is known of the only data set that a stage reads.
fn known_data(known: &Known) -> Facts {
    known.get(DATA.name).and_then(|facts| facts.first()).cloned().unwrap_or_default()
}

/// Height and width of its images, if they are known before it is read.
fn known_size(facts: &Facts) -> Option<(usize, usize)> {
    let side = |name| Some(facts.get(name)?.as_u64()? as usize);
    Some((side(HEIGHT)?, side(WIDTH)?))
}

/// Facts about data sets.
const HEIGHT: &str = "height";
const WIDTH: &str = "width";
const SPLIT: &str = "split";
/// A fact about data sets whose valid split will have no image: `false`.
const VALID: &str = "valid";
/// A fact about explorations: that it is one.
const EXPLORATION: &str = "exploration";

/// A complaint when a stage that needs a split reads data that has none.
fn split_needed(facts: &Facts) -> Option<Complaint> {
    (facts.get(SPLIT) == Some(&false.into())).then(|| Complaint {
        place: String::new(),
        message: "`data` has no split into train, valid and test".into(),
        help: Some("read a stage of kind `preprocess`, which makes one".into()),
    })
}

/// Progress over images and the wish to stop, for code that knows nothing of stages.
fn over_images<'a>(cx: &'a Context<'a>) -> impl Fn(usize, usize) -> ControlFlow<()> + Sync + 'a {
    |done, total| {
        cx.step(done as u64, total as u64, "images");
        if cx.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
