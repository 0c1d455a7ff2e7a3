//! What moving one parameter of a search did, all others alike: paired differences with intervals.
//!
//! Every pair of trials that differ in nothing but the parameter counts once. Intervals hold together
//! for all values of a parameter (Bonferroni), and no further than the values tried.

use std::collections::BTreeMap;

use super::levels::{Level, blocks, extremes, levels};
use super::values::{Goal, SearchSection};
use crate::metrics::search::{mean, quantile, sd};

/// How much one value of a parameter is ahead of another.
pub(super) struct Lead {
    pub over: String,
    pub pairs: usize,
    /// Mean difference of the objective, such that more is better whatever the goal.
    pub ahead: f64,
    /// Where it lies with 95%, together with all other leads of the parameter; `None` of one pair.
    pub interval: Option<(f64, f64)>,
}

/// The best value of a parameter and its lead over each of the others.
pub(super) struct Ablation<'a> {
    pub best: Level<'a>,
    pub leads: Vec<Lead>,
}

/// What the parameter in that place did; `None` where it has one value, or no two trials differ in
/// it alone.
pub(super) fn ablation(search: &SearchSection, place: usize) -> Option<Ablation<'_>> {
    let mut levels = levels(search, place);
    let best = extremes(&levels, search.goal)?.0.value;
    let at = levels.iter().position(|level| level.value == best)?;
    let best = levels.remove(at);
    let blocks = blocks(search, place);
    let alpha = 0.05 / levels.len() as f64;
    let lead = |other: &Level| -> Option<Lead> {
        let ahead = |block: &BTreeMap<&str, f64>| -> Option<f64> {
            let difference = block.get(best.value)? - block.get(other.value)?;
            Some(match search.goal {
                Goal::Maximize => difference,
                Goal::Minimize => -difference,
            })
        };
        let differences: Vec<f64> = blocks.values().filter_map(ahead).collect();
        Some(Lead {
            over: other.value.to_owned(),
            pairs: differences.len(),
            ahead: mean(&differences)?,
            interval: interval(&differences, alpha),
        })
    };
    let leads: Vec<Lead> = levels.iter().filter_map(lead).collect();
    (!leads.is_empty()).then_some(Ablation { best, leads })
}

/// Student's interval of a mean, that leaves out `alpha`.
fn interval(differences: &[f64], alpha: f64) -> Option<(f64, f64)> {
    let (center, spread) = (mean(differences)?, sd(differences)?);
    let n = differences.len() as f64;
    let half = quantile(alpha, n - 1.0) * spread / n.sqrt();
    Some((center - half, center + half))
}

/// What a parameter is called by people who train networks, with its own name.
pub(super) fn technique(parameter: &str) -> String {
    let last = parameter.rsplit('.').next().unwrap_or(parameter);
    let known = match last {
        "augment" => "Augmentation",
        "lr" => "Learning rate",
        "batch_size" => "Batch size",
        "model" => "Architecture",
        "optimizer" => "Optimizer",
        "schedule" => "Learning-rate schedule",
        "warmup" => "Warm-up",
        "weight_decay" => "Weight decay",
        "dropout" => "Dropout",
        "weights" => "Pretrained weights",
        "freeze" => "Freezing",
        "loss" => "Loss",
        "epochs" => "Epochs",
        "stain" => "Stain normalisation",
        _ => return parameter.to_owned(),
    };
    format!("{known} ({parameter})")
}
