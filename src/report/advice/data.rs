//! Rules that read the exploration of the data.

use super::Advice;
use crate::report::helped::{against_colour_error, colour_alone};
use crate::report::number::{percent, plural, score, share};
use crate::report::ranking::ranked;
use crate::report::values::{
    EvaluationSection, Exploration, FindingKind, FlawKind, Report, SplitCounts,
};

/// How many images (or sets of them) a finding counts; zero where there is none.
fn total(data: &Exploration, kind: FindingKind) -> u64 {
    data.findings.iter().filter(|f| f.kind == kind).map(|f| f.total).sum()
}

pub(super) fn leaks(data: &Exploration) -> Option<Advice> {
    let (n, near) = (total(data, FindingKind::Leak), total(data, FindingKind::LeakingTwin));
    let found = match (n, near) {
        (0, 0) => return None,
        (n, 0) => format!("{} with an equal in another split", plural(n, "image")),
        (0, near) => format!("{} that are nearly the same lie in two splits", plural(near, "pair")),
        (n, near) => format!(
            "{} with an equal in another split, and {} that are nearly the same",
            plural(n, "image"),
            plural(near, "pair")
        ),
    };
    Advice::new(
        "Split the data so that equal images share a split",
        format!("{found}: the scores above may be too good."),
    )
}

pub(super) fn conflicting_duplicates(data: &Exploration) -> Option<Advice> {
    let n = total(data, FindingKind::ConflictingDuplicate);
    let near = total(data, FindingKind::ConflictingTwin);
    let found = match (n, near) {
        (0, 0) => return None,
        (n, 0) => format!("{} of equal images", plural(n, "set")),
        (0, near) => format!("{} of nearly the same images", plural(near, "pair")),
        (n, near) => format!(
            "{} of equal images and {} of nearly the same ones",
            plural(n, "set"),
            plural(near, "pair")
        ),
    };
    Advice::new(
        "Review the labels of duplicated images",
        format!("{found} with labels that differ: no model can get all of them right."),
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

/// Ink on the glass was put there by someone who knew the label.
pub(super) fn marked(data: &Exploration) -> Option<Advice> {
    let flaw = data.flaws.iter().find(|flaw| flaw.kind == FlawKind::Ink)?;
    let marked = flaw.negative + flaw.positive + flaw.unlabelled;
    let verb = if marked == 1 { "shows" } else { "show" };
    Advice::new(
        "Leave out the images with marker ink, or blot it out",
        format!("{} {verb} blue or green ink; see the findings.", plural(marked, "image")),
    )
}

/// A share of the variance between groups that makes them recognisable by their stain.
const RECOGNISABLE: f64 = 0.3;

/// Outlying groups, or dyes that tell groups apart.
pub(super) fn stained_unlike(data: &Exploration) -> Option<Advice> {
    let staining = data.staining.as_ref()?;
    let between =
        |name: &str| data.measures.iter().find(|m| m.name == name).and_then(|m| m.between_groups);
    let most = [between("haematoxylin"), between("eosin")].into_iter().flatten().reduce(f64::max);
    let most = most.unwrap_or(0.0);
    if staining.outliers == 0 && most <= RECOGNISABLE {
        return None;
    }
    let outliers = match staining.outliers {
        0 => String::new(),
        n => format!(", and {} stained unlike the others", plural(n, "group")),
    };
    Advice::new(
        "Normalise the stain, or vary it while training",
        format!(
            "Up to {} of the variance of a dye lies between groups{outliers}: a new laboratory may \
             stain differently again.",
            percent(most)
        ),
    )
}

/// The best model does not clearly beat a regression on mean colours.
pub(super) fn no_better_than_colour(
    report: &Report,
    evaluation: &EvaluationSection,
) -> Option<Advice> {
    let colour = colour_alone(report, evaluation)?;
    let best = ranked(evaluation).into_iter().next()?;
    let auc = best.scores.auc?;
    if auc - colour.auc.value > 1.96 * against_colour_error(best, colour)? {
        return None;
    }
    Advice::new(
        format!("Find out whether {} sees more than colour", best.model),
        format!(
            "Its AUC on the {} split is {}, that of a regression on mean colours {}: train it on \
             normalised or jittered stains, or score it on more groups.",
            evaluation.split,
            score(auc),
            score(colour.auc.value)
        ),
    )
}
