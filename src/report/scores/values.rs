//! What the page knows of an evaluation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::{AucDifference, Interval, McNemar, Metric, ReliabilityBin, RocCurve, Scores};

/// Several models on one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvaluationSection {
    pub stage: String,
    pub split: String,
    pub models: Vec<ModelScores>,
    /// How the thresholds came about, as the end of a sentence; may be empty.
    pub threshold: String,
    /// How intervals were made; absent where there are none.
    pub resampling: Option<Resampling>,
    /// Models whose AUC cannot be told from the best one's.
    pub indistinguishable: Vec<String>,
    pub pairs: Vec<ModelPair>,
    pub gates: Vec<GateVerdict>,
}

/// How often groups of images were drawn anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resampling {
    /// Such as 0.95.
    pub level: f64,
    pub resamples: u64,
    pub groups: u64,
}

/// One model's scores on the split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelScores {
    pub model: String,
    pub scores: Scores,
    /// `None` where a class is absent. The page thins it; no need to do so before.
    pub roc: Option<RocCurve>,
    /// By bootstrap over groups.
    pub intervals: BTreeMap<Metric, Interval>,
    pub calibration: Calibration,
    /// Scores by source, and of the groups that are most surely worse than others.
    pub sources: Vec<Slice>,
    pub worst_groups: Vec<Slice>,
}

/// Whether probabilities mean what they say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What logits were divided by, if anything.
    pub temperature: Option<f64>,
    /// The expected calibration error before that.
    pub before: Option<f64>,
    /// The reliability curve.
    pub bins: Vec<ReliabilityBin>,
}

/// The images of one source or one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    pub name: String,
    pub images: u64,
    pub positives: u64,
    /// Images on the wrong side of the threshold.
    pub errors: u64,
    pub error_rate: Option<Interval>,
    pub auc: Option<f64>,
}

/// Two models on the same images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelPair {
    pub first: String,
    pub second: String,
    /// First less second, with DeLong's test, which takes images for independent.
    pub auc: Option<AucDifference>,
    pub delong_p: Option<f64>,
    /// The interval of the difference, and its p, by paired bootstrap over groups. All p are after
    /// Holm's correction.
    pub interval: Option<Interval>,
    pub p: Option<f64>,
    pub mcnemar: McNemar,
    pub mcnemar_p: Option<f64>,
}

/// What became of one gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// As in `auc.lower >= 0.9`.
    pub gate: String,
    pub model: Option<String>,
    pub value: Option<f64>,
    pub met: bool,
    /// What is missing, in words.
    pub missed_by: String,
}
