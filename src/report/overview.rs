//! The head of the page, and the sections of sentences below it.

use maud::{Markup, html};

use super::advice::advice;
use super::helped::helped;
use super::number::{count, or_dash, percent, score, share};
use super::page::Section;
use super::ranking::{headline, ranked};
use super::values::Report;
use super::verdict::verdict;
use crate::metrics::Metric;

pub(super) fn header(report: &Report) -> Markup {
    html! {
        header {
            p.eyebrow { "Experiment report" }
            h1 { (report.title) }
            p.verdict { (verdict(report)) }
            (tiles(report))
            @if !report.description.is_empty() { p { (report.description) } }
        }
    }
}

/// The four figures that one looks for first.
fn tiles(report: &Report) -> Markup {
    let Some(evaluation) = headline(report) else { return html! {} };
    let best = ranked(evaluation)[0];
    let scores = &best.scores;
    let positives = share(scores.confusion.positives(), scores.images);
    let split = &evaluation.split;
    let auc = match best.intervals.get(&Metric::Auc) {
        Some(i) => format!("AUC, {split} ({:.3} to {:.3})", i.lower, i.upper),
        None => format!("AUC, {split}"),
    };
    let tiles = [
        (auc, or_dash(scores.auc, score)),
        (format!("accuracy, {split}"), or_dash(scores.accuracy, percent)),
        (format!("images, {split}"), count(scores.images)),
        ("of them positive".to_owned(), percent(positives)),
    ];
    html! {
        dl.tiles { @for (name, value) in tiles { div { dt { (name) } dd { (value) } } } }
    }
}

pub(super) fn helped_section(report: &Report) -> Section {
    let sentences = helped(report);
    let body = html! {
        @if sentences.is_empty() {
            p.empty {
                "Nothing to compare yet: this needs two evaluated models, "
                "or a search with a parameter that varies."
            }
        } @else {
            ul.sentences {
                @for sentence in &sentences {
                    // The words before the first colon say what the sentence is about.
                    @match sentence.split_once(": ") {
                        Some((topic, rest)) => li { strong { (topic) } ": " (rest) },
                        None => li { (sentence) },
                    }
                }
            }
        }
    };
    Section { id: "helped".to_owned(), title: "What helped".to_owned(), body }
}

pub(super) fn next_section(report: &Report) -> Section {
    let advice = advice(report);
    let body = html! {
        @if advice.is_empty() {
            p.empty { "No rule of thumb has anything to add to these results." }
        } @else {
            ol.sentences {
                @for item in &advice { li { strong { (item.action) } ". " (item.reason) } }
            }
        }
    };
    Section { id: "next".to_owned(), title: "What to try next".to_owned(), body }
}
