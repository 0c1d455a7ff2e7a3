//! Images that deserve a look: unreadable, blank, blurred, marked, or there twice.

use maud::{Markup, html};

use super::values::{Exploration, Finding, FindingKind, Flaw, FlawKind};
use crate::report::embed::png;
use crate::report::number::{count, percent, plural, share};
use crate::report::words::shares;

impl FlawKind {
    /// What the images are, after their number; what that means; the name on the page.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Black => ("all black", "nothing was scanned there", "Black images"),
            Self::White => ("all white", "there is no tissue to judge", "White images"),
            Self::Blurred => ("blurred", "the scanner was out of focus there", "Blurred images"),
            Self::Ink => (
                "marked with blue or green ink",
                "an annotation on the glass, which may give labels away",
                "Images with marker ink",
            ),
        }
    }
}

impl Flaw {
    fn total(&self) -> u64 {
        self.negative + self.positive + self.unlabelled
    }
}

/// Fewer labelled images than this have no share worth telling.
const FEW: u64 = 5;

/// What is said of a flaw: how many, what it means, and whether it goes with the label.
pub(super) fn sentence(flaw: &Flaw, data: &Exploration) -> String {
    let (what, meaning, _) = flaw.kind.words();
    let images: u64 = data.counts.iter().map(|c| c.negative + c.positive + c.unlabelled).sum();
    let verb = if flaw.total() == 1 { "is" } else { "are" };
    let part = percent(share(flaw.total(), images));
    let told = format!("{} ({part}) {verb} {what}: {meaning}.", plural(flaw.total(), "image"));
    match lopsided(flaw, data) {
        Some(more) => format!("{told} {more}"),
        None => told,
    }
}

/// That a flaw is more common in one class than chance explains.
fn lopsided(flaw: &Flaw, data: &Exploration) -> Option<String> {
    let labelled = flaw.negative + flaw.positive;
    let all = data.balance.iter().find(|part| part.by == "all")?;
    if labelled < FEW {
        return None;
    }
    let share = flaw.share?;
    share.excludes(all.share.value).then(|| {
        format!(
            "Of those with a label {} are positive, against {} of all: a network may take the flaw \
             for a sign of the label.",
            shares(&share),
            percent(all.share.value)
        )
    })
}

impl FindingKind {
    /// Its name on the page, and what it means.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => {
                ("Unreadable images", "They could not be decoded and are left out.")
            }
            Self::Duplicate => ("Duplicates", "Sets of images with equal pixels and equal labels."),
            Self::ConflictingDuplicate => (
                "Duplicates that disagree",
                "Sets of images with equal pixels and different labels.",
            ),
            Self::Leak => {
                ("Images in two splits", "Their equal is in another split, so scores may flatter.")
            }
            Self::Twin => (
                "Near-duplicates",
                "Pairs of images that are nearly the same: turned, mirrored or compressed anew.",
            ),
            Self::ConflictingTwin => (
                "Near-duplicates that disagree",
                "Pairs of images that are nearly the same, with different labels.",
            ),
            Self::LeakingTwin => (
                "Near-duplicates in two splits",
                "Pairs that are nearly the same in two splits, so scores may flatter.",
            ),
        }
    }
}

pub(super) fn markup(data: &Exploration) -> Markup {
    let found: Vec<&Finding> = data.findings.iter().filter(|f| f.total > 0).collect();
    html! {
        @if found.is_empty() && data.flaws.is_empty() {
            p.empty { "No unreadable, blank or duplicated images were found." }
        }
        @for finding in found { (listed(finding)) }
        @for flaw in &data.flaws { (gallery(flaw, data)) }
    }
}

fn listed(finding: &Finding) -> Markup {
    let (name, meaning) = finding.kind.words();
    let rest = finding.total.saturating_sub(finding.items.len() as u64);
    html! {
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

fn gallery(flaw: &Flaw, data: &Exploration) -> Markup {
    let (what, _, name) = flaw.kind.words();
    html! {
        details {
            summary { (name) ": " (count(flaw.total())) }
            p { (sentence(flaw, data)) }
            @if let Some(picture) = &flaw.picture {
                figure.samples {
                    img src=(png(&picture.png)) width=(picture.width) height=(picture.height)
                        alt={ "A grid of patches " (what) "." };
                    figcaption {
                        (plural(flaw.shown.len() as u64, "image")) ", the worst first, row by row: "
                        @for (place, id) in flaw.shown.iter().enumerate() {
                            @if place > 0 { ", " }
                            code { (id) }
                        }
                    }
                }
            }
        }
    }
}
