//! The data: how many images of which label, how they look, and which deserve a second look.
//!
//! What bears on the scores comes first: balance and colour, then stains and sharpness, then what
//! one looks at once.

mod balance;
mod colour;
mod files;
mod flaws;
mod look;
mod map;
mod means;
mod measures;
mod staining;
pub(super) mod values;

use maud::{Markup, html};

use super::embed::png;
use super::number::{DASH, count, percent, share};
use super::page::Section;
use super::table::summed;
use super::values::Report;
use values::{Class, Exploration, SampleGrid, SplitCounts};

/// The section, if the pipeline explored its data.
pub(super) fn section(report: &Report) -> Option<Section> {
    let data = report.exploration.as_ref()?;
    let body = html! {
        (counts(&data.counts))
        @for sentence in files::sentences(data) { p { (sentence) } }
        @if !data.samples.is_empty() {
            h3 { "Samples" }
            div.figures { @for grid in &data.samples { (samples(grid)) } }
        }
        (balance::markup(data))
        (colour::markup(data))
        (staining::markup(data))
        (measures::markup(data))
        (means::markup(data))
        (map::markup(data))
        h3 { "Findings" }
        (flaws::markup(data))
    };
    Some(Section { id: "data".to_owned(), title: "The data".to_owned(), body })
}

/// All that is said of the data, sentence by sentence, in the order of the page.
pub fn observations(data: &Exploration) -> Vec<String> {
    let map = data.map.iter().flat_map(map::sentences);
    let flaws = data.flaws.iter().map(|flaw| flaws::sentence(flaw, data));
    let before = [
        files::sentences,
        balance::sentences,
        colour::sentences,
        staining::sentences,
        measures::sentences,
    ];
    let before = before.into_iter().flat_map(|sentences| sentences(data));
    before.chain(measures::centre(data)).chain(map).chain(flaws).collect()
}

/// The counts of all splits as a table, with a bar for their balance.
fn counts(splits: &[SplitCounts]) -> Markup {
    if splits.is_empty() {
        return html! { p.empty { "No images were counted." } };
    }
    let total = (splits.len() > 1).then(|| SplitCounts::total(splits));
    let grouped = splits.iter().any(|s| s.groups.is_some());
    let unlabelled = splits.iter().any(|s| s.unlabelled > 0);
    let columns = [
        ("Split", true),
        ("Images", true),
        ("Negative", true),
        ("Positive", true),
        ("Unlabelled", unlabelled),
        ("Positive share", true),
        ("Groups", grouped),
        ("Balance", true),
    ];
    let headings: Vec<&str> = columns.iter().filter(|c| c.1).map(|c| c.0).collect();
    let classes = [Class::Negative, Class::Positive, Class::Unlabelled];
    let row = |row: &SplitCounts| {
        html! {
            @let images = row.negative + row.positive + row.unlabelled;
            @let labelled = row.negative + row.positive;
            tr {
                th scope="row" { (row.split) }
                @for n in [images, row.negative, row.positive] { td { (count(n)) } }
                @if unlabelled { td { (count(row.unlabelled)) } }
                td { @if labelled > 0 { (percent(share(row.positive, labelled))) } @else { (DASH) } }
                @if grouped { td { (row.groups.map_or(DASH.to_owned(), count)) } }
                td { (balance(row)) }
            }
        }
    };
    let body = html! { @for split in splits { (row(split)) } };
    html! {
        (summed("Images by split and label", &headings, body, total.as_ref().map(row).unwrap_or_default()))
        ul.legend {
            @for class in classes.into_iter().filter(|&c| unlabelled || c != Class::Unlabelled) {
                li { span class={ "swatch round " (class.name()) } {} (class.name()) }
            }
        }
    }
}

/// The labels of a split as one bar.
fn balance(row: &SplitCounts) -> Markup {
    let images = row.negative + row.positive + row.unlabelled;
    let parts =
        [("negative", row.negative), ("positive", row.positive), ("unlabelled", row.unlabelled)];
    html! {
        div.balance aria-hidden="true" {
            @for (class, n) in parts.into_iter().filter(|part| part.1 > 0) {
                span class=(class) style=(format!("width:{:.2}%", 100.0 * share(n, images)))
                    title={ (count(n)) " " (class) } {}
            }
        }
    }
}

fn samples(grid: &SampleGrid) -> Markup {
    let class = grid.class.name();
    html! {
        figure.samples {
            img src=(png(&grid.png)) width=(grid.width) height=(grid.height)
                alt={ "A grid of " (class) " patches. " (grid.caption) };
            figcaption { span class={ "swatch round " (class) } {} strong { (class) } " · " (grid.caption) }
        }
    }
}
