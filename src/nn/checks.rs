//! What settings cannot be: the ranges of all of them, so that a pipeline is refused before
//! anything is read.

use super::fault::{Fault, Range, Ranges};
use super::loss::{Loss, PositiveWeight};
use super::optimizer::{Adam, AdamW, Clip, Optimizer, RmsProp, Sgd};
use super::schedule::{Cosine, Milestones, OneCycle, Plateau, Schedule, Stairs, Warmup};
use super::training::Training;

impl Training {
    /// The settings that cannot be, each with its place, besides the model's.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.loss.faults();
        faults.extend(self.optimizer.faults());
        faults.extend(self.clip.iter().flat_map(Clip::faults));
        faults.extend(self.schedule.faults(self.optimizer.lr()));
        faults.extend(self.warmup.iter().flat_map(Warmup::faults));
        if let Some(stopping) = &self.early_stopping {
            let mut ranges = Ranges::of("early_stopping");
            ranges.check("min_delta", "`min_delta`", stopping.min_delta, Range::NotNegative);
            faults.extend(ranges.faults);
        }
        faults
    }
}

impl Loss {
    /// What cannot be, with its place.
    fn faults(&self) -> Vec<Fault> {
        let Loss::BinaryCrossentropy(settings) = self;
        let mut ranges = Ranges::of("loss.binary_crossentropy");
        if let PositiveWeight::Of(weight) = settings.positive_weight {
            ranges.check("positive_weight", "the weight of class 1", weight, Range::Positive);
        }
        let smoothing = settings.label_smoothing;
        ranges.check("label_smoothing", "the label smoothing", smoothing, Range::BelowOne);
        ranges.faults
    }
}

impl Optimizer {
    /// What cannot be, with its place below `optimizer`.
    fn faults(&self) -> Vec<Fault> {
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
                ranges.check("eps", "`eps`", eps, Range::Positive);
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
                ranges.check("eps", "`eps`", eps, Range::Positive);
                ranges.check("momentum", "the momentum", momentum, Range::BelowOne);
                ranges.check("weight_decay", "the weight decay", weight_decay, Range::NotNegative);
            }
        }
        ranges.faults
    }
}

impl Clip {
    /// What cannot be, with its place.
    fn faults(&self) -> Vec<Fault> {
        let mut ranges = Ranges::of("clip");
        match *self {
            Clip::Norm(norm) => ranges.check("norm", "the norm", norm, Range::Positive),
            Clip::Value(value) => ranges.check("value", "the limit", value, Range::Positive),
        }
        ranges.faults
    }
}

impl Schedule {
    /// What cannot be, with its place; `lr` is the optimizer's.
    fn faults(&self, lr: f64) -> Vec<Fault> {
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
        let last = self.final_div_factor;
        ranges.check("final_div_factor", "`final_div_factor`", last, Range::Positive);
        ranges.check("base_momentum", "`base_momentum`", self.base_momentum, Range::Between);
        ranges.check("max_momentum", "`max_momentum`", self.max_momentum, Range::Between);
        ranges.faults
    }
}

impl Warmup {
    /// What cannot be, with its place.
    fn faults(&self) -> Vec<Fault> {
        let mut ranges = Ranges::of("warmup");
        ranges.check("from", "the share to start from", self.from, Range::Share);
        if self.epochs + self.steps == 0 {
            let help = Some("say how long: `warmup = { epochs = 1 }`, or `{ steps = 500 }`");
            ranges.add("epochs", "the warm-up has no length".into(), help);
        }
        ranges.faults
    }
}
