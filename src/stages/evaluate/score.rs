//! From predictions to scores, intervals and comparisons.

use super::{
    Evaluate,
    compare::{Contender, indistinguishable, pairs, resampled},
    images::{Images, Predicted},
    slices::{slices, worst},
};
use crate::{
    metrics::{
        BINS, Binning, Groups, Interval, Metric, MetricError, Ranking, ReliabilityBin, Scores,
        expected_calibration_error, percentile_interval, reliability,
    },
    stages::evaluation::{Calibration, Evaluation, ModelEvaluation, Slice, Uncalibrated},
};
use std::collections::BTreeMap;

/// An evaluation, and the results by group of each model, which are a file of their own.
pub struct Scored {
    pub evaluation: Evaluation,
    /// Empty where every image is a group of its own.
    pub groups: Vec<Vec<Slice>>,
}

impl Evaluate {
    /// Scores all models and compares them.
    pub(super) fn score(
        &self,
        images: &Images,
        predicted: &[Predicted],
    ) -> Result<Scored, MetricError> {
        let groups = images.drawn();
        let resampled = self.resample(images, predicted, &groups)?;
        let mut scored = Scored {
            evaluation: Evaluation {
                split: self.split,
                images: images.rows.len() as u64,
                groups: groups.count() as u64,
                threshold: self.threshold,
                intervals: self.intervals,
                models: Vec::new(),
                best: None,
                indistinguishable: Vec::new(),
                pairs: Vec::new(),
                gates: Vec::new(),
            },
            groups: Vec::new(),
        };
        let mut contenders = Vec::new();
        for (model, resampled) in predicted.iter().zip(resampled) {
            // Where no two images share a group, results by group are the predictions themselves.
            let by_group = match groups.count() < images.rows.len() {
                true => self.slices(&images.groups(), images, model)?,
                false => Vec::new(),
            };
            let Predicted { model: name, probabilities, threshold, .. } = model;
            let contender =
                Contender::of(name, &images.labels, probabilities, *threshold, resampled);
            scored.evaluation.models.push(self.model(images, model, &contender, &by_group)?);
            scored.groups.push(by_group);
            contenders.push(contender);
        }
        self.conclude(&mut scored.evaluation, &contenders)?;
        Ok(scored)
    }

    /// What follows from all models together.
    fn conclude(
        &self,
        evaluation: &mut Evaluation,
        contenders: &[Contender],
    ) -> Result<(), MetricError> {
        let best = evaluation.best().filter(|best| best.scores.auc.is_some());
        evaluation.best = best.map(|best| best.model.clone());
        evaluation.pairs = pairs(contenders, evaluation.groups, self.intervals.level)?;
        evaluation.indistinguishable = indistinguishable(evaluation);
        evaluation.gates = self.gates().map(|gate| gate.judge(evaluation)).collect();
        Ok(())
    }

    /// For each model its scores on every resample; none where there is but one group to draw.
    fn resample(
        &self,
        images: &Images,
        predicted: &[Predicted],
        groups: &Groups,
    ) -> Result<Vec<Vec<Scores>>, MetricError> {
        let ranking = |model: &Predicted| {
            Ranking::new(&images.labels, &model.probabilities, groups, model.threshold)
        };
        let rankings: Vec<Ranking> = predicted.iter().map(ranking).collect::<Result<_, _>>()?;
        Ok(resampled(&rankings, groups, self.intervals.resamples, self.seed))
    }

    fn model(
        &self,
        images: &Images,
        model: &Predicted,
        contender: &Contender,
        groups: &[Slice],
    ) -> Result<ModelEvaluation, MetricError> {
        let level = self.intervals.level;
        let interval = |metric: Metric| -> Option<(Metric, Interval)> {
            let values: Vec<_> = contender.resampled.iter().map(|s| s.get(metric)).collect();
            Some((metric, percentile_interval(&values, level)?))
        };
        let intervals: BTreeMap<_, _> = Metric::ALL.into_iter().filter_map(interval).collect();
        Ok(ModelEvaluation {
            model: model.model.clone(),
            scores: Scores::of(&images.labels, &model.probabilities, model.threshold)?,
            intervals,
            delong: contender.delong.as_ref().and_then(|delong| delong.interval(level)),
            calibration: calibration(&images.labels, model)?,
            sources: self.slices(&images.sources(), images, model)?,
            worst_groups: worst(groups),
        })
    }

    fn slices(
        &self,
        names: &[&str],
        images: &Images,
        model: &Predicted,
    ) -> Result<Vec<Slice>, MetricError> {
        let level = self.intervals.level;
        slices(names, &images.labels, &model.probabilities, model.threshold, level)
    }
}

fn calibration(labels: &[u8], model: &Predicted) -> Result<Calibration, MetricError> {
    let bins = |probabilities: &[f32], binning| -> Result<Vec<ReliabilityBin>, MetricError> {
        reliability(labels, probabilities, binning, BINS)
    };
    let equal_mass = bins(&model.probabilities, Binning::EqualMass)?;
    let before = match model.temperature {
        None => None,
        Some(_) => {
            let raw = Scores::of(labels, &model.raw, model.threshold)?;
            Some(Uncalibrated {
                ece: raw.ece,
                ece_equal_mass: expected_calibration_error(&bins(&model.raw, Binning::EqualMass)?),
                brier: raw.brier,
                log_loss: raw.log_loss,
                equal_width: bins(&model.raw, Binning::EqualWidth)?,
            })
        }
    };
    Ok(Calibration {
        temperature: model.temperature,
        before,
        ece_equal_mass: expected_calibration_error(&equal_mass),
        equal_width: bins(&model.probabilities, Binning::EqualWidth)?,
        equal_mass,
    })
}
