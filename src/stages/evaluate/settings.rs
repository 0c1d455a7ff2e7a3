//! The parameters of `evaluate`, as a user writes them, and what can be said against them.

use super::{gate::Gate, threshold::Threshold};
use crate::{
    data::Split,
    engine::{Complaint, pipeline::nearest_of},
    nn::Tta,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// Scores models on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {
    /// The images to score on: "train", "valid" or "test".
    #[serde(default = "test")]
    pub split: Split,
    /// Probabilities from here on count as positive: a number, or a rule that is applied to the
    /// valid split, for each model on its own.
    #[serde(default)]
    pub threshold: Threshold,
    /// Test-time augmentation: "none", or "dihedral" for the mean over all eight turns and
    /// mirrorings of each image.
    #[serde(default)]
    pub tta: Tta,
    /// Whether probabilities are made to mean what they say, as fitted on the valid split.
    #[serde(default)]
    pub calibrate: Calibrate,
    /// The intervals around every figure, by drawing groups of images anew.
    #[serde(default)]
    pub intervals: Intervals,
    /// What must be reached, such as "auc.lower >= 0.9", "ece <= 0.05" or "cnn.auc > 0.9". A gate
    /// without a model's name is about the best model. The run fails if one is missed.
    #[serde(default, serialize_with = "canonical")]
    pub gate: Vec<String>,
    /// Makes the random choices; the pipeline's own unless given.
    #[serde(default)]
    pub seed: u64,
}

fn test() -> Split {
    Split::Test
}

/// For the key: spaces in a gate are no change of it.
fn canonical<S: Serializer>(gates: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let read = |gate: &String| Gate::read(gate).map_or(gate.clone(), |gate| gate.to_string());
    serializer.collect_seq(gates.iter().map(read))
}

/// What is done to probabilities before they are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calibrate {
    /// Nothing.
    #[default]
    None,
    /// Logits are divided by one number, which keeps the order of the images.
    Temperature,
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Intervals {
    /// How often the groups are drawn anew, 100 or more. The smallest p-value between two models
    /// is 2 in so many.
    pub resamples: u32,
    /// How often the truth is to lie inside: 0.95 for 95% intervals.
    pub level: f64,
}

impl Default for Intervals {
    fn default() -> Intervals {
        Intervals { resamples: 2000, level: 0.95 }
    }
}

impl Evaluate {
    /// Whether anything is fitted or chosen on the valid split.
    pub fn needs_valid(&self) -> bool {
        matches!(self.threshold, Threshold::By(_)) || self.calibrate != Calibrate::None
    }

    /// The complaint where something is to be chosen on a valid split that has no images.
    pub fn without_valid(&self) -> Option<Complaint> {
        let (place, message) = match self.threshold {
            Threshold::By(_) => ("threshold", "the threshold is chosen on the valid split"),
            Threshold::At(_) if self.calibrate != Calibrate::None => {
                ("calibrate", "the temperature is fitted on the valid split")
            }
            Threshold::At(_) => return None,
        };
        let help = "give `valid` a share in the `split` of the preprocess stage";
        Some(Complaint {
            place: place.into(),
            message: format!("{message}, and that of `data` is empty"),
            help: Some(help.into()),
        })
    }

    /// What is wrong with the parameters, given the models' names.
    pub fn complaints(&self, models: &[&str]) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut say = |place: &str, message: String, help: &str| {
            complaints.push(Complaint { place: place.into(), message, help: Some(help.into()) });
        };
        if let Some((place, message, help)) = self.threshold.fault() {
            say(place, message, help);
        }
        if self.split == Split::Valid && matches!(self.threshold, Threshold::By(_)) {
            let message = "the threshold would be chosen on the valid split and scored on it too";
            let help = "score another split, or give the threshold as a number";
            say("threshold", message.into(), help);
        }
        if self.split == Split::Valid && self.calibrate != Calibrate::None {
            let message = "the temperature would be fitted on the valid split and scored on it too";
            let help = "score another split, or leave `calibrate` out";
            say("calibrate", message.into(), help);
        }
        let Intervals { resamples, level } = self.intervals;
        if !(100..=1_000_000).contains(&resamples) {
            let message = format!("intervals from {resamples} resamples");
            say("intervals.resamples", message, "take 100 to 1000000; the default is 2000");
        }
        if !(0.5..1.0).contains(&level) {
            let message = format!("the level of intervals is {level}, and it lies in 0.5 to 1");
            say("intervals.level", message, "the default is 0.95");
        }
        for (i, text) in self.gate.iter().enumerate() {
            let unread = match Gate::read(text) {
                Err(unread) => Some(unread),
                Ok(gate) => {
                    gate.model.filter(|name| !models.contains(&name.as_str())).map(|name| {
                        (
                            format!(
                                "the gate `{text}` is about `{name}`, which is not among `models`"
                            ),
                            nearest_of(&name, models),
                        )
                    })
                }
            };
            if let Some((message, help)) = unread {
                complaints.push(Complaint {
                    place: format!("gate[{i}]"),
                    message,
                    help: Some(help),
                });
            }
        }
        complaints
    }

    /// The gates, read; those that do not read were complained about before.
    pub fn gates(&self) -> impl Iterator<Item = Gate> {
        self.gate.iter().filter_map(|text| Gate::read(text).ok())
    }
}
