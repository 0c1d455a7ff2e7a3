//! The artifacts of the domain: which files each is made of, and its figure that matters.

pub use super::{evaluation::Evaluation, tune::Search};
use crate::{
    data::{DataError, Dataset, Exploration},
    engine::{Artifact, Files, StageError},
    nn::{Epoch, Network, Training, read_history},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fs, path::Path};

impl Artifact for Dataset {
    const TYPE: &'static str = "dataset";
    fn open(files: &Files) -> Result<Dataset, StageError> {
        Ok(Dataset::open(&|name| files.find(name).unwrap_or_else(|| name.into()))?)
    }
    fn headline(&self) -> Option<String> {
        let info = self.info();
        let rejected = match info.rejected {
            0 => String::new(),
            n => format!(", {n} rejected"),
        };
        Some(format!("{} images {}×{}{rejected}", info.images, info.width, info.height))
    }
}

impl Artifact for Exploration {
    const TYPE: &'static str = "exploration";
    fn open(files: &Files) -> Result<Exploration, StageError> {
        Ok(Exploration::open(&|name| files.find(name).unwrap_or_else(|| name.into()))?)
    }
    fn headline(&self) -> Option<String> {
        let blank = self.blank.black.len() + self.blank.white.len();
        let with = |flaw: &str| self.suspects.get(flaw).map_or(0, |suspects| suspects.total);
        let found = [
            (blank, "blank"),
            (with("blurred"), "blurred"),
            (with("ink"), "marked with ink"),
            (self.duplicates.len(), "duplicate"),
            (self.twins.len(), "near-duplicate"),
            (self.unreadable.len(), "unreadable"),
        ];
        let found = found.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        let found: Vec<_> = found.collect();
        let images = self.images;
        Some(if found.is_empty() {
            format!("{images} images, nothing odd")
        } else {
            format!("{images} images: {}", found.join(", "))
        })
    }
}

impl From<DataError> for StageError {
    fn from(error: DataError) -> StageError {
        match error {
            DataError::Interrupted => StageError::Interrupted,
            error @ DataError::Write { .. } => StageError::machine(error.to_string()),
            error => StageError::new(error.to_string()),
        }
    }
}

/// A trained network with its history and the parameters of its training.
pub struct Model {
    pub network: Network,
    pub history: Vec<Epoch>,
    pub training: Training,
}

/// The files of a model; a search holds its best model under the same names.
pub const MODEL_FILES: [&str; 5] =
    ["model.safetensors", "model.json", "history.csv", "training.json", "README.md"];

/// What augmentation makes of training images: beside a model that was trained with it.
pub const AUGMENTATIONS: &str = "augmentations.png";

impl Artifact for Model {
    const TYPE: &'static str = "model";
    fn open(files: &Files) -> Result<Model, StageError> {
        Ok(Model {
            network: Network::open(&files.path("model.safetensors")?, &files.path("model.json")?)?,
            history: read_history(&files.path("history.csv")?)?,
            training: read_json(&files.path("training.json")?)?,
        })
    }
    fn headline(&self) -> Option<String> {
        let description = self.network.description();
        let metrics = &description.metrics;
        let auc = metrics.val_auc.map(|auc| format!("val_auc {auc:.4}"));
        let figure = auc.unwrap_or_else(|| format!("val_accuracy {:.4}", metrics.val_accuracy));
        Some(format!("{figure} (epoch {} of {})", description.best_epoch, self.history.len()))
    }
}

/// The page for people.
pub struct Page;
impl Artifact for Page {
    const TYPE: &'static str = "report";
    fn open(files: &Files) -> Result<Page, StageError> {
        files.path("index.html").map(|_| Page)
    }
}

/// Reads a JSON file of an artifact.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StageError> {
    let damaged = |problem: String| {
        StageError::new(format!("{}: {problem}", path.display()))
            .with_help("the result that holds it is damaged: run with `--force` and its stage")
    };
    let text = fs::read(path).map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))
}

/// Writes a JSON file of an artifact, its fields in the order of their declaration.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StageError> {
    let text = serde_json::to_string_pretty(value).map_err(|e| unwritten(path, &e))?;
    fs::write(path, text + "\n").map_err(|e| unwritten(path, &e))
}

/// The error of a file that could not be written.
pub fn unwritten(path: &Path, error: &dyn std::error::Error) -> StageError {
    StageError::machine(format!("cannot write {}: {error}", path.display()))
}
