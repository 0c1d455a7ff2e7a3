//! How weights follow their gradients, as users write it. Must not know how steps are computed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Range, Ranges};

/// How weights follow their gradients; each makes PyTorch's steps for the same settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Optimizer {
    /// Adam (Kingma and Ba, 2015).
    Adam(Adam),
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    #[serde(rename = "adamw")]
    AdamW(AdamW),
    /// Stochastic gradient descent, with momentum if you like.
    Sgd(Sgd),
    /// RMSprop (Hinton, 2012).
    #[serde(rename = "rmsprop")]
    RmsProp(RmsProp),
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
    /// The share of a weight that is added to its gradient.
    pub weight_decay: f64,
    /// What decays.
    pub decay: Decay,
}

/// The settings of AdamW.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdamW {
    /// Learning rate.
    pub lr: f64,
    /// How slowly the mean of gradients forgets.
    pub beta1: f64,
    /// How slowly the mean of squared gradients forgets.
    pub beta2: f64,
    /// Keeps the division from exploding.
    pub eps: f64,
    /// The share of a weight, times the learning rate, that each step takes away.
    pub weight_decay: f64,
    /// What decays.
    pub decay: Decay,
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
    /// How much less than whole a gradient enters the momentum.
    pub dampening: f64,
    /// The share of a weight that is added to its gradient.
    pub weight_decay: f64,
    /// What decays.
    pub decay: Decay,
}

/// The settings of RMSprop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RmsProp {
    /// Learning rate.
    pub lr: f64,
    /// How slowly the mean of squared gradients forgets.
    pub alpha: f64,
    /// Keeps the division from exploding.
    pub eps: f64,
    /// The share of the last step that is kept.
    pub momentum: f64,
    /// Whether gradients are divided by their standard deviation instead of their size.
    pub centered: bool,
    /// The share of a weight that is added to its gradient.
    pub weight_decay: f64,
    /// What decays.
    pub decay: Decay,
}

/// What weight decay applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// Everything that is trained, as PyTorch does.
    #[default]
    All,
    /// The weights of convolutions and dense layers: biases and batch-norm are spared.
    Weights,
}

/// How large gradients are held back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// All gradients are scaled together so that their Euclidean norm is at most this.
    Norm(f64),
    /// Each element of each gradient is held within ± this.
    Value(f64),
}

impl Default for Optimizer {
    fn default() -> Optimizer {
        Optimizer::Adam(Adam::default())
    }
}

impl Default for Adam {
    fn default() -> Adam {
        let decay = Decay::All;
        Adam { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, decay }
    }
}

impl Default for AdamW {
    fn default() -> AdamW {
        let decay = Decay::All;
        AdamW { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, decay }
    }
}

impl Default for Sgd {
    fn default() -> Sgd {
        let (nesterov, decay) = (false, Decay::All);
        Sgd { lr: 1e-3, momentum: 0.0, nesterov, dampening: 0.0, weight_decay: 0.0, decay }
    }
}

impl Default for RmsProp {
    fn default() -> RmsProp {
        let (centered, decay) = (false, Decay::All);
        let (alpha, eps, momentum, weight_decay) = (0.99, 1e-8, 0.0, 0.0);
        RmsProp { lr: 1e-3, alpha, eps, momentum, centered, weight_decay, decay }
    }
}

impl Optimizer {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Optimizer::Adam(_) => "Adam",
            Optimizer::AdamW(_) => "AdamW",
            Optimizer::Sgd(sgd) if sgd.nesterov => "SGD with Nesterov momentum",
            Optimizer::Sgd(sgd) if sgd.momentum > 0.0 => "SGD with momentum",
            Optimizer::Sgd(_) => "SGD",
            Optimizer::RmsProp(_) => "RMSprop",
        }
    }

    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match self {
            Optimizer::Adam(Adam { lr, .. })
            | Optimizer::AdamW(AdamW { lr, .. })
            | Optimizer::Sgd(Sgd { lr, .. })
            | Optimizer::RmsProp(RmsProp { lr, .. }) => *lr,
        }
    }

    /// The same with another learning rate.
    pub(crate) fn with_lr(mut self, new: f64) -> Optimizer {
        match &mut self {
            Optimizer::Adam(Adam { lr, .. })
            | Optimizer::AdamW(AdamW { lr, .. })
            | Optimizer::Sgd(Sgd { lr, .. })
            | Optimizer::RmsProp(RmsProp { lr, .. }) => *lr = new,
        }
        self
    }

    /// The same with another momentum, which is β₁ of Adam.
    pub(crate) fn with_momentum(mut self, new: f64) -> Optimizer {
        match &mut self {
            Optimizer::Adam(Adam { beta1: momentum, .. })
            | Optimizer::AdamW(AdamW { beta1: momentum, .. })
            | Optimizer::Sgd(Sgd { momentum, .. })
            | Optimizer::RmsProp(RmsProp { momentum, .. }) => *momentum = new,
        }
        self
    }

    /// What cannot be, with its place below `optimizer`.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut ranges = Ranges::of(match self {
            Optimizer::Adam(_) => "optimizer.adam",
            Optimizer::AdamW(_) => "optimizer.adamw",
            Optimizer::Sgd(_) => "optimizer.sgd",
            Optimizer::RmsProp(_) => "optimizer.rmsprop",
        });
        ranges.check("lr", "the learning rate", self.lr(), Range::Positive);
        match *self {
            Optimizer::Adam(Adam { beta1, beta2, eps, weight_decay, .. })
            | Optimizer::AdamW(AdamW { beta1, beta2, eps, weight_decay, .. }) => {
                ranges.check("beta1", "`beta1`", beta1, Range::BelowOne);
                ranges.check("beta2", "`beta2`", beta2, Range::BelowOne);
                ranges.check("eps", "`eps`", eps, Range::NotNegative);
                ranges.check("weight_decay", "the weight decay", weight_decay, Range::NotNegative);
            }
            Optimizer::Sgd(Sgd { momentum, nesterov, dampening, weight_decay, .. }) => {
                ranges.check("momentum", "the momentum", momentum, Range::BelowOne);
                ranges.check("dampening", "the dampening", dampening, Range::Share);
                ranges.check("weight_decay", "the weight decay", weight_decay, Range::NotNegative);
                if nesterov && (momentum == 0.0 || dampening != 0.0) {
                    let message = "Nesterov's momentum needs a momentum and no dampening";
                    ranges.add("nesterov", message.into(), Some("`momentum = 0.9` is usual"));
                }
            }
            Optimizer::RmsProp(RmsProp { alpha, eps, momentum, weight_decay, .. }) => {
                ranges.check("alpha", "`alpha`", alpha, Range::BelowOne);
                ranges.check("eps", "`eps`", eps, Range::NotNegative);
                ranges.check("momentum", "the momentum", momentum, Range::BelowOne);
                ranges.check("weight_decay", "the weight decay", weight_decay, Range::NotNegative);
            }
        }
        ranges.faults
    }
}

impl Clip {
    /// What cannot be, with its place.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut ranges = Ranges::of("clip");
        match *self {
            Clip::Norm(norm) => ranges.check("norm", "the norm", norm, Range::Positive),
            Clip::Value(value) => ranges.check("value", "the limit", value, Range::Positive),
        }
        ranges.faults
    }
}
