//! Pairs of trained models: in what they differ, and whether that made a difference.

use crate::report::number::signed;
use crate::report::scores::comparison::level;
use crate::report::values::{EvaluationSection, ModelPair, ModelSection, Report};
use crate::report::words::list;

/// More differences than this say nothing about any of them.
const MOST: usize = 4;

/// A sentence for each pair of models that differ in few things.
pub(super) fn sentences(report: &Report, evaluation: &EvaluationSection) -> Vec<String> {
    let section = |name: &str| report.models.iter().find(|model| model.stage == name);
    let told = |pair: &ModelPair| {
        let (first, second) = (section(&pair.first)?, section(&pair.second)?);
        sentence(evaluation, pair, &differences(first, second))
    };
    evaluation.pairs.iter().filter_map(told).collect()
}

fn sentence(evaluation: &EvaluationSection, pair: &ModelPair, found: &[String]) -> Option<String> {
    if found.is_empty() || found.len() > MOST {
        return None;
    }
    let (auc, interval, how) = (pair.auc?, pair.interval?, evaluation.resampling?);
    let judgement = match (pair.p, auc.difference) {
        (None, _) => "and groups of images are too few to tell whether that is more than chance",
        (Some(p), _) if p >= 1.0 - how.level => "which cannot be told from no difference",
        (_, difference) if difference > 0.0 => "which is better beyond chance",
        _ => "which is worse beyond chance",
    };
    let credit = match found.len() {
        1 => "",
        _ => " More than one thing differs, so none of them can be given the credit alone.",
    };
    Some(format!(
        "{} against {}: the first has {}. Its AUC on the {} split differs by {} ({} interval {} to {}), \
         {judgement}.{credit}",
        pair.first,
        pair.second,
        list(found),
        evaluation.split,
        signed(auc.difference),
        level(evaluation),
        signed(interval.lower),
        signed(interval.upper),
    ))
}

/// What the first has that the second has not, each as `learning rate 0.001 instead of 0.01`.
fn differences(first: &ModelSection, second: &ModelSection) -> Vec<String> {
    let mut found = techniques(first, second);
    for fact in &first.settings {
        let other = second.settings.iter().find(|other| other.name == fact.name);
        let Some(other) = other.filter(|other| other.value != fact.value) else { continue };
        if fact.name != "seed" {
            found.push(format!("{} {} instead of {}", fact.name, fact.value, other.value));
        }
    }
    found
}

/// Kinds of layers that only one of them has, or else another architecture.
fn techniques(first: &ModelSection, second: &ModelSection) -> Vec<String> {
    if first.architecture == second.architecture {
        return Vec::new();
    }
    let has = |model: &ModelSection, kind: &str| {
        let name = |layer: &str| layer.to_lowercase().replace('_', " ");
        model.architecture.iter().any(|row| name(&row.layer).starts_with(kind))
    };
    let mut found = Vec::new();
    for kind in ["batch norm", "dropout"] {
        match (has(first, kind), has(second, kind)) {
            (true, false) => found.push(kind.to_owned()),
            (false, true) => found.push(format!("no {kind}")),
            _ => {}
        }
    }
    let bare = |model: &ModelSection| -> Vec<String> {
        let kept = model.architecture.iter().map(|row| row.layer.to_lowercase().replace('_', " "));
        kept.filter(|layer| !layer.starts_with("batch norm") && !layer.starts_with("dropout"))
            .collect()
    };
    if bare(first) != bare(second) {
        found.push("other layers".to_owned());
    }
    found
}
