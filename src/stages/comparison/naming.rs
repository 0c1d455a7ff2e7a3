//! What to call models of several evaluations and pipelines: no longer than tells them apart.

use super::Scored;

/// A name for each: the model's own, with its evaluation or its pipeline where that is needed.
pub(super) fn names(scored: &[Scored]) -> Vec<String> {
    let ways: [fn(&Scored) -> String; 4] = [
        |one| one.model.model.clone(),
        |one| format!("{} ({})", one.model.model, one.stage),
        |one| format!("{}:{}", one.side.label, one.model.model),
        |one| format!("{}:{} ({})", one.side.label, one.model.model, one.stage),
    ];
    let all = ways.map(|way| scored.iter().map(way).collect::<Vec<String>>());
    let alone = |names: &&Vec<String>, i: usize| {
        names.iter().filter(|name| **name == names[i]).count() == 1
    };
    let name = |i: usize| match all.iter().find(|names| alone(names, i)) {
        Some(names) => names[i].clone(),
        // The same was named twice.
        None => format!("{} #{}", all[3][i], i + 1),
    };
    (0..scored.len()).map(name).collect()
}
