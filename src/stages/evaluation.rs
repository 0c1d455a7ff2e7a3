//! The artifact of `evaluate`: what models scored on the same images, how sure that is, and which of
//! them can be told apart; `metrics.json` is this, field by field.

use super::artifacts::read_json;
use super::evaluate::{Intervals, Threshold};
use crate::{
    data::Split,
    engine::{Artifact, Files, StageError},
    metrics::{AucDifference, Interval, McNemar, Metric, ReliabilityBin, Scores},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Several models scored on the same images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    pub split: Split,
    /// Images scored.
    pub images: u64,
    /// The groups, such as patients, that they come from. Intervals rest on these, so where they
    /// are few, intervals are rough.
    pub groups: u64,
    /// How thresholds were chosen: a rule looked at the valid split, never at the images scored.
    pub threshold: Threshold,
    pub intervals: Intervals,
    /// In the order in which the user named them.
    pub models: Vec<ModelEvaluation>,
    /// The model with the highest AUC, the first of equals; `None` where no AUC is defined.
    pub best: Option<String>,
    /// Models whose AUC cannot be told from the best one's: Holm's adjusted p by group is not
    /// below 1 − level.
    pub indistinguishable: Vec<String>,
    /// Every pair of models, the one named earlier first.
    pub pairs: Vec<Pair>,
    /// In the order in which the user wrote them.
    pub gates: Vec<GateVerdict>,
}

/// One model's scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelEvaluation {
    /// The name of the stage that made the model.
    pub model: String,
    /// Of the probabilities in `predictions.csv`, which are the scaled ones where a temperature
    /// was fitted; `scores.threshold` is the threshold used.
    pub scores: Scores,
    /// By bootstrap over groups; a metric that is undefined in most resamples has none, and with
    /// fewer than two groups there are none at all.
    pub intervals: BTreeMap<Metric, Interval>,
    /// DeLong's interval of the AUC, symmetric on the logit scale; images count as independent.
    pub delong: Option<Interval>,
    pub calibration: Calibration,
    /// One for each source, by name.
    pub sources: Vec<Slice>,
    /// The groups that are most surely worse than others: by the lower end of the interval of
    /// their error rate. Empty where every image is a group of its own; all groups are in
    /// `groups.csv`.
    pub worst_groups: Vec<Slice>,
}

/// Whether probabilities mean what they say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calibration {
    /// What logits were divided by, fitted on the valid split; `None` if none was asked for, or
    /// none is best (the valid split is told apart without fault, or not better than by chance).
    pub temperature: Option<f64>,
    /// What the probabilities were like before they were scaled; `None` without a temperature.
    pub before: Option<Uncalibrated>,
    /// Expected calibration error over bins of equal numbers of images; `scores.ece` is over bins
    /// of equal width.
    pub ece_equal_mass: Option<f64>,
    /// The reliability curve by bins of equal width, and by bins of equal numbers of images.
    pub equal_width: Vec<ReliabilityBin>,
    pub equal_mass: Vec<ReliabilityBin>,
}

/// A model's probabilities as the network gives them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Uncalibrated {
    pub ece: Option<f64>,
    pub ece_equal_mass: Option<f64>,
    pub brier: Option<f64>,
    pub log_loss: Option<f64>,
    pub equal_width: Vec<ReliabilityBin>,
}

/// The images of one source or one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Slice {
    pub name: String,
    pub images: u64,
    pub positives: u64,
    /// Images on the wrong side of the threshold.
    pub errors: u64,
    pub accuracy: Option<f64>,
    /// Wilson's interval of errors / images; images count as independent.
    pub error_rate: Option<Interval>,
    /// `None` unless both classes are there.
    pub auc: Option<f64>,
}

/// Two models on the same images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub first: String,
    pub second: String,
    /// The difference of the AUCs with DeLong's paired test; `None` where they are undefined.
    pub auc: Option<AucDifference>,
    /// DeLong's p after Holm's correction over all pairs.
    pub delong_adjusted_p: Option<f64>,
    /// The interval of the difference of the AUCs, and its two-sided p, by paired bootstrap over
    /// groups, which DeLong's test takes for independent images. Below ten groups there is no p.
    pub interval: Option<Interval>,
    pub p: Option<f64>,
    /// The same after Holm's correction over all pairs.
    pub adjusted_p: Option<f64>,
    /// Whether they decide rightly equally often, each at its own threshold.
    pub mcnemar: McNemar,
    pub mcnemar_adjusted_p: Option<f64>,
}

/// What became of one gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateVerdict {
    /// As in `auc.lower >= 0.9`.
    pub gate: String,
    /// The model that it was held against: the one it names, or else the best.
    pub model: Option<String>,
    /// What that model has; `None` where it is undefined, which misses the gate.
    pub value: Option<f64>,
    pub met: bool,
    /// What is missing, in words; empty where the gate was met.
    pub missed_by: String,
}

impl Evaluation {
    /// The model with the highest AUC, the first of equals; the first where none has one.
    pub fn best(&self) -> Option<&ModelEvaluation> {
        let auc = |m: &ModelEvaluation| m.scores.auc.unwrap_or(f64::NEG_INFINITY);
        let better = |a, b| if auc(b) > auc(a) { b } else { a };
        self.models.iter().reduce(better)
    }
}

impl ModelEvaluation {
    /// The interval of a metric by bootstrap over groups.
    pub fn interval(&self, metric: Metric) -> Option<Interval> {
        self.intervals.get(&metric).copied()
    }
}

impl Artifact for Evaluation {
    const TYPE: &'static str = "evaluation";
    fn open(files: &Files) -> Result<Evaluation, StageError> {
        read_json(&files.path("metrics.json")?)
    }
    fn headline(&self) -> Option<String> {
        let best = self.best()?;
        Some(format!("{} auc {:.4} ({})", self.split.name(), best.scores.auc?, best.model))
    }
    fn shortfalls(&self) -> Vec<String> {
        let missed = self.gates.iter().filter(|gate| !gate.met);
        missed.map(|gate| format!("{}: {}", gate.gate, gate.missed_by)).collect()
    }
}
