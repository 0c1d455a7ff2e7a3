//! What each parameter of a search did, in sentences.

use std::collections::BTreeMap;

use crate::report::ablation::{Ablation, Lead, ablation, technique};
use crate::report::levels::{extremes, is_repeat, levels, objective, other_values, studied};
use crate::report::number::{plural, score, signed};
use crate::report::values::{Goal, SearchSection};
use crate::report::words::list;

pub(super) fn sentences(search: &SearchSection) -> Vec<String> {
    let effects = studied(search)
        .into_iter()
        .filter_map(|place| Some(effect(search, place, &ablation(search, place)?)));
    most_important(search).into_iter().chain(effects).chain(repeats(search)).collect()
}

/// The parameter whose levels differ most.
fn most_important(search: &SearchSection) -> Option<String> {
    let mut spreads: Vec<(usize, f64)> = studied(search)
        .into_iter()
        .filter_map(|place| {
            let levels = levels(search, place);
            let (best, worst) = extremes(&levels, search.goal)?;
            Some((place, (best.mean - worst.mean).abs()))
        })
        .collect();
    spreads.sort_by(|a, b| b.1.total_cmp(&a.1));
    let [(first, spread), (second, next), ..] = spreads[..] else { return None };
    Some(format!(
        "Setting that mattered most in {}: probably {}, whose mean {} moves by {} between its values; \
         that of {} moves by {}. This holds for the values tried, not beyond.",
        search.stage,
        search.parameters[first],
        search.objective,
        score(spread),
        search.parameters[second],
        score(next),
    ))
}

/// Other values named in one sentence.
const NAMED: usize = 5;

/// Whether the best value of a parameter is better than the others, and by how much.
fn effect(search: &SearchSection, place: usize, found: &Ablation) -> String {
    let leads = || found.leads.iter().take(NAMED);
    let clear: Vec<String> = leads().filter(|l| l.interval.is_some_and(above)).map(told).collect();
    let behind: Vec<String> = leads().filter(|l| l.interval.is_some_and(below)).map(told).collect();
    let chance = |lead: &&Lead| !lead.interval.is_some_and(|i| above(i) || below(i));
    let open: Vec<String> = leads().filter(chance).map(untold).collect();
    let mut parts = Vec::new();
    if !clear.is_empty() {
        parts.push(format!("It is ahead of {}.", list(&clear)));
    }
    // The means of all comparable trials and the pairs of two values may rest on different trials.
    if !behind.is_empty() {
        parts.push(format!("In pairs it is behind {}.", list(&behind)));
    }
    if !open.is_empty() {
        parts.push(format!("It cannot be told from {}.", list(&open)));
    }
    let more = found.leads.len().saturating_sub(NAMED) as u64;
    if more > 0 {
        parts.push(format!("There are {}.", plural(more, "further value")));
    }
    let best = match search.goal {
        Goal::Maximize => "highest",
        Goal::Minimize => "lowest",
    };
    format!(
        "{} in {}: {} has the {best} mean {}, {}. {}",
        technique(&search.parameters[place]),
        search.stage,
        found.best.value,
        search.objective,
        score(found.best.mean),
        parts.join(" ")
    )
}

fn above((low, _): (f64, f64)) -> bool {
    low > 0.0
}

fn below((_, high): (f64, f64)) -> bool {
    high < 0.0
}

/// A lead whose interval holds no zero.
fn told(lead: &Lead) -> String {
    let (low, high) = lead.interval.unwrap_or_default();
    format!(
        "{} by {} (95% interval {} to {}, {} alike but for this)",
        lead.over,
        score(lead.ahead.abs()),
        signed(low),
        signed(high),
        plural(lead.pairs as u64, "pair")
    )
}

/// One that chance may have given.
fn untold(lead: &Lead) -> String {
    let difference = signed(lead.ahead);
    match lead.interval {
        Some((low, high)) => format!(
            "{} ({difference}, 95% interval {} to {}, {} alike but for this)",
            lead.over,
            signed(low),
            signed(high),
            plural(lead.pairs as u64, "pair")
        ),
        None => format!("{} ({difference} in the only pair alike but for this)", lead.over),
    }
}

/// What changing nothing but the seed or the fold does: the yardstick for all other differences.
fn repeats(search: &SearchSection) -> Option<String> {
    let seed = search.parameters.iter().position(|p| is_repeat(p))?;
    let word = search.parameters[seed].rsplit('.').next().unwrap_or("seed");
    let mut groups: BTreeMap<Vec<&str>, Vec<f64>> = BTreeMap::new(); // objectives by settings
    for trial in &search.trials {
        let Some(score) = objective(trial) else { continue };
        groups.entry(other_values(trial, seed)).or_default().push(score);
    }
    let repeated = groups.values().filter(|scores| scores.len() > 1);
    let ranges: Vec<f64> = repeated
        .map(|scores| {
            let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
            high - low
        })
        .collect();
    let mean = ranges.iter().sum::<f64>() / ranges.len() as f64;
    (!ranges.is_empty()).then(|| {
        format!(
            "Chance in {}: with equal settings and another {word}, {} moves by {} on average. \
             Take smaller differences for noise.",
            search.stage,
            search.objective,
            score(mean),
        )
    })
}
