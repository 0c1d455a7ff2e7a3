//! Every pair of models on the same images: which of them can be told apart.

use super::super::evaluation::{Evaluation, Pair};
use crate::{
    data::random::Random,
    metrics::{
        DeLong, Groups, Metric, MetricError, Ranking, Scores, bootstrap, differences, holm,
        mcnemar, percentile_interval, two_sided,
    },
};

/// What comparisons need of each model.
pub struct Contender {
    pub name: String,
    /// `None` where a class is absent.
    pub delong: Option<DeLong>,
    /// Whether each image was decided rightly.
    pub right: Vec<bool>,
    /// The scores on each resample, the same resamples for all models; empty without intervals.
    pub resampled: Vec<Scores>,
}

impl Contender {
    /// The model's probabilities of these images, and its scores on each resample.
    pub fn of(
        name: &str,
        labels: &[u8],
        probabilities: &[f32],
        threshold: f32,
        resampled: Vec<Scores>,
    ) -> Contender {
        let called = probabilities.iter().map(|p| *p >= threshold);
        Contender {
            name: name.into(),
            // Unsound values are found by the scores; what is left is an absent class.
            delong: DeLong::of(labels, probabilities).ok(),
            right: called.zip(labels).map(|(called, l)| called == (*l == 1)).collect(),
            resampled,
        }
    }
}

/// For each model its scores on every resample; none where there is but one group to draw.
pub fn resampled(
    models: &[Ranking],
    groups: &Groups,
    resamples: u32,
    seed: u64,
) -> Vec<Vec<Scores>> {
    if groups.count() < 2 {
        return models.iter().map(|_| Vec::new()).collect();
    }
    let stream = |resample: u64| {
        let mut random = Random::new(seed, "bootstrap", 0, resample);
        move |n: u64| random.below(n)
    };
    bootstrap(models, groups, resamples, stream)
}

/// Resamples of fewer groups than this vary so little that their p-values would be too small.
pub const FEW_GROUPS: u64 = 10;

/// All pairs on images of so many groups, with Holm's correction over them.
pub fn pairs(contenders: &[Contender], groups: u64, level: f64) -> Result<Vec<Pair>, MetricError> {
    let mut pairs = Vec::new();
    for (i, first) in contenders.iter().enumerate() {
        for second in &contenders[i + 1..] {
            pairs.push(pair(first, second, groups, level)?);
        }
    }
    let delong = holm(&of(&pairs, |pair| pair.auc.and_then(|auc| auc.p)));
    let by_group = holm(&of(&pairs, |pair| pair.p));
    let mcnemar = holm(&of(&pairs, |pair| Some(pair.mcnemar.p)));
    for (i, pair) in pairs.iter_mut().enumerate() {
        pair.delong_adjusted_p = delong[i];
        pair.adjusted_p = by_group[i];
        pair.mcnemar_adjusted_p = mcnemar[i];
    }
    Ok(pairs)
}

fn of(pairs: &[Pair], p: impl Fn(&Pair) -> Option<f64>) -> Vec<Option<f64>> {
    pairs.iter().map(p).collect()
}

fn pair(
    first: &Contender,
    second: &Contender,
    groups: u64,
    level: f64,
) -> Result<Pair, MetricError> {
    let drawn = differences(&first.resampled, &second.resampled, Metric::Auc);
    let both = first.delong.as_ref().zip(second.delong.as_ref());
    Ok(Pair {
        first: first.name.clone(),
        second: second.name.clone(),
        auc: both.map(|(a, b)| a.test(b)),
        delong_adjusted_p: None,
        interval: percentile_interval(&drawn, level),
        p: two_sided(&drawn).filter(|_| groups >= FEW_GROUPS),
        adjusted_p: None,
        mcnemar: mcnemar(&first.right, &second.right)?,
        mcnemar_adjusted_p: None,
    })
}

/// The models that cannot be told from the best one, in the order of the evaluation. Without a
/// p-value by group nothing can be told.
pub fn indistinguishable(evaluation: &Evaluation) -> Vec<String> {
    let Some(best) = &evaluation.best else { return Vec::new() };
    let alpha = 1.0 - evaluation.intervals.level;
    let apart = |pair: &Pair| pair.adjusted_p.is_some_and(|p| p < alpha);
    let with_best = evaluation.pairs.iter().filter(|pair| !apart(pair)).filter_map(|pair| {
        match (pair.first == *best, pair.second == *best) {
            (true, _) => Some(pair.second.clone()),
            (_, true) => Some(pair.first.clone()),
            _ => None,
        }
    });
    with_best.collect()
}
