//! What makes one point better than another.

use crate::nn::Epoch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What makes a point the best, at the epoch whose weights were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The area under the ROC curve on the valid split; more is better.
    #[default]
    ValAuc,
    /// The loss on the valid split; less is better.
    ValLoss,
    /// The share of the valid split on the right side of 0.5; more is better.
    ValAccuracy,
}

impl Objective {
    /// As it is written in TOML.
    pub fn name(self) -> &'static str {
        match self {
            Objective::ValAuc => "val_auc",
            Objective::ValLoss => "val_loss",
            Objective::ValAccuracy => "val_accuracy",
        }
    }

    /// The figure of an epoch; none where it is not defined.
    pub fn of(self, epoch: &Epoch) -> Option<f64> {
        match self {
            Objective::ValAuc => epoch.val_auc,
            Objective::ValLoss => Some(epoch.val_loss),
            Objective::ValAccuracy => Some(epoch.val_accuracy),
        }
    }

    /// The figure turned such that more is better.
    pub fn merit(self, figure: f64) -> f64 {
        match self {
            Objective::ValLoss => -figure,
            Objective::ValAuc | Objective::ValAccuracy => figure,
        }
    }
}
