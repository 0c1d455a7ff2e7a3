//! What moving one parameter of a search did, all others alike: paired differences with intervals.
//!
//! Every pair of trials that differ in nothing but the parameter counts once. Intervals hold together
//! for all values of a parameter (Bonferroni), and no further than the values tried.

use std::collections::BTreeMap;

use super::levels::{Level, extremes, levels, objective, other_values};
use super::values::{Goal, SearchSection};
use crate::metrics::search::{mean, sd, two_sided};

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

/// Trials that differ in nothing but the parameter, by what they have in common.
fn blocks(search: &SearchSection, place: usize) -> BTreeMap<Vec<&str>, BTreeMap<&str, f64>> {
    let mut blocks: BTreeMap<Vec<&str>, BTreeMap<&str, f64>> = BTreeMap::new();
    for trial in &search.trials {
        if let (Some(value), Some(score)) = (trial.values.get(place), objective(trial)) {
            blocks.entry(other_values(trial, place)).or_default().insert(value, score);
        }
    }
    blocks
}

/// Student's interval of a mean, that leaves out `alpha`.
fn interval(differences: &[f64], alpha: f64) -> Option<(f64, f64)> {
    let (center, spread) = (mean(differences)?, sd(differences)?);
    let n = differences.len() as f64;
    let half = quantile(alpha, n - 1.0) * spread / n.sqrt();
    Some((center - half, center + half))
}

/// The t that |T| exceeds with probability `alpha`, by halving the range where it lies.
fn quantile(alpha: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, df) > alpha && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if two_sided(middle, df) > alpha { low = middle } else { high = middle }
    }
    high
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

#[cfg(test)]
mod tests {
    use super::quantile;

    /// Tables of Student's t: 95% and 99%, two-sided.
    #[test]
    fn quantiles_of_the_tables() {
        for (alpha, df, t) in
            [(0.05, 1.0, 12.706), (0.05, 10.0, 2.228), (0.01, 5.0, 4.032), (0.05, 1e6, 1.96)]
        {
            assert!(
                (quantile(alpha, df) - t).abs() < 6e-4,
                "{alpha} {df}: {}",
                quantile(alpha, df)
            );
        }
    }
}
