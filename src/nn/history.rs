//! What each epoch of a training brought: the rows of `history.csv`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::NnError;
use super::stopping::Monitor;

/// The figures of one epoch; losses are mean cross-entropies in nats, the rest in 0..1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// The learning rate of its last step.
    pub lr: f64,
    /// Mean over the epoch's training images, each as it was seen: augmented, with dropout, by the
    /// weights of its step.
    pub train_loss: f64,
    /// Share of these on the right side of 0.5.
    pub train_accuracy: f64,
    /// Mean over the validation split, after the epoch.
    pub val_loss: f64,
    /// Share of the validation split on the right side of 0.5.
    pub val_accuracy: f64,
    /// Area under the ROC curve of the validation split; none if it has one class only.
    pub val_auc: Option<f64>,
}

/// What a scoring function finds in probabilities and labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Share on the right side of 0.5.
    pub accuracy: f64,
    /// Area under the ROC curve; none if there is one class only.
    pub auc: Option<f64>,
}

/// Scores probabilities (of class 1) against labels (0 or 1). It is handed in, as `nn` does not
/// know the metrics.
pub type Score<'a> = &'a dyn Fn(&[f32], &[u8]) -> Scores;

impl Epoch {
    /// The watched figure such that more is better.
    ///
    /// # Errors
    /// [`NnError::NoAuc`] if it is not defined; `watcher` is who watches it.
    pub(crate) fn merit(&self, monitor: Monitor, watcher: &'static str) -> Result<f64, NnError> {
        match monitor {
            Monitor::ValAuc => self.val_auc.ok_or(NnError::NoAuc { watcher }),
            Monitor::ValLoss => Ok(-self.val_loss),
            Monitor::ValAccuracy => Ok(self.val_accuracy),
        }
    }
}

/// Writes `history.csv`; numbers are as short as round-trips allow.
pub fn write_history(path: &Path, history: &[Epoch]) -> Result<(), NnError> {
    let mut writer = csv::Writer::from_path(path).map_err(|e| NnError::write(path)(e.into()))?;
    for epoch in history {
        writer.serialize(epoch).map_err(|e| NnError::write(path)(e.into()))?;
    }
    writer.flush().map_err(NnError::write(path))
}

/// Reads what [`write_history`] wrote.
pub fn read_history(path: &Path) -> Result<Vec<Epoch>, NnError> {
    let mut reader = csv::Reader::from_path(path).map_err(|e| NnError::content(path, e))?;
    reader.deserialize().collect::<Result<_, _>>().map_err(|e| NnError::content(path, e))
}
