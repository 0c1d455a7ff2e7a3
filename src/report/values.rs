//! The values a report is made of: plain structs that the caller fills in.
//!
//! Text is plain text; the page escapes it. Numbers that are not finite are shown as a dash.

use serde::{Deserialize, Serialize};

pub use super::errors::values::*;
pub use super::exploration::values::*;
pub use super::scores::values::*;
pub use super::search::values::*;

/// Everything on the page, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub title: String,
    /// What the experiment is about, in the author's words; may be empty.
    pub description: String,
    /// The author's notes in Markdown; may be empty.
    pub notes: String,
    pub exploration: Option<Exploration>,
    pub models: Vec<ModelSection>,
    pub searches: Vec<SearchSection>,
    pub evaluations: Vec<EvaluationSection>,
    pub errors: Vec<ErrorsSection>,
    /// What it takes to make this page again; absent from a page that no pipeline made.
    pub origin: Option<Origin>,
}

/// Of what a page was made: nothing here varies from run to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The version of microtome.
    pub version: String,
    /// The key of the page, in hexadecimal.
    pub key: String,
    /// The results shown, in the order in which the author named them.
    pub inputs: Vec<OriginInput>,
}

/// One result that the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginInput {
    pub stage: String,
    /// What it is: `model`, `search`, `evaluation`.
    pub artifact: String,
    /// The digest of its files, in hexadecimal.
    pub digest: String,
}

/// A name and its value, as shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

impl Fact {
    pub fn new(name: impl Into<String>, value: impl ToString) -> Self {
        Self { name: name.into(), value: value.to_string() }
    }
}

/// One trained model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelSection {
    pub stage: String,
    pub architecture: Vec<LayerRow>,
    /// Optimizer, loss, batch size, augmentation and so on.
    pub settings: Vec<Fact>,
    pub history: Vec<EpochRow>,
    /// The epoch whose weights were kept, as numbered in `history`.
    pub best_epoch: Option<u32>,
    /// What chose the best epoch, such as "val_auc".
    pub monitor: Option<String>,
    pub ending: Ending,
    /// What augmentation makes of training images, if there was any.
    pub augmentations: Option<ContactSheet>,
}

/// A line for each image: as it is, and as it is seen in the first epochs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactSheet {
    pub picture: Picture,
    /// The augmentations, as users write them.
    pub names: Vec<String>,
}

/// One layer as a reader wants it: `conv 3×3, 32`, `32 × 96 × 96`, 896.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    pub layer: String,
    pub output: String,
    pub parameters: u64,
}

/// One epoch of training; epochs count from 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    pub epoch: u32,
    /// The learning rate of its last step.
    pub lr: Option<f64>,
    pub train_loss: f64,
    pub train_accuracy: Option<f64>,
    pub valid_loss: Option<f64>,
    pub valid_accuracy: Option<f64>,
    pub valid_auc: Option<f64>,
}

/// How a training came to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All epochs asked for were run.
    #[default]
    AllEpochs,
    /// The monitored metric had stopped improving.
    StoppedEarly,
}
