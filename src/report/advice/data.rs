//! Rules that read the exploration of the data.

use super::Advice;
use crate::report::number::{percent, plural, share};
use crate::report::values::{Exploration, FindingKind, SplitCounts};

/// How many images (or sets of them) a finding counts; zero where there is none.
fn total(data: &Exploration, kind: FindingKind) -> u64 {
    data.findings.iter().filter(|f| f.kind == kind).map(|f| f.total).sum()
}

pub(super) fn leaks(data: &Exploration) -> Option<Advice> {
    let n = total(data, FindingKind::Leak);
    if n == 0 {
        return None;
    }
    let found = plural(n, "image");
    Advice::new(
        "Split the data so that equal images share a split",
        format!("{found} with an equal in another split: the scores above may be too good."),
    )
}

pub(super) fn conflicting_duplicates(data: &Exploration) -> Option<Advice> {
    let n = total(data, FindingKind::ConflictingDuplicate);
    if n == 0 {
        return None;
    }
    let found = plural(n, "set");
    Advice::new(
        "Review the labels of duplicated images",
        format!(
            "{found} of equal images with labels that differ: no model can get all of them right."
        ),
    )
}

pub(super) fn unreadable(data: &Exploration) -> Option<Advice> {
    let n = total(data, FindingKind::Unreadable);
    if n == 0 {
        return None;
    }
    Advice::new(
        "Restore the files that could not be read",
        format!("{} left out of all counts and of training.", plural(n, "image")),
    )
}

/// The counts to train on: those of the split "train", or of all splits together.
fn trained_on(data: &Exploration) -> SplitCounts {
    let train = data.counts.iter().find(|c| c.split == "train").cloned();
    train.unwrap_or_else(|| SplitCounts::total(&data.counts))
}

pub(super) fn imbalance(data: &Exploration) -> Option<Advice> {
    let counts = trained_on(data);
    let labelled = counts.negative + counts.positive;
    let positive = share(counts.positive, labelled);
    if labelled == 0 || (0.2..=0.8).contains(&positive) {
        return None;
    }
    Advice::new(
        "Weigh the classes in the loss, or draw them equally often",
        format!(
            "{} of the images to train on are positive; always giving the commoner answer is \
             already {} accurate, so judge by AUC.",
            percent(positive),
            percent(positive.max(1.0 - positive))
        ),
    )
}

/// Below this many images to train on, more of them usually help most.
const FEW: u64 = 5_000;

pub(super) fn few_images(data: &Exploration) -> Option<Advice> {
    let counts = trained_on(data);
    let labelled = counts.negative + counts.positive;
    if labelled >= FEW {
        return None;
    }
    Advice::new(
        "Train on more images, augment more, or start from pretrained weights",
        format!("There are only {} to train on.", plural(labelled, "labelled image")),
    )
}
