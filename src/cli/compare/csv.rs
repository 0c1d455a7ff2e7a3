//! A comparison as CSV: a line for each model, every metric with its interval and its difference.

use crate::stages::{Compared, Comparison};

/// Numbers in full; what is undefined is empty.
pub fn models(comparison: &Comparison) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    if let Some(first) = comparison.models.first() {
        lines.push(header(first));
    }
    lines.extend(comparison.models.iter().map(line));
    lines
        .iter()
        .map(|line| line.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(",") + "\n")
        .collect()
}

fn header(model: &Compared) -> Vec<String> {
    let about = ["name", "from", "evaluation", "model", "split", "images", "groups", "threshold"];
    let mut names: Vec<String> = about.map(String::from).to_vec();
    for metric in model.metrics.keys() {
        let name = metric.name();
        names.push(name.into());
        names.extend(["lower", "upper", "difference"].map(|part| format!("{name}_{part}")));
    }
    names.extend(["seconds".into(), "images_per_second".into()]);
    names
}

fn line(model: &Compared) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let mut fields = vec![
        model.name.clone(),
        model.from.clone(),
        model.evaluation.clone(),
        model.model.clone(),
        model.split.to_string(),
        model.images.to_string(),
        model.groups.to_string(),
        model.threshold.to_string(),
    ];
    for figure in model.metrics.values() {
        let (lower, upper) =
            (figure.interval.map(|it| it.lower), figure.interval.map(|it| it.upper));
        fields.extend([figure.value, lower, upper, figure.difference].map(number));
    }
    let trained = model.trained.as_ref();
    fields.push(number(trained.map(|trained| trained.seconds)));
    fields.push(number(trained.and_then(|trained| trained.per_second)));
    fields
}

/// A field as RFC 4180 has it: in quotes where it needs them.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.into(),
    }
}
