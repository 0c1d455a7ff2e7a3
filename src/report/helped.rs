//! What made a difference in this experiment, in sentences that cite the figures.

use std::collections::BTreeMap;

use super::levels::{extremes, is_seed, levels, objective, other_values, studied};
use super::number::{count, plural, score};
use super::ranking::ranked;
use super::values::{
    ColourScore, EvaluationSection, Goal, ModelScores, ModelSection, Report, SearchSection,
};
use crate::metrics::auc_standard_error;

/// Plain sentences; none where nothing can be compared.
pub fn helped(report: &Report) -> Vec<String> {
    let models = report.evaluations.iter().filter_map(best_against_second);
    let searches =
        report.searches.iter().flat_map(|s| most_important(s).into_iter().chain(means(s)));
    let repeats = report.searches.iter().filter_map(seed_spread);
    let epochs = report.models.iter().filter_map(best_against_last_epoch);
    let colour = report.evaluations.iter().filter_map(|e| best_against_colour(report, e));
    models.chain(colour).chain(searches).chain(repeats).chain(epochs).collect()
}

/// How far the best model is ahead of what colour alone tells on the same images.
fn best_against_colour(report: &Report, evaluation: &EvaluationSection) -> Option<String> {
    let colour = colour_alone(report, evaluation)?;
    let best = ranked(evaluation).into_iter().next()?;
    let auc = best.scores.auc?;
    let ahead = auc - colour.auc.value;
    let error = against_colour_error(best, colour)?;
    let judgement = if ahead > 1.96 * error {
        "It sees more than stain and brightness".to_owned()
    } else {
        format!(
            "That is no more than chance could give (the standard error of the difference is about \
             {}), so it is not shown to see more than stain and brightness",
            score(error)
        )
    };
    Some(format!(
        "Beyond colour: a regression on mean colours reaches an AUC of {} on the {} split, {} one of \
         {}. {judgement}.",
        score(colour.auc.value),
        evaluation.split,
        best.model,
        score(auc),
    ))
}

/// What colour alone scores on the images of an evaluation, if it was scored on the same.
pub(super) fn colour_alone<'a>(
    report: &'a Report,
    evaluation: &EvaluationSection,
) -> Option<&'a ColourScore> {
    let scores = &report.exploration.as_ref()?.colour;
    let counts = evaluation.models.first()?.scores.confusion;
    let same = |score: &&ColourScore| {
        score.on == evaluation.split
            && (score.negative, score.positive) == (counts.negatives(), counts.positives())
    };
    scores.iter().find(same)
}

/// Standard error of a model's lead over colour, as if measured on different images: cautious.
/// That of colour takes groups as independent, and so is the larger of the two as a rule.
pub(super) fn against_colour_error(model: &ModelScores, colour: &ColourScore) -> Option<f64> {
    let (a, b) = (standard_error(model)?, (colour.auc.high - colour.auc.low) / (2.0 * 1.96));
    Some((a * a + b * b).sqrt())
}

/// How far the best model is ahead, and whether chance could have done it.
fn best_against_second(evaluation: &EvaluationSection) -> Option<String> {
    let models = ranked(evaluation);
    let [first, second, ..] = models[..] else { return None };
    let (a, b) = (first.scores.auc?, second.scores.auc?);
    let error = difference_error(first, second)?;
    let judgement = if a - b > 2.0 * error {
        "more than chance would explain"
    } else {
        "no more than chance could give"
    };
    Some(format!(
        "Choice of model: {} is ahead of {} by {} AUC on the {} split ({} against {}). \
         With {} that is {judgement}: the standard error of the difference is about {}.",
        first.model,
        second.model,
        score(a - b),
        evaluation.split,
        score(a),
        score(b),
        plural(first.scores.images, "image"),
        score(error),
    ))
}

/// Standard error of the difference of two areas, as if measured on different images: cautious,
/// since on the same images they rise and fall together.
pub(super) fn difference_error(a: &ModelScores, b: &ModelScores) -> Option<f64> {
    let (a, b) = (standard_error(a)?, standard_error(b)?);
    Some((a * a + b * b).sqrt())
}

/// Standard error of a model's AUC.
pub(super) fn standard_error(model: &ModelScores) -> Option<f64> {
    let counts = &model.scores.confusion;
    let auc = model.scores.auc.filter(|auc| (0.0..=1.0).contains(auc))?;
    auc_standard_error(auc, counts.positives(), counts.negatives())
}

/// The parameter whose levels differ most.
fn most_important(search: &SearchSection) -> Option<String> {
    let mut spreads: Vec<(usize, f64)> = studied(search)
        .into_iter()
        .filter_map(|place| {
            let levels = levels(search, place);
            let (best, worst) = extremes(&levels, search.goal)?;
            Some((place, (best.mean - worst.mean).abs()))
        })
        .collect();
    spreads.sort_by(|a, b| b.1.total_cmp(&a.1));
    let [(first, spread), (second, next), ..] = spreads[..] else { return None };
    Some(format!(
        "Setting that mattered most in {}: probably {}, whose mean {} moves by {} between its values; \
         that of {} moves by {}. This holds for the values tried, not beyond.",
        search.stage,
        search.parameters[first],
        search.objective,
        score(spread),
        search.parameters[second],
        score(next),
    ))
}

/// The mean objective for each value of each parameter, best first.
fn means(search: &SearchSection) -> Vec<String> {
    let sentence = |place: usize| {
        let mut levels = levels(search, place);
        levels.sort_by(|a, b| match search.goal {
            Goal::Maximize => b.mean.total_cmp(&a.mean),
            Goal::Minimize => a.mean.total_cmp(&b.mean),
        });
        let each = levels.iter().take(6);
        let list: Vec<String> =
            each.map(|l| format!("{} with {}", score(l.mean), l.value)).collect();
        let rest = levels.len().saturating_sub(list.len()) as u64;
        let more = if rest > 0 { format!(", and {} more", count(rest)) } else { String::new() };
        let (name, objective) = (&search.parameters[place], &search.objective);
        format!("{name} in {}: mean {objective} {}{more}.", search.stage, list.join(", "))
    };
    studied(search).into_iter().map(sentence).collect()
}

/// What changing nothing but the seed does: the yardstick for all other differences.
fn seed_spread(search: &SearchSection) -> Option<String> {
    let seed = search.parameters.iter().position(|p| is_seed(p))?;
    let mut groups: BTreeMap<Vec<&str>, Vec<f64>> = BTreeMap::new(); // objectives by settings
    for trial in &search.trials {
        let Some(score) = objective(trial) else { continue };
        groups.entry(other_values(trial, seed)).or_default().push(score);
    }
    let repeated = groups.values().filter(|scores| scores.len() > 1);
    let ranges: Vec<f64> = repeated
        .map(|scores| {
            let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
            high - low
        })
        .collect();
    let mean = ranges.iter().sum::<f64>() / ranges.len() as f64;
    (!ranges.is_empty()).then(|| {
        format!(
            "Chance in {}: with equal settings and another seed, {} moves by {} on average. \
             Take smaller differences for noise.",
            search.stage,
            search.objective,
            score(mean),
        )
    })
}

/// What keeping the best epoch's weights gained over the last epoch's.
fn best_against_last_epoch(model: &ModelSection) -> Option<String> {
    let last = model.history.last()?;
    let best = model.history.iter().find(|row| Some(row.epoch) == model.best_epoch)?;
    let (kept, lost) = (best.valid_auc?, last.valid_auc?);
    (kept > lost).then(|| {
        format!(
            "Keeping the best weights: {} keeps those of epoch {}, with a validation AUC of {}; \
             after epoch {} it was {}.",
            model.stage,
            best.epoch,
            score(kept),
            last.epoch,
            score(lost),
        )
    })
}
