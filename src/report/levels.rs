//! What each value of a varied parameter gave, averaged over the trials of a search.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::values::{Goal, Outcome, SearchSection, Trial};

/// All trials that share one value of a parameter.
pub(super) struct Level<'a> {
    pub value: &'a str,
    /// Mean objective of the trials that can be compared across levels.
    pub mean: f64,
}

/// The finite objective of a trial.
pub(super) fn objective(trial: &Trial) -> Option<f64> {
    match trial.outcome {
        Outcome::Scored { objective, .. } if objective.is_finite() => Some(objective),
        _ => None,
    }
}

/// The levels of the parameter in that place, numbers ascending, else as they first appear; levels
/// without a scored trial are left out.
///
/// Like is compared with like: where some settings of the other parameters were scored at every
/// level, only those enter the means, so that a failed trial does not favour its level.
pub(super) fn levels(search: &SearchSection, place: usize) -> Vec<Level<'_>> {
    let blocks = blocks(search, place);
    let mut seen = BTreeSet::new();
    let scored = search.trials.iter().filter(|trial| objective(trial).is_some());
    let values = scored.filter_map(|trial| trial.values.get(place)).map(String::as_str);
    let mut names: Vec<&str> = values.filter(|value| seen.insert(*value)).collect();
    if names.iter().all(|name| number(name).is_some()) {
        let ascending = |a: &&str, b: &&str| number(a).partial_cmp(&number(b));
        names.sort_by(|a, b| ascending(a, b).unwrap_or(Ordering::Equal));
    }
    let complete = |block: &&BTreeMap<&str, f64>| block.len() == names.len();
    let alike: Vec<_> = blocks.values().filter(complete).collect();
    let used = if alike.is_empty() { blocks.values().collect() } else { alike };
    let mut sums: BTreeMap<&str, (f64, u32)> = BTreeMap::new();
    for (value, score) in used.into_iter().flatten() {
        let (sum, trials) = sums.entry(value).or_default();
        (*sum, *trials) = (*sum + score, *trials + 1);
    }
    let level = |value| {
        let (sum, trials) = sums.get(value)?;
        Some(Level { value, mean: sum / f64::from(*trials) })
    };
    names.into_iter().filter_map(level).collect()
}

/// The objectives by the value of the parameter in that place, of scored trials that differ in nothing
/// else; by what these have in common.
pub(super) fn blocks(
    search: &SearchSection,
    place: usize,
) -> BTreeMap<Vec<&str>, BTreeMap<&str, f64>> {
    let mut blocks: BTreeMap<Vec<&str>, BTreeMap<&str, f64>> = BTreeMap::new();
    for trial in &search.trials {
        if let (Some(value), Some(score)) = (trial.values.get(place), objective(trial)) {
            blocks.entry(other_values(trial, place)).or_default().insert(value, score);
        }
    }
    blocks
}

/// A trial's values of all parameters but one.
pub(super) fn other_values(trial: &Trial, place: usize) -> Vec<&str> {
    let others = trial.values.iter().enumerate().filter(|&(i, _)| i != place);
    others.map(|(_, value)| value.as_str()).collect()
}

/// The levels' best and worst mean, in that order, if there are two to compare.
pub(super) fn extremes<'a, 'b>(
    levels: &'b [Level<'a>],
    goal: Goal,
) -> Option<(&'b Level<'a>, &'b Level<'a>)> {
    if levels.len() < 2 {
        return None;
    }
    let low = levels.iter().reduce(|low, l| if l.mean < low.mean { l } else { low })?;
    let high = levels.iter().reduce(|high, l| if l.mean > high.mean { l } else { high })?;
    Some(match goal {
        Goal::Maximize => (high, low),
        Goal::Minimize => (low, high),
    })
}

/// The places of the parameters under study: those with two values or more that are no repeat.
pub(super) fn studied(search: &SearchSection) -> Vec<usize> {
    let varied = |&place: &usize| levels(search, place).len() > 1;
    (0..search.parameters.len())
        .filter(|&place| !is_repeat(&search.parameters[place]))
        .filter(varied)
        .collect()
}

/// Whether trials differ in nothing but chance by this parameter.
pub(super) fn is_repeat(parameter: &str) -> bool {
    matches!(parameter.rsplit('.').next(), Some("seed" | "fold"))
}

/// A parameter's value as a finite number.
pub(super) fn number(value: &str) -> Option<f64> {
    value.replace('_', "").parse().ok().filter(|v: &f64| v.is_finite())
}

/// Trials that were scored, best first, as places in `trials`; then those that were not.
pub(super) fn by_objective(search: &SearchSection) -> Vec<usize> {
    let mut order: Vec<usize> = (0..search.trials.len()).collect();
    order.sort_by(|&a, &b| match (objective(&search.trials[a]), objective(&search.trials[b])) {
        (Some(a), Some(b)) => match search.goal {
            Goal::Maximize => b.total_cmp(&a),
            Goal::Minimize => a.total_cmp(&b),
        },
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    order
}

/// The winner: the search's own choice, or the best objective.
pub(super) fn best(search: &SearchSection) -> Option<usize> {
    let own = search.best.filter(|&place| place < search.trials.len());
    own.or_else(|| {
        by_objective(search)
            .first()
            .copied()
            .filter(|&place| objective(&search.trials[place]).is_some())
    })
}
