//! Where models fail: the most confident errors, what errors have in common, and what networks look
//! at.

mod looked;
mod measures;
pub(super) mod values;

use maud::{Markup, html};

use super::embed::png;
use super::number::{count, percent, plural, score, share};
use super::page::Section;
use super::values::{ErrorGallery, ErrorsSection, ModelErrors, Picture, Report};

/// A section for each look at errors.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    report.errors.iter().enumerate().map(|(i, errors)| section(i, errors)).collect()
}

/// What is said of a model's errors, as plain text.
pub(super) fn sentences(model: &ModelErrors) -> Vec<String> {
    let whole = (model.images > 0).then(|| {
        format!(
            "{} is wrong on {} of {} ({}) at a threshold of {}.",
            model.model,
            count(model.wrong),
            plural(model.images, "image"),
            percent(share(model.wrong, model.images)),
            model.threshold
        )
    });
    whole
        .into_iter()
        .chain(measures::sentences(model))
        .chain(model.looked.iter().flat_map(|looked| looked::sentences(&model.model, looked)))
        .collect()
}

fn section(place: usize, errors: &ErrorsSection) -> Section {
    let body = html! {
        @for (order, model) in errors.models.iter().enumerate() {
            h3 { (model.model) }
            @for sentence in sentences(model) { p { (sentence) } }
            (measures::markup(&format!("{place}-{order}"), model))
            @for gallery in &model.galleries { (shown(&model.model, gallery)) }
            @if let Some(looked) = &model.looked { (looked::markup(&model.model, looked)) }
        }
    };
    Section {
        id: format!("errors-{place}"),
        title: format!("Errors on the {} split", errors.split),
        body,
    }
}

fn shown(model: &str, gallery: &ErrorGallery) -> Markup {
    let Some(picture) = &gallery.picture else { return html! {} };
    let images = gallery.images.len() as u64;
    html! {
        details open[gallery.total > 0] {
            summary { (model) ": " (plural(gallery.total, "image")) " " (gallery.outcome) }
            figure.samples.wide {
                (image(picture, &format!("A grid of patches that are {}.", gallery.outcome)))
                figcaption {
                    (plural(images, "image")) ", the most confident first, row by row, each above its "
                    "probability of tumour."
                }
            }
            (names(gallery))
        }
    }
}

fn image(picture: &Picture, alt: &str) -> Markup {
    html! { img src=(png(&picture.png)) width=(picture.width) height=(picture.height) alt=(alt); }
}

/// The images of a gallery by name.
fn names(gallery: &ErrorGallery) -> Markup {
    html! {
        ol.items {
            @for image in &gallery.images {
                li {
                    code { (image.id) } " · " (score(image.probability))
                    @if !image.group.is_empty() { " · " (image.group) }
                    @if let Some(inside) = image.inside { " · " (percent(inside)) " of the map inside the box" }
                }
            }
        }
    }
}
