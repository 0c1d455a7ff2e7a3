//! What an evaluation found, as the report's values.

use super::read_csv;
use crate::{
    engine::{Artifact, Files, StageError},
    metrics::{RocCurve, RocPoint},
    report::{
        self, Calibration, EvaluationSection, GateVerdict, ModelPair, ModelScores, Resampling,
    },
    stages::{Evaluation, ModelEvaluation, Pair, Rule, Slice, Threshold},
};

/// An evaluation with the ROC curves of its models.
pub fn evaluation(files: &Files) -> Result<EvaluationSection, StageError> {
    let found = Evaluation::open(files)?;
    let intervals = found.models.iter().any(|model| !model.intervals.is_empty());
    let resampling = intervals.then(|| Resampling {
        level: found.intervals.level,
        resamples: found.intervals.resamples.into(),
        groups: found.groups,
    });
    let models = found.models.into_iter().map(|scored| model(files, scored));
    Ok(EvaluationSection {
        stage: files.stage.clone(),
        split: found.split.name().into(),
        models: models.collect::<Result<_, _>>()?,
        threshold: chosen(&found.threshold),
        resampling,
        indistinguishable: found.indistinguishable,
        pairs: found.pairs.into_iter().map(pair).collect(),
        gates: found.gates.into_iter().map(gate).collect(),
    })
}

fn model(files: &Files, scored: ModelEvaluation) -> Result<ModelScores, StageError> {
    let counts = scored.scores.confusion;
    let roc = match (files.find(&format!("curves/roc/{}.csv", scored.model)), scored.scores.auc) {
        (Some(path), Some(auc)) => {
            let (positives, negatives) = (counts.positives(), counts.negatives());
            Some(RocCurve { points: read_csv::<RocPoint>(&path)?, auc, positives, negatives })
        }
        _ => None,
    };
    let calibration = Calibration {
        temperature: scored.calibration.temperature,
        before: scored.calibration.before.and_then(|before| before.ece),
        bins: scored.calibration.equal_width,
    };
    Ok(ModelScores {
        model: scored.model,
        scores: scored.scores,
        roc,
        intervals: scored.intervals,
        calibration,
        sources: scored.sources.into_iter().map(slice).collect(),
        worst_groups: scored.worst_groups.into_iter().map(slice).collect(),
    })
}

/// How thresholds came about, as the end of a sentence.
fn chosen(threshold: &Threshold) -> String {
    let rule = match threshold {
        Threshold::At(number) => return format!("set to {number}"),
        Threshold::By(Rule::Youden) => "the largest sum of sensitivity and specificity".into(),
        Threshold::By(Rule::Sensitivity(share)) => {
            format!("the highest that finds {share} of the positive images")
        }
        Threshold::By(Rule::Specificity(share)) => {
            format!("the lowest that leaves {share} of the negative images alone")
        }
        Threshold::By(Rule::Cost(_)) => "the least cost of all mistakes".into(),
    };
    format!("chosen for each model on the valid split: {rule}")
}

fn slice(slice: Slice) -> report::Slice {
    report::Slice {
        name: slice.name,
        images: slice.images,
        positives: slice.positives,
        errors: slice.errors,
        error_rate: slice.error_rate,
        auc: slice.auc,
    }
}

fn pair(pair: Pair) -> ModelPair {
    ModelPair {
        first: pair.first,
        second: pair.second,
        auc: pair.auc,
        delong_p: pair.delong_adjusted_p,
        interval: pair.interval,
        p: pair.adjusted_p,
        mcnemar: pair.mcnemar,
        mcnemar_p: pair.mcnemar_adjusted_p,
    }
}

fn gate(gate: crate::stages::GateVerdict) -> GateVerdict {
    GateVerdict {
        gate: gate.gate,
        model: gate.model,
        value: gate.value,
        met: gate.met,
        missed_by: gate.missed_by,
    }
}
