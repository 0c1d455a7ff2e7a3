//! The models side by side: what each is made of, and how it was trained.

use maud::{Markup, html};

use super::embed::png;
use super::number::{DASH, count, plural};
use super::page::Section;
use super::table::table;
use super::values::{ContactSheet, ModelSection, Report};

/// The section of all models, if there are any.
pub(super) fn section(report: &Report) -> Option<Section> {
    if report.models.is_empty() {
        return None;
    }
    let body = html! {
        (settings(&report.models))
        @for model in &report.models {
            @if let Some(sheet) = &model.augmentations { (augmentations(model, sheet)) }
        }
        @for model in report.models.iter().filter(|model| !model.architecture.is_empty()) {
            details {
                summary { "Layers of " (model.stage) ", " (plural(parameters(model), "parameter")) }
                (layers(model))
            }
        }
    };
    Some(Section { id: "models".to_owned(), title: "Models".to_owned(), body })
}

/// A row for each setting that any model has, a column for each model: what differs is set in bold.
fn settings(models: &[ModelSection]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for fact in models.iter().flat_map(|model| &model.settings) {
        if !names.contains(&fact.name.as_str()) {
            names.push(&fact.name);
        }
    }
    let value = |model: &ModelSection, name: &str| -> String {
        let fact = model.settings.iter().find(|fact| fact.name == name);
        fact.map_or(DASH.to_owned(), |fact| fact.value.clone())
    };
    let row = |name: &str, values: Vec<String>| {
        let differ = values.iter().any(|value| *value != values[0]);
        html! {
            tr {
                th scope="row" { (name) }
                @for value in values {
                    td.words { @if differ { strong { (value) } } @else { (value) } }
                }
            }
        }
    };
    let headings: Vec<&str> =
        [""].into_iter().chain(models.iter().map(|model| model.stage.as_str())).collect();
    let rows = html! {
        (row("parameters", models.iter().map(|model| count(parameters(model))).collect()))
        @for name in names { (row(name, models.iter().map(|m| value(m, name)).collect())) }
    };
    let caption = match models.len() {
        1 => "How it was made",
        _ => "How each was made; settings that differ are bold",
    };
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table.settings {
                caption { (caption) }
                thead {
                    tr {
                        @for heading in headings {
                            @if heading.is_empty() { td {} } @else { th scope="col" { (heading) } }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

fn augmentations(model: &ModelSection, sheet: &ContactSheet) -> Markup {
    let names = sheet.names.join(", ");
    let sentence = format!(
        "{} sees each training image through {names}, drawn anew in every epoch: on the left \
         patches as they are, beside them as they were in the first epochs. A label must stay true \
         in all of them; if you could not tell a patch any more, the augmentation goes too far.",
        model.stage
    );
    html! {
        details {
            summary { "Training images of " (model.stage) ", augmented" }
            figure.samples {
                img src=(png(&sheet.picture.png)) width=(sheet.picture.width) height=(sheet.picture.height)
                    alt={ "A grid of patches, each with several views of it by " (names) "." };
                figcaption { (sentence) }
            }
        }
    }
}

fn parameters(model: &ModelSection) -> u64 {
    model.architecture.iter().map(|layer| layer.parameters).sum()
}

fn layers(model: &ModelSection) -> Markup {
    let rows = html! {
        @for layer in &model.architecture {
            tr {
                th scope="row" { (layer.layer) }
                td { (layer.output) }
                td { (count(layer.parameters)) }
            }
        }
    };
    table(&format!("Layers of {}", model.stage), &["Layer", "Output", "Parameters"], rows)
}
