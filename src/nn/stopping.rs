//! Early stopping: what users write of it, when a training is over, and which epoch is best.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checkpoint::Progress;
use super::error::NnError;
use super::history::Epoch;
use super::training::Training;

/// When to stop before the last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// What is watched on the validation split.
    #[serde(default)]
    pub monitor: Monitor,
    /// How many epochs without improvement are borne.
    #[serde(default = "patience")]
    pub patience: usize,
    /// How much better an epoch must be to count as an improvement.
    #[serde(default)]
    pub min_delta: f64,
}

/// A figure of the validation split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The area under the ROC curve; more is better.
    #[default]
    ValAuc,
    /// The loss; less is better.
    ValLoss,
    /// The share of images on the right side of 0.5; more is better.
    ValAccuracy,
}

fn patience() -> usize {
    3
}

/// Whether all epochs are done, or early stopping has waited long enough.
pub(crate) fn finished(training: &Training, progress: &Progress) -> bool {
    let done = progress.history.len();
    let waited = match (&training.early_stopping, &progress.best) {
        (Some(stopping), Some((best, _))) => done - best.epoch > stopping.patience.max(1) - 1,
        _ => false,
    };
    done >= training.epochs.get() || waited
}

/// Who watches the epochs, in messages.
const STOPPING: &str = "early stopping";

/// Whether `row` beats the best epoch so far by more than `min_delta`.
pub(crate) fn improves(
    stopping: &EarlyStopping,
    progress: &Progress,
    row: &Epoch,
) -> Result<bool, NnError> {
    let merit = row.merit(stopping.monitor, STOPPING)?;
    Ok(match &progress.best {
        Some((best, _)) => merit - stopping.min_delta > best.merit(stopping.monitor, STOPPING)?,
        None => true,
    })
}
