//! How well colour alone tells the classes apart: the score that every network has to beat before
//! it can be said to see more than stain.

use serde::{Deserialize, Serialize};

use super::clustered::{Estimate, auc, distinct};
use super::facts::CHANNELS;
use super::logistic::Logistic;
use super::look::Look;
use crate::data::random::Random;
use crate::data::split::Split;

/// A logistic regression of the label on the channels' means and standard deviations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColourBaseline {
    pub features: Vec<String>,
    /// What one standard deviation of each feature adds to the log-odds of class 1.
    pub weights: Vec<f64>,
    /// Labelled images that it was fitted on: those of the train split, or all.
    pub fitted: usize,
    pub scores: Vec<ColourScore>,
}

/// How it does on images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColourScore {
    /// `train`, `valid` or `test`; or `folds`, where there is no split and each fifth of the groups
    /// is scored by a regression on the others.
    pub on: String,
    pub negative: usize,
    pub positive: usize,
    pub groups: usize,
    /// Area under the ROC curve, its interval taking groups for what was drawn at random.
    pub auc: Estimate,
}

/// The baseline, and the chance of class 1 that it gives each image.
pub(super) struct Fitted {
    pub baseline: ColourBaseline,
    pub chances: Vec<Option<f64>>,
}

/// Groups are dealt into so many parts where there is no split.
const FOLDS: usize = 5;

/// Fits and scores the regression; none where a class is absent or nothing can be scored.
pub(super) fn fit(look: &Look, seed: u64) -> Option<Fitted> {
    let features: Vec<[f64; 6]> = look.facts.iter().map(|facts| facts.channels()).collect();
    let labelled: Vec<usize> = look.all().filter(|&r| look.rows[r].label.is_some()).collect();
    let of = |split| labelled.iter().copied().filter(move |&r| look.rows[r].split == Some(split));
    let train: Vec<usize> = of(Split::Train).collect();
    let is_split = !train.is_empty() && train.len() < labelled.len();
    let on = |rows: &[usize]| {
        let rows: Vec<(&[f64], u8)> =
            rows.iter().filter_map(|&r| Some((&features[r][..], look.rows[r].label?))).collect();
        Logistic::fit(&rows)
    };
    let model = on(if is_split { &train } else { &labelled })?;
    let mut chances: Vec<Option<f64>> = vec![None; look.rows.len()];
    let mut scores = Vec::new();
    if is_split {
        chances = features.iter().map(|features| Some(model.chance(features))).collect();
        let each = Split::ALL.iter();
        scores.extend(each.filter_map(|&s| score(look, s.name(), of(s), &chances)));
    } else {
        let fold = folds(look, &labelled, seed);
        for part in 0..FOLDS {
            let apart = |inside: bool| -> Vec<usize> {
                let there = |r: &&usize| (fold[look.group[**r]] == part) == inside;
                labelled.iter().filter(there).copied().collect()
            };
            let Some(model) = on(&apart(false)) else { continue };
            for row in apart(true) {
                chances[row] = Some(model.chance(&features[row]));
            }
        }
        scores.extend(score(look, "folds", labelled.iter().copied(), &chances));
    }
    let baseline = ColourBaseline {
        features: CHANNELS.map(String::from).to_vec(),
        weights: model.weights().to_vec(),
        fitted: if is_split { train.len() } else { labelled.len() },
        scores,
    };
    (!baseline.scores.is_empty()).then_some(Fitted { baseline, chances })
}

fn score(
    look: &Look,
    on: &str,
    rows: impl Iterator<Item = usize>,
    chances: &[Option<f64>],
) -> Option<ColourScore> {
    let observed = look.observed(rows, |row| chances[row]);
    let positive = observed.iter().filter(|o| o.label == 1).count();
    Some(ColourScore {
        on: on.into(),
        negative: observed.len() - positive,
        positive,
        groups: distinct(observed.iter().map(|o| o.group)),
        auc: auc(&observed)?,
    })
}

/// The fold of each group: in an order drawn by `seed`, the larger first, each goes to the fold
/// with the fewest images.
fn folds(look: &Look, labelled: &[usize], seed: u64) -> Vec<usize> {
    let mut sizes = vec![0usize; look.groups.len()];
    labelled.iter().for_each(|&row| sizes[look.group[row]] += 1);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    Random::new(seed, "colour folds", 0, 0).shuffle(&mut order);
    order.sort_by_key(|&group| std::cmp::Reverse(sizes[group]));
    let (mut fold, mut filled) = (vec![0; sizes.len()], [0usize; FOLDS]);
    for group in order {
        let least = (0..FOLDS).min_by_key(|&fold| filled[fold]).unwrap_or(0);
        fold[group] = least;
        filled[least] += sizes[group];
    }
    fold
}
