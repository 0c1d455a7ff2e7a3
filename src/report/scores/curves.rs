//! ROC curves, and precision against recall.

use maud::{Markup, html};

use super::{handle, key, order};
use crate::metrics::{RocCurve, Scores, thin};
use crate::report::chart::{Caption, Curve, Ground, Key, curves};
use crate::report::number::{percent, score, share};
use crate::report::values::{EvaluationSection, ModelScores};

/// Points drawn of each ROC curve: more would not be seen.
const ROC_POINTS: usize = 200;

/// The teeth of a curve of precision need more.
const PR_POINTS: usize = 400;

pub(super) fn roc(place: usize, evaluation: &EvaluationSection, models: &[&ModelScores]) -> Markup {
    let drawn = |model: &&ModelScores| -> Option<Curve> {
        let curve = thin(model.roc.as_ref()?, ROC_POINTS);
        let text = format!("{}, AUC {}", model.model, score(curve.auc));
        let rates = curve.points.iter().map(|p| (p.false_positive_rate, p.true_positive_rate));
        let scores = &model.scores;
        let at = scores.specificity.zip(scores.sensitivity).map(|(sp, se)| (1.0 - sp, se));
        Some(Curve {
            key: Key { text, ..key(evaluation, model) },
            points: rates.collect(),
            tooltips: Vec::new(),
            operating: at.map(|at| (at, operating(model))),
            handle: handle("roc", place, order(evaluation, model)),
        })
    };
    let shown: Vec<Curve> = models.iter().filter_map(drawn).collect();
    if shown.is_empty() {
        return html! { p.empty { "There is no ROC curve: it needs images of both classes." } };
    }
    let caption = Caption {
        id: format!("roc-{place}"),
        title: "ROC curves; the points mark the thresholds in use",
        description: format!("Sensitivity against false positive rate for {}.", names(&shown)),
    };
    let axes = ("false positive rate (1 − specificity)", "true positive rate (sensitivity)");
    curves(&caption, axes, Ground::Diagonal("guessing, AUC 0.5"), &shown)
}

pub(super) fn precision_recall(
    place: usize,
    evaluation: &EvaluationSection,
    models: &[&ModelScores],
) -> Markup {
    let drawn = |model: &&ModelScores| -> Option<Curve> {
        let Scores { average_precision, precision, sensitivity, .. } = model.scores;
        let text = match average_precision {
            Some(value) => format!("{}, average precision {}", model.model, score(value)),
            None => model.model.clone(),
        };
        Some(Curve {
            key: Key { text, ..key(evaluation, model) },
            points: precisions(model.roc.as_ref()?),
            tooltips: Vec::new(),
            operating: sensitivity.zip(precision).map(|at| (at, operating(model))),
            handle: handle("pr", place, order(evaluation, model)),
        })
    };
    let shown: Vec<Curve> = models.iter().filter_map(drawn).collect();
    let Some(counts) = models.first().map(|model| model.scores.confusion) else { return html! {} };
    if shown.is_empty() {
        return html! {};
    }
    let caption = Caption {
        id: format!("pr-{place}"),
        title: "Precision against recall; the points mark the thresholds in use",
        description: format!("Precision against recall for {}.", names(&shown)),
    };
    let positive = share(counts.positives(), counts.images());
    let meaning = format!("calling all positive: {}", percent(positive));
    curves(
        &caption,
        ("recall (sensitivity)", "precision"),
        Ground::Level(positive, &meaning),
        &shown,
    )
}

fn names(curves: &[Curve]) -> String {
    curves.iter().map(|curve| curve.key.text.as_str()).collect::<Vec<_>>().join("; ")
}

/// The threshold in use and what it gives, in words.
fn operating(model: &ModelScores) -> String {
    let value = |v: Option<f64>| v.map_or("–".to_owned(), percent);
    let scores = &model.scores;
    format!(
        "{} at threshold {}: sensitivity {}, specificity {}, precision {}",
        model.model,
        scores.threshold,
        value(scores.sensitivity),
        value(scores.specificity),
        value(scores.precision)
    )
}

/// Recall and precision along the curve, from the highest threshold on.
fn precisions(curve: &RocCurve) -> Vec<(f64, f64)> {
    let (positives, negatives) = (curve.positives as f64, curve.negatives as f64);
    let thinned = thin(curve, PR_POINTS);
    let points = thinned.points.iter().filter_map(|p| {
        let (found, false_alarms) =
            (p.true_positive_rate * positives, p.false_positive_rate * negatives);
        (found + false_alarms > 0.0).then(|| (p.true_positive_rate, found / (found + false_alarms)))
    });
    points.collect()
}
