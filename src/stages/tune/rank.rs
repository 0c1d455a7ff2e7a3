//! The leaderboard: combinations by the mean of their repeats.

use super::{
    Objective,
    search::{Outcome, Ranked, Standing, Trial},
};
use crate::metrics::search::{mean, sd};
use std::cmp::Reverse;

/// All combinations, the best mean first: those on the highest rung, of these those whose repeats all
/// have figures, then those of which some failed; and last those without any. Equals stay in the
/// order of the search.
pub fn ranked(trials: &[Trial], objective: Objective) -> Vec<Ranked> {
    let count = trials.iter().map(|trial| trial.combination + 1).max().unwrap_or(0);
    let mut all: Vec<Ranked> = (0..count).filter_map(|c| combination(c, trials)).collect();
    let merit = |r: &Ranked| r.mean.map_or(f64::NEG_INFINITY, |mean| objective.merit(mean));
    let flaw = |r: &Ranked| (r.n == 0, Reverse(r.rung), r.n < r.trials.len());
    all.sort_by(|a, b| flaw(a).cmp(&flaw(b)).then(merit(b).total_cmp(&merit(a))));
    all
}

fn combination(number: usize, trials: &[Trial]) -> Option<Ranked> {
    let reached = |place: &usize| {
        let trial = &trials[*place];
        trial.combination == number && trial.outcome != Outcome::NotPromoted
    };
    let reached = (0..trials.len()).filter(reached);
    let rung = reached.clone().map(|place| trials[place].rung).max()?;
    let places: Vec<usize> = reached.filter(|&place| trials[place].rung == rung).collect();
    let figures: Vec<f64> = places.iter().filter_map(|&place| trials[place].objective()).collect();
    let standing = if figures.is_empty() { Standing::Failed } else { Standing::Unknown };
    Some(Ranked {
        combination: number,
        rung,
        values: trials[*places.first()?].values.clone(),
        n: figures.len(),
        mean: mean(&figures),
        sd: sd(&figures),
        trials: places,
        standing,
    })
}

/// The trial whose model stands for the search: of the first combination, on its first fold that
/// has a figure, the best seed; of equals the first.
pub fn best_trial(combinations: &[Ranked], trials: &[Trial], objective: Objective) -> usize {
    let places = combinations.first().map_or(&[][..], |best| &best.trials);
    let scored = places.iter().filter(|&&place| trials[place].objective().is_some());
    let fold = scored.clone().map(|&place| trials[place].fold).min();
    let merit = |place: usize| trials[place].objective().map(|figure| objective.merit(figure));
    let better = |best: usize, place: usize| if merit(place) > merit(best) { place } else { best };
    let on_fold = scored.copied().filter(|&place| Some(trials[place].fold) == fold);
    on_fold.reduce(better).unwrap_or(0)
}
