//! The data: how many images of which label, how they look, and which deserve a second look.

use maud::{Markup, html};

use super::chart::{Caption, histogram};
use super::embed::png;
use super::number::{DASH, count, percent, share};
use super::page::Section;
use super::table::table;
use super::values::{
    BrightnessHistogram, ChannelStats, Class, Exploration, Finding, FindingKind, Report,
    SampleGrid, SplitCounts,
};

impl Class {
    fn name(self) -> &'static str {
        match self {
            Class::Negative => "negative",
            Class::Positive => "positive",
            Class::Unlabelled => "unlabelled",
        }
    }
}

/// The section, if the pipeline explored its data.
pub(super) fn section(report: &Report) -> Option<Section> {
    let data = report.exploration.as_ref()?;
    let body = html! {
        (counts(&data.counts))
        @if !data.samples.is_empty() {
            h3 { "Samples" }
            div.figures { @for grid in &data.samples { (samples(grid)) } }
        }
        @if !data.brightness.is_empty() || !data.channels.is_empty() {
            h3 { "Colour and brightness" }
            div.figures { (brightness(&data.brightness)) (channels(&data.channels)) }
        }
        h3 { "Findings" }
        (findings(data))
    };
    Some(Section { id: "data".to_owned(), title: "The data".to_owned(), body })
}

/// The counts of all splits as a table, with a bar for their balance.
fn counts(splits: &[SplitCounts]) -> Markup {
    if splits.is_empty() {
        return html! { p.empty { "No images were counted." } };
    }
    let mut rows: Vec<SplitCounts> = splits.to_vec();
    if splits.len() > 1 {
        rows.push(SplitCounts::total(splits));
    }
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
    let body = html! {
        @for row in &rows {
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
    html! {
        (table("Images by split and label", &headings, body))
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

fn brightness(histograms: &[BrightnessHistogram]) -> Markup {
    let shares = |h: &BrightnessHistogram| -> Vec<f64> {
        let images = h.counts.iter().sum();
        h.counts.iter().map(|&n| share(n, images)).collect()
    };
    let filled = histograms.iter().filter(|h| h.counts.iter().any(|&n| n > 0));
    let drawn: Vec<_> = filled.map(|h| (h.class.name(), h.class.name(), shares(h))).collect();
    if drawn.is_empty() {
        return html! {};
    }
    let caption = Caption {
        id: "brightness".to_owned(),
        title: "Brightness of images, by class",
        description: "For each class, the share of its images in each bin of mean brightness."
            .to_owned(),
    };
    histogram(&caption, "mean brightness, 0 black to 1 white", "share of the class", &drawn)
}

fn channels(channels: &[ChannelStats]) -> Markup {
    if channels.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for row in channels {
            tr {
                th scope="row" { (row.class.map_or("all", Class::name)) }
                @for i in 0..3 {
                    td { (decimals(row.mean[i])) small { " ± " (decimals(row.sd[i])) } }
                }
            }
        }
    };
    table("Channel means ± standard deviations, 0 to 1", &["Class", "Red", "Green", "Blue"], rows)
}

fn decimals(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { DASH.to_owned() }
}

impl FindingKind {
    /// Its name on the page, and what it means.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => {
                ("Unreadable images", "They could not be decoded and are left out.")
            }
            Self::Blank => {
                ("Blank images", "They are (almost) of one colour: background, or a fault.")
            }
            Self::Duplicate => ("Duplicates", "Sets of images with equal pixels and equal labels."),
            Self::ConflictingDuplicate => (
                "Duplicates that disagree",
                "Sets of images with equal pixels and different labels.",
            ),
            Self::Leak => {
                ("Images in two splits", "Their equal is in another split, so scores may flatter.")
            }
        }
    }
}

fn findings(data: &Exploration) -> Markup {
    let found: Vec<&Finding> = data.findings.iter().filter(|f| f.total > 0).collect();
    html! {
        @if found.is_empty() {
            p.empty { "No unreadable, blank or duplicated images were found." }
        }
        @for finding in found {
            @let (name, meaning) = finding.kind.words();
            @let rest = finding.total.saturating_sub(finding.items.len() as u64);
            details {
                summary { (name) ": " (count(finding.total)) }
                p { (meaning) }
                ul.items {
                    @for item in &finding.items { li { code { (item) } } }
                    @if rest > 0 { li { "and " (count(rest)) " more" } }
                }
            }
        }
    }
}
