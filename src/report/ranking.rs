//! Which model is best, and which evaluation the head of the page speaks of.

use std::cmp::Ordering;

use super::values::{EvaluationSection, ModelScores, Report};

/// The evaluation on the split named "test", or else the first; those without models are skipped.
pub(super) fn headline(report: &Report) -> Option<&EvaluationSection> {
    let mut filled = report.evaluations.iter().filter(|e| !e.models.is_empty());
    let first = filled.clone().next();
    filled.find(|e| e.split == "test").or(first)
}

/// The models, best first: by AUC, then by accuracy; equals in the order given.
pub(super) fn ranked(evaluation: &EvaluationSection) -> Vec<&ModelScores> {
    let mut models: Vec<&ModelScores> = evaluation.models.iter().collect();
    models.sort_by(|a, b| {
        let by_auc = falling(a.scores.auc, b.scores.auc);
        by_auc.then_with(|| falling(a.scores.accuracy, b.scores.accuracy))
    });
    models
}

/// Larger first; what is missing or not a number last.
fn falling(a: Option<f64>, b: Option<f64>) -> Ordering {
    let key = |v: Option<f64>| v.filter(|v| v.is_finite()).unwrap_or(f64::NEG_INFINITY);
    key(b).total_cmp(&key(a))
}
