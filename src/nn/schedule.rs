//! How the learning rate changes, as users write it: [`Schedule`] and [`Warmup`]. What they come to
//! in a step is [`Course`](super::course::Course)'s.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Range, Ranges};
use super::training::{Monitor, at_least_one};

/// How the learning rate changes from what the optimizer's `lr` says; as PyTorch's schedulers do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
    /// Multiplied every so many epochs.
    Step(Stairs),
    /// Multiplied at given epochs.
    Milestones(Milestones),
    /// Down half a cosine over all epochs (Loshchilov and Hutter, 2017).
    Cosine(Cosine),
    /// Up and far down again, step by step, momentum the other way (Smith and Topin, 2018).
    OneCycle(OneCycle),
    /// Multiplied when a figure no longer improves.
    ReduceOnPlateau(Plateau),
}

/// The settings of `step`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stairs {
    /// Epochs from one change to the next.
    #[serde(deserialize_with = "at_least_one")]
    pub every: NonZeroUsize,
    /// What the learning rate is multiplied by.
    #[serde(default = "tenth")]
    pub factor: f64,
}

/// The settings of `milestones`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestones {
    /// After how many epochs each change comes, in rising order.
    pub at: Vec<usize>,
    /// What the learning rate is multiplied by.
    #[serde(default = "tenth")]
    pub factor: f64,
}

/// The settings of `cosine`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cosine {
    /// The learning rate that an epoch after the last would have.
    pub floor: f64,
}

/// The settings of `one_cycle`; the optimizer's `lr` is its highest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OneCycle {
    /// The share of all steps in which the learning rate rises.
    pub pct_start: f64,
    /// The first learning rate is `lr` divided by this.
    pub div_factor: f64,
    /// The last is the first divided by this.
    pub final_div_factor: f64,
    /// Whether the momentum (Adam's `beta1`) falls while the learning rate rises.
    pub cycle_momentum: bool,
    /// The lowest momentum.
    pub base_momentum: f64,
    /// The first and last momentum.
    pub max_momentum: f64,
}

/// The settings of `reduce_on_plateau`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Plateau {
    /// What is watched on the validation split.
    pub monitor: Monitor,
    /// What the learning rate is multiplied by.
    pub factor: f64,
    /// How many epochs without improvement are borne.
    pub patience: usize,
    /// The share of the best figure by which an epoch must beat it to count as an improvement.
    pub threshold: f64,
    /// The learning rate does not fall below this.
    pub min_lr: f64,
}

/// A linear rise at the start, which multiplies whatever the schedule says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Warmup {
    /// For so many epochs,
    pub epochs: usize,
    /// and so many steps,
    pub steps: usize,
    /// from this share of the learning rate.
    pub from: f64,
}

fn tenth() -> f64 {
    0.1
}

impl Default for OneCycle {
    fn default() -> OneCycle {
        OneCycle {
            pct_start: 0.3,
            div_factor: 25.0,
            final_div_factor: 1e4,
            cycle_momentum: true,
            base_momentum: 0.85,
            max_momentum: 0.95,
        }
    }
}

impl Default for Plateau {
    fn default() -> Plateau {
        let monitor = Monitor::ValLoss;
        Plateau { monitor, factor: 0.1, patience: 10, threshold: 1e-4, min_lr: 0.0 }
    }
}

impl Default for Warmup {
    fn default() -> Warmup {
        Warmup { epochs: 0, steps: 0, from: 0.01 }
    }
}

impl Schedule {
    /// What people call it; none if the learning rate stays.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self {
            Schedule::Constant => return None,
            Schedule::Step(_) => "steps",
            Schedule::Milestones(_) => "milestones",
            Schedule::Cosine(_) => "cosine",
            Schedule::OneCycle(_) => "one cycle",
            Schedule::ReduceOnPlateau(_) => "reduced on a plateau",
        })
    }

    /// What cannot be, with its place; `lr` is the optimizer's.
    pub(crate) fn faults(&self, lr: f64) -> Vec<Fault> {
        match self {
            Schedule::Constant => Vec::new(),
            Schedule::Step(Stairs { factor, .. }) => {
                let mut ranges = Ranges::of("schedule.step");
                ranges.check("factor", "the factor", *factor, Range::Positive);
                ranges.faults
            }
            Schedule::Milestones(Milestones { at, factor }) => {
                let mut ranges = Ranges::of("schedule.milestones");
                ranges.check("factor", "the factor", *factor, Range::Positive);
                if at.is_empty() || at.first() == Some(&0) || !at.is_sorted_by(|a, b| a < b) {
                    let message =
                        format!("the milestones are {at:?}, and must rise from 1 or more");
                    ranges.add("at", message, Some("after 10 and 15 epochs: `at = [10, 15]`"));
                }
                ranges.faults
            }
            Schedule::Cosine(Cosine { floor }) => {
                let mut ranges = Ranges::of("schedule.cosine");
                not_above(&mut ranges, "floor", "the floor", *floor, lr);
                ranges.faults
            }
            Schedule::OneCycle(cycle) => cycle.faults(),
            Schedule::ReduceOnPlateau(Plateau { factor, threshold, min_lr, .. }) => {
                let mut ranges = Ranges::of("schedule.reduce_on_plateau");
                ranges.check("factor", "the factor", *factor, Range::Between);
                ranges.check("threshold", "the threshold", *threshold, Range::BelowOne);
                not_above(&mut ranges, "min_lr", "the lowest learning rate", *min_lr, lr);
                ranges.faults
            }
        }
    }
}

/// A learning rate that the schedule goes down to.
fn not_above(ranges: &mut Ranges, key: &str, name: &str, low: f64, lr: f64) {
    ranges.check(key, name, low, Range::NotNegative);
    if low > lr {
        let message = format!("{name} is {low}, above the learning rate {lr}");
        ranges.add(key, message, Some("the schedule goes down to it: give a smaller one"));
    }
}

impl OneCycle {
    fn faults(&self) -> Vec<Fault> {
        let mut ranges = Ranges::of("schedule.one_cycle");
        ranges.check("pct_start", "`pct_start`", self.pct_start, Range::Share);
        ranges.check("div_factor", "`div_factor`", self.div_factor, Range::Positive);
        ranges.check(
            "final_div_factor",
            "`final_div_factor`",
            self.final_div_factor,
            Range::Positive,
        );
        ranges.check("base_momentum", "`base_momentum`", self.base_momentum, Range::Between);
        ranges.check("max_momentum", "`max_momentum`", self.max_momentum, Range::Between);
        ranges.faults
    }
}

impl Warmup {
    /// What cannot be, with its place.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut ranges = Ranges::of("warmup");
        ranges.check("from", "the share to start from", self.from, Range::Share);
        if self.epochs + self.steps == 0 {
            let help = Some("say how long: `warmup = { epochs = 1 }`, or `{ steps = 500 }`");
            ranges.add("epochs", "the warm-up has no length".into(), help);
        }
        ranges.faults
    }
}
