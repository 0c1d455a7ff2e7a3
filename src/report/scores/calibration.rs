//! Whether probabilities mean what they say.

use maud::{Markup, html};

use super::key;
use crate::report::chart::{Caption, Curve, Ground, Key, curves};
use crate::report::number::{percent, plural, score};
use crate::report::values::{EvaluationSection, ModelScores};

/// Below this expected calibration error probabilities may be taken at their word.
const SMALL: f64 = 0.05;

/// A sentence for each model whose calibration is known.
pub(in crate::report) fn sentences(models: &[&ModelScores]) -> Vec<String> {
    models.iter().filter_map(|model| sentence(model)).collect()
}

fn sentence(model: &ModelScores) -> Option<String> {
    let error = model.scores.ece?;
    let bins = &model.calibration.bins;
    if bins.is_empty() {
        return None;
    }
    let images: u64 = bins.iter().map(|bin| bin.images).sum();
    let lean: f64 = bins
        .iter()
        .map(|bin| bin.images as f64 * (bin.mean_probability - bin.positive_share))
        .sum();
    let lean = lean / images.max(1) as f64;
    let direction = match lean {
        lean if lean > 0.02 => format!(
            ", and they are too high: {} on average, where {} of the images are positive",
            percent(mean(model, |bin| bin.mean_probability)),
            percent(mean(model, |bin| bin.positive_share))
        ),
        lean if lean < -0.02 => format!(
            ", and they are too low: {} on average, where {} of the images are positive",
            percent(mean(model, |bin| bin.mean_probability)),
            percent(mean(model, |bin| bin.positive_share))
        ),
        _ => String::new(),
    };
    let judgement = if error <= SMALL {
        "may be taken at their word"
    } else {
        "may not be taken at their word"
    };
    let scaled = match (model.calibration.temperature, model.calibration.before) {
        (Some(temperature), Some(before)) => format!(
            " Logits were divided by a temperature of {temperature:.2}, fitted on the valid split; \
             before that the error was {}.",
            score(before)
        ),
        _ => String::new(),
    };
    Some(format!(
        "The probabilities of {} {judgement}: they are off by {} on average over {} \
         (expected calibration error){direction}.{scaled}",
        model.model,
        score(error),
        plural(images, "image"),
    ))
}

fn mean(model: &ModelScores, value: fn(&crate::metrics::ReliabilityBin) -> f64) -> f64 {
    let bins = &model.calibration.bins;
    let images: u64 = bins.iter().map(|bin| bin.images).sum();
    bins.iter().map(|bin| bin.images as f64 * value(bin)).sum::<f64>() / images.max(1) as f64
}

/// The reliability diagram.
pub(super) fn markup(
    place: usize,
    evaluation: &EvaluationSection,
    models: &[&ModelScores],
) -> Markup {
    let drawn = |model: &&ModelScores| -> Option<Curve> {
        let bins = &model.calibration.bins;
        let error = model.scores.ece.filter(|_| !bins.is_empty())?;
        let tooltip = |bin: &crate::metrics::ReliabilityBin| {
            format!(
                "{}: of {} given {} on average, {} are positive",
                model.model,
                plural(bin.images, "image"),
                percent(bin.mean_probability),
                percent(bin.positive_share)
            )
        };
        let text = format!("{}, error {}", model.model, score(error));
        Some(Curve {
            key: Key { text, ..key(evaluation, model) },
            points: bins.iter().map(|bin| (bin.mean_probability, bin.positive_share)).collect(),
            tooltips: bins.iter().map(tooltip).collect(),
            operating: None,
            handle: String::new(),
        })
    };
    let shown: Vec<Curve> = models.iter().filter_map(drawn).collect();
    if shown.is_empty() {
        return html! {};
    }
    let names: Vec<&str> = shown.iter().map(|curve| curve.key.text.as_str()).collect();
    let caption = Caption {
        id: format!("reliability-{place}"),
        title: "Reliability: what share is positive of those given a probability",
        description: format!("Positive share against mean probability for {}.", names.join("; ")),
    };
    let ground = Ground::Diagonal("probabilities that mean what they say");
    curves(&caption, ("mean probability", "share of positives"), ground, &shown)
}
