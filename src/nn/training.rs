//! What a training run is, as users write it: the parameters of the train stage.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::model::Model;
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
    /// Random changes of training images: any of `"flip"`, `"rotate90"`.
    #[serde(default)]
    pub augment: Vec<Augment>,
    /// Images a step.
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

/// What is minimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Binary cross-entropy of the logit.
    #[default]
    BinaryCrossentropy,
}

/// How weights follow their gradients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Optimizer {
    /// Adam (Kingma and Ba, 2015).
    Adam(Adam),
    /// Stochastic gradient descent.
    Sgd(Sgd),
}

/// The settings of Adam.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// How slowly the mean of gradients forgets.
    pub beta1: f64,
    /// How slowly the mean of squared gradients forgets.
    pub beta2: f64,
    /// Keeps the division from exploding.
    pub eps: f64,
}

/// The settings of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// The share of the last step that is kept.
    pub momentum: f64,
    /// Whether the gradient is taken where the momentum leads (Nesterov).
    pub nesterov: bool,
}

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

fn batch_size() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(31)
}

fn epochs() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(19)
}

fn at_least_one<'de, D: Deserializer<'de>>(number: D) -> Result<NonZeroUsize, D::Error> {
    NonZeroUsize::new(usize::deserialize(number)?)
        .ok_or_else(|| D::Error::custom("must be at least 1"))
}

fn patience() -> usize {
    3
}

impl Training {
    /// The defaults around a model.
    pub fn of(model: Model) -> Training {
        Training {
            model,
            loss: Loss::default(),
            optimizer: Optimizer::default(),
            augment: Vec::new(),
            batch_size: batch_size(),
            epochs: epochs(),
            early_stopping: None,
            seed: 0,
        }
    }
}

impl Default for Optimizer {
    fn default() -> Optimizer {
        Optimizer::Adam(Adam::default())
    }
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    }
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd { lr: 1e-3, momentum: 0.0, nesterov: false }
    }
}

impl Optimizer {
    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match self {
            Optimizer::Adam(adam) => adam.lr,
            Optimizer::Sgd(sgd) => sgd.lr,
        }
    }
}
