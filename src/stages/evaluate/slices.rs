//! Results for a part of the images: by source, and by group.

use super::super::evaluation::Slice;
use crate::metrics::{MetricError, Scores, wilson};
use std::collections::BTreeMap;

/// Images whose names are equal, scored together; by name.
pub fn slices(
    names: &[&str],
    labels: &[u8],
    probabilities: &[f32],
    threshold: f32,
    level: f64,
) -> Result<Vec<Slice>, MetricError> {
    let mut parts: BTreeMap<&str, (Vec<u8>, Vec<f32>)> = BTreeMap::new();
    for ((name, label), probability) in names.iter().zip(labels).zip(probabilities) {
        let (labels, probabilities) = parts.entry(name).or_default();
        labels.push(*label);
        probabilities.push(*probability);
    }
    let slice = |(name, (labels, probabilities)): (&str, (Vec<u8>, Vec<f32>))| {
        let scores = Scores::of(&labels, &probabilities, threshold)?;
        let confusion = scores.confusion;
        let errors = confusion.false_positives + confusion.false_negatives;
        Ok(Slice {
            name: name.into(),
            images: scores.images,
            positives: confusion.positives(),
            errors,
            accuracy: scores.accuracy,
            error_rate: wilson(errors, scores.images, level),
            auc: scores.auc,
        })
    };
    parts.into_iter().map(slice).collect()
}

/// How many of the worst groups are named.
const NAMED: usize = 5;

/// The groups with errors that are most surely worse than others: a group of one wrong image says
/// little, and its interval is wide.
pub fn worst(groups: &[Slice]) -> Vec<Slice> {
    let surely = |slice: &Slice| slice.error_rate.map_or(0.0, |rate| rate.lower);
    let mut worst: Vec<&Slice> = groups.iter().filter(|slice| slice.errors > 0).collect();
    // The sort is stable: equals stay in the order of their names.
    worst.sort_by(|a, b| surely(b).total_cmp(&surely(a)));
    worst.into_iter().take(NAMED).cloned().collect()
}
