//! `model.json`: all that is known of a trained network besides its weights.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::NnError;
use super::history::Epoch;
use super::model::{Model, Summary};
use super::shape::Shape;
use crate::data::Normalization;

/// What a trained network is and how well it did; what `model.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Its architecture, all defaults filled in.
    pub architecture: Model,
    /// The images it takes.
    pub input: Shape,
    /// How bytes become floats: `(byte / 255 − mean) / sd`; none means `byte / 255`.
    pub normalization: Option<Normalization>,
    /// Probabilities from here on mean class 1.
    pub threshold: f64,
    /// Trained floats.
    pub parameters: usize,
    /// The epoch whose weights these are, from 1.
    pub best_epoch: usize,
    /// That epoch's figures.
    pub metrics: Epoch,
}

impl Description {
    /// Each layer of the network, or each block of a preset.
    pub fn summary(&self) -> Vec<Summary> {
        // Whoever described it had built it.
        self.architecture.infer(self.input).unwrap_or_default()
    }

    /// How many lines the summary has.
    pub fn layers(&self) -> usize {
        self.summary().len()
    }

    pub(crate) fn read(path: &Path) -> Result<Description, NnError> {
        let text = std::fs::read(path).map_err(NnError::io(path))?;
        serde_json::from_slice(&text).map_err(|e| {
            NnError::content(path, format!("not a model's description: {e}; train it again"))
        })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), NnError> {
        let mut text = serde_json::to_string_pretty(self).map_err(|e| NnError::content(path, e))?;
        text.push('\n');
        std::fs::write(path, text).map_err(NnError::write(path))
    }
}
