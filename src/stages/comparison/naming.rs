//! What to call models of several evaluations and pipelines: no longer than tells them apart.

use super::Scored;
use std::collections::BTreeSet;

/// A name for each: the model's own where these differ, else with its pipeline before it, and its
/// evaluation.
pub(super) fn names(scored: &[Scored]) -> Vec<String> {
    let ways: [fn(&Scored) -> String; 4] = [
        |one| one.model.model.clone(),
        |one| format!("{} ({})", one.model.model, one.stage),
        |one| format!("{}:{}", one.side.label, one.model.model),
        |one| format!("{}:{} ({})", one.side.label, one.model.model, one.stage),
    ];
    let all = ways.map(|way| scored.iter().map(way).collect::<Vec<String>>());
    let differ = |names: &Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    let [.., longest] = &all;
    let numbered = || longest.iter().enumerate().map(|(i, name)| format!("{name} #{}", i + 1));
    all.iter().find(|names| differ(names)).cloned().unwrap_or_else(|| numbered().collect())
}
