//! The names of all figures that a model is scored by.

use serde::{Deserialize, Serialize};

/// A figure of [`Scores`](super::Scores), by which it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    Auc,
    AveragePrecision,
    Accuracy,
    BalancedAccuracy,
    Sensitivity,
    Specificity,
    Precision,
    Npv,
    F1,
    Mcc,
    Brier,
    LogLoss,
    Ece,
}

impl Metric {
    /// Every metric, in the order of [`Scores`](super::Scores).
    pub const ALL: [Metric; 13] = [
        Metric::Auc,
        Metric::AveragePrecision,
        Metric::Accuracy,
        Metric::BalancedAccuracy,
        Metric::Sensitivity,
        Metric::Specificity,
        Metric::Precision,
        Metric::Npv,
        Metric::F1,
        Metric::Mcc,
        Metric::Brier,
        Metric::LogLoss,
        Metric::Ece,
    ];

    /// The name in files and pipelines.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Auc => "auc",
            Metric::AveragePrecision => "average_precision",
            Metric::Accuracy => "accuracy",
            Metric::BalancedAccuracy => "balanced_accuracy",
            Metric::Sensitivity => "sensitivity",
            Metric::Specificity => "specificity",
            Metric::Precision => "precision",
            Metric::Npv => "npv",
            Metric::F1 => "f1",
            Metric::Mcc => "mcc",
            Metric::Brier => "brier",
            Metric::LogLoss => "log_loss",
            Metric::Ece => "ece",
        }
    }

    /// The metric of that name.
    pub fn of_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Whether less of it is better: losses and calibration errors.
    pub fn falls(self) -> bool {
        matches!(self, Metric::Brier | Metric::LogLoss | Metric::Ece)
    }

    /// Whether it depends on the threshold above which images are called positive.
    pub fn has_threshold(self) -> bool {
        !matches!(
            self,
            Metric::Auc | Metric::AveragePrecision | Metric::Brier | Metric::LogLoss | Metric::Ece
        )
    }
}
