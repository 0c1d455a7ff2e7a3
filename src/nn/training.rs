//! What a training run is, as users write it: the parameters of the train stage.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::loss::Loss;
use super::model::Model;
use super::optimizer::{Clip, Optimizer};
use super::schedule::{Schedule, Warmup};
use super::stopping::EarlyStopping;
use crate::data::Augment;

/// How a network is trained; everything that its result depends on, besides the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The network: `{ layers = [ … ] }`.
    pub model: Model,
    /// What is minimised.
    #[serde(default)]
    pub loss: Loss,
    /// How weights follow their gradients.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// How large gradients are held back: `{ norm = 1.0 }` or `{ value = 0.5 }`.
    #[serde(default)]
    pub clip: Option<Clip>,
    /// How the learning rate changes.
    #[serde(default)]
    pub schedule: Schedule,
    /// A linear rise of the learning rate at the start: `{ epochs = 1 }` or `{ steps = 500 }`.
    #[serde(default)]
    pub warmup: Option<Warmup>,
    /// Random changes of training images, drawn anew in each epoch: any of `"flip"`,
    /// `"rotate90"`, `{ affine = { rotate = 10, shift = 0.05, scale = 0.1 } }`,
    /// `{ crop = { least = 0.8 } }`, `{ color_jitter = { brightness = 0.1, contrast = 0.1,
    /// saturation = 0.1, hue = 0.02 } }`, `{ stain_jitter = { scale = 0.1, shift = 0.02 } }`,
    /// `{ blur = { sigma = 1.0 } }`, `{ noise = { sd = 0.02 } }`, `{ cutout = { size = 0.25 } }`.
    #[serde(default)]
    pub augment: Vec<Augment>,
    /// Images a step. The last of an epoch may have fewer; one larger than the train split makes
    /// each epoch a single step.
    #[serde(default = "batch_size", deserialize_with = "at_least_one")]
    pub batch_size: NonZeroUsize,
    /// How often each training image is seen, at most.
    #[serde(default = "epochs", deserialize_with = "at_least_one")]
    pub epochs: NonZeroUsize,
    /// When to stop sooner. With it the weights of the best epoch are kept; without it those of
    /// the last epoch (as Keras does).
    #[serde(default)]
    pub early_stopping: Option<EarlyStopping>,
    /// Where all randomness of this run starts: first weights, order of images, dropout.
    #[serde(default)]
    pub seed: u64,
}

fn batch_size() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(31)
}

fn epochs() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(19)
}

pub(super) fn at_least_one<'de, D: Deserializer<'de>>(number: D) -> Result<NonZeroUsize, D::Error> {
    NonZeroUsize::new(usize::deserialize(number)?)
        .ok_or_else(|| D::Error::custom("must be at least 1"))
}

impl Training {
    /// The defaults around a model.
    pub fn of(model: Model) -> Training {
        Training {
            model,
            loss: Loss::default(),
            optimizer: Optimizer::default(),
            clip: None,
            schedule: Schedule::default(),
            warmup: None,
            augment: Vec::new(),
            batch_size: batch_size(),
            epochs: epochs(),
            early_stopping: None,
            seed: 0,
        }
    }
}
