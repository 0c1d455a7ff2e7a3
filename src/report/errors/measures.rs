//! How often a model is wrong, by what can be measured in an image.

use maud::{Markup, html};

use crate::report::chart::{Caption, Whisker, whiskers};
use crate::report::number::{count, percent, plural, share};
use crate::report::values::{ErrorBin, ErrorMeasure, ModelErrors};
use crate::report::words::{list, number};

/// Where errors stand out, and where they do not.
pub(super) fn sentences(model: &ModelErrors) -> Vec<String> {
    let overall = share(model.wrong, model.images);
    let mut plain = Vec::new();
    let mut sentences = Vec::new();
    for measure in model.measures.iter().filter(|measure| measure.bins.len() > 1) {
        match standing_out(measure, overall) {
            Some(bin) => sentences.push(told(measure, bin, overall)),
            None => plain.push(measure.measure.clone()),
        }
    }
    if !plain.is_empty() {
        sentences.push(format!(
            "By {} no part of the images stands out: each interval holds the overall rate.",
            list(&plain)
        ));
    }
    sentences
}

/// The part whose interval lies farthest from the overall rate.
fn standing_out(measure: &ErrorMeasure, overall: f64) -> Option<&ErrorBin> {
    let apart = |bin: &ErrorBin| (bin.low - overall).max(overall - bin.high);
    let out = measure.bins.iter().filter(|bin| apart(bin) > 0.0);
    out.reduce(|most, bin| if apart(bin) > apart(most) { bin } else { most })
}

fn told(measure: &ErrorMeasure, bin: &ErrorBin, overall: f64) -> String {
    let degree = if bin.rate > overall { "more" } else { "less" };
    format!(
        "It is wrong {degree} often where {} is {} to {}: on {} of {}, {} (95% interval {} to {}, images \
         taken one by one), against {} overall.",
        measure.measure,
        number(bin.from),
        number(bin.to),
        count(bin.wrong),
        plural(bin.images, "image"),
        percent(bin.rate),
        percent(bin.low),
        percent(bin.high),
        percent(overall)
    )
}

/// A chart for each measure: its parts from low to high, with the overall rate.
pub(super) fn markup(id: &str, model: &ModelErrors) -> Markup {
    let overall = share(model.wrong, model.images);
    let chart = |measure: &ErrorMeasure| {
        let row = |bin: &ErrorBin| Whisker {
            label: format!("{} to {}", number(bin.from), number(bin.to)),
            class: "s0".to_owned(),
            value: bin.rate,
            low: bin.low,
            high: bin.high,
            tooltip: format!(
                "{} of {}: {}",
                count(bin.wrong),
                plural(bin.images, "image"),
                percent(bin.rate)
            ),
        };
        let rows: Vec<Whisker> = measure.bins.iter().map(row).collect();
        let caption = Caption {
            id: format!("errors-{id}-{}", letters(&measure.measure)),
            title: &format!("Error rate by {} ({})", measure.measure, measure.unit),
            description: format!(
                "A row for each part of the images, from low to high {}.",
                measure.measure
            ),
        };
        whiskers(&caption, "share of images decided wrongly", &rows, Some((overall, "all images")))
    };
    let shown: Vec<&ErrorMeasure> = model.measures.iter().filter(|m| !m.bins.is_empty()).collect();
    html! { @if !shown.is_empty() { div.figures { @for measure in shown { (chart(measure)) } } } }
}

/// A name for an id.
fn letters(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
