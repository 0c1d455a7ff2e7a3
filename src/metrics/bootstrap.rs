//! The bootstrap by group: what the scores would have been with other patients.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::metric::Metric;
use super::ranking::Ranking;
use super::scores::Scores;

/// Two ends of a range that both belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    pub lower: f64,
    pub upper: f64,
}

/// For each model its scores on each resample: whole groups drawn with replacement, the same for
/// all models, so that differences between them are paired (Efron 1979, "Bootstrap methods: another
/// look at the jackknife"; by group as in Field & Welsh 2007, "Bootstrapping clustered data").
///
/// `stream(i)` gives the random numbers of resample `i`: a function that draws a whole number below
/// its argument. It must depend on `i` alone, so that the order of work never matters.
pub fn bootstrap<D: FnMut(u64) -> u64>(
    models: &[Ranking],
    groups: &Groups,
    resamples: u32,
    stream: impl Fn(u64) -> D + Sync,
) -> Vec<Vec<Scores>> {
    let one = |resample: u32| -> Vec<Scores> {
        let weights = groups.resampled(&mut stream(resample.into()));
        models.iter().map(|model| model.scores(&weights)).collect()
    };
    let drawn: Vec<Vec<Scores>> = (0..resamples).into_par_iter().map(one).collect();
    let mut of_model: Vec<Vec<Scores>> = models.iter().map(|_| Vec::new()).collect();
    for scores in drawn {
        of_model.iter_mut().zip(scores).for_each(|(model, scores)| model.push(scores));
    }
    of_model
}

/// A metric of the first model − that of the second, for each resample that both were scored on.
pub fn differences(first: &[Scores], second: &[Scores], metric: Metric) -> Vec<Option<f64>> {
    first.iter().zip(second).map(|(a, b)| Some(a.get(metric)? - b.get(metric)?)).collect()
}

/// The middle `level` of the resampled values. Resamples that leave the value undefined are left
/// out; `None` if these are more than half, or there are none at all.
pub fn percentile_interval(values: &[Option<f64>], level: f64) -> Option<Interval> {
    let mut defined: Vec<f64> = values.iter().flatten().copied().collect();
    if 2 * defined.len() < values.len() {
        return None;
    }
    defined.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Interval { lower: percentile(&defined, tail)?, upper: percentile(&defined, 1.0 - tail)? })
}

/// The value below which the share `at` of sorted values lies, straight lines between them (type 7
/// of Hyndman & Fan 1996, "Sample quantiles in statistical packages"); `None` of nothing.
pub fn percentile(sorted: &[f64], at: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = at.clamp(0.0, 1.0) * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    Some(low + part * (high - low))
}

/// The two-sided p-value of "no difference" by resampled differences: twice the smaller share on
/// either side of 0, counted with one resample more so that it is never 0 (Davison & Hinkley 1997,
/// "Bootstrap methods and their application", §4.2). It is 2 / (resamples + 1) at least; `None`
/// where [`percentile_interval`] is.
pub fn two_sided(differences: &[Option<f64>]) -> Option<f64> {
    let defined: Vec<f64> = differences.iter().flatten().copied().collect();
    if defined.is_empty() || 2 * defined.len() < differences.len() {
        return None;
    }
    let below = defined.iter().filter(|d| **d <= 0.0).count();
    let above = defined.iter().filter(|d| **d >= 0.0).count();
    Some((2.0 * (below.min(above) + 1) as f64 / (defined.len() + 1) as f64).min(1.0))
}
