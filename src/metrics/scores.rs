//! All scores of one model on one split, as they are written to `metrics.json`.

use serde::{Deserialize, Serialize};

use super::confusion::Confusion;
use super::error::MetricError;
use super::groups::Groups;
use super::metric::Metric;
use super::ranking::Ranking;

/// What a model scored. A quantity that the images leave undefined is `None` (`null` in JSON).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scores {
    /// Images scored.
    pub images: u64,
    /// Images whose probability is at least this are called positive.
    pub threshold: f32,
    /// Area under the ROC curve: the chance that a random positive image ranks above a random
    /// negative one, ties counted half.
    pub auc: Option<f64>,
    /// Area under the precision-recall curve by steps, never interpolated.
    pub average_precision: Option<f64>,
    pub accuracy: Option<f64>,
    pub balanced_accuracy: Option<f64>,
    pub sensitivity: Option<f64>,
    pub specificity: Option<f64>,
    /// Positive predictive value.
    pub precision: Option<f64>,
    /// Negative predictive value.
    pub npv: Option<f64>,
    pub f1: Option<f64>,
    /// Matthews' correlation of labels and decisions, −1 to 1.
    pub mcc: Option<f64>,
    /// Mean squared distance of probability and label.
    pub brier: Option<f64>,
    /// Mean −ln of the probability given to the true label, in nats.
    pub log_loss: Option<f64>,
    /// Expected calibration error over [`BINS`](super::BINS) bins of equal width.
    pub ece: Option<f64>,
    pub confusion: Confusion,
}

impl Scores {
    /// Scores probabilities, deciding "positive" from `threshold` upwards.
    ///
    /// # Errors
    /// Lengths that differ, a label that is not 0 or 1, a probability outside 0 to 1. An absent
    /// class is no error here: it leaves `auc` and what else needs it `None`.
    pub fn of(labels: &[u8], probabilities: &[f32], threshold: f32) -> Result<Self, MetricError> {
        let whole = Groups::whole(labels.len());
        Ok(Ranking::new(labels, probabilities, &whole, threshold)?.scores(&whole.once()))
    }

    /// The figure of that name.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Auc => self.auc,
            Metric::AveragePrecision => self.average_precision,
            Metric::Accuracy => self.accuracy,
            Metric::BalancedAccuracy => self.balanced_accuracy,
            Metric::Sensitivity => self.sensitivity,
            Metric::Specificity => self.specificity,
            Metric::Precision => self.precision,
            Metric::Npv => self.npv,
            Metric::F1 => self.f1,
            Metric::Mcc => self.mcc,
            Metric::Brier => self.brier,
            Metric::LogLoss => self.log_loss,
            Metric::Ece => self.ece,
        }
    }
}
