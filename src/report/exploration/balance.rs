//! How the classes are shared out among splits, sources and groups.

use maud::{Markup, html};

use super::look::{Fold, look};
use super::values::{Exploration, Interval, Part};
use crate::report::chart::{Caption, Whisker, histogram, whiskers};
use crate::report::number::{count, percent, plural, points, share};
use crate::report::words::{list, shares};

/// What is said of the balance.
pub(super) fn sentences(data: &Exploration) -> Vec<String> {
    let overall = data.balance.iter().find(|part| part.by == "all").and_then(overall);
    let parts = ["split", "source"].map(|by| between(data, by));
    overall.into_iter().chain(parts.into_iter().flatten()).chain(one_sided(data)).collect()
}

fn overall(all: &Part) -> Option<String> {
    if all.images == 0 {
        return None;
    }
    let positive = format!("{} of the labelled images are positive", shares(&all.share));
    Some(if all.effective < 0.9 * all.images as f64 {
        format!(
            "{positive}. Images of one group resemble one another, so these {} tell as much of the \
             share as {} independent ones would.",
            count(all.images),
            count(libm::round(all.effective) as u64)
        )
    } else {
        format!("{positive}.")
    })
}

/// The standard error of a part's share, from its interval: unlike `p (1 - p)` it is not 0 where
/// all images are alike.
fn error(part: &Part) -> f64 {
    (part.share.high - part.share.low) / (2.0 * 1.96)
}

/// Whether the parts' shares differ by more than chance would let them.
fn between(data: &Exploration, by: &str) -> Option<String> {
    let parts: Vec<&Part> =
        data.balance.iter().filter(|part| part.by == by && part.images > 0).collect();
    let most =
        parts.iter().copied().reduce(|a, b| if b.share.value > a.share.value { b } else { a })?;
    let least =
        parts.iter().copied().reduce(|a, b| if b.share.value < a.share.value { b } else { a })?;
    if parts.len() < 2 {
        return None;
    }
    let apart = most.share.value - least.share.value;
    let (a, b) = (error(most), error(least));
    let told: Vec<String> = parts
        .iter()
        .map(|part| format!("{} in {}", percent(part.share.value), part.name))
        .collect();
    let told = list(&told);
    Some(if apart > 1.96 * (a * a + b * b).sqrt() {
        let harm = match by {
            "source" => "a network that recognises the source knows something of the label",
            _ => {
                "accuracy and precision cannot be compared between them; AUC does not depend on the share"
            }
        };
        format!(
            "The {by}s differ in their share of positives, {told}: {} between {} and {} is more than \
             chance explains, so {harm}.",
            points(apart),
            most.name,
            least.name
        )
    } else {
        format!("The {by}s have {told}, no further apart than chance would let them be.")
    })
}

/// What the groups say of the label.
fn one_sided(data: &Exploration) -> Option<String> {
    if data.groups.is_empty() {
        let images = data.counts.iter().any(|c| c.negative + c.positive > 0);
        return images.then(|| {
            "The data do not say which images share a patient or a slide, so no split can keep \
             such images together, and scores may be too good."
                .to_owned()
        });
    }
    let several: Vec<_> = data.groups.iter().filter(|g| g.negative + g.positive > 1).collect();
    let pure = several.iter().filter(|g| g.negative == 0 || g.positive == 0).count() as u64;
    let all = several.len() as u64;
    match pure {
        _ if all == 0 => None,
        0 => Some(format!(
            "Each of the {} with two labelled images or more has both classes.",
            plural(all, "group")
        )),
        pure if 2 * pure > all => Some(format!(
            "In {} of the {} with two labelled images or more all are of one class: whatever \
             recognises a group knows its labels, so groups must stay within a split.",
            count(pure),
            plural(all, "group")
        )),
        pure => Some(format!(
            "In {} of the {} with two labelled images or more ({}) all are of one class.",
            count(pure),
            plural(all, "group"),
            percent(share(pure, all))
        )),
    }
}

pub(super) fn markup(data: &Exploration) -> Markup {
    let rows: Vec<Whisker> = data.balance.iter().filter(|p| p.images > 0).map(whisker).collect();
    let caption = Caption {
        id: "balance".to_owned(),
        title: "Share of positives, with its 95% interval",
        description: "A row for each part of the data; the table above has the counts.".to_owned(),
    };
    let figures = html! {
        @if !rows.is_empty() { (whiskers(&caption, "share of positives", &rows, None)) }
        (by_group(data))
    };
    look("Balance", &sentences(data), Fold::Open, figures)
}

fn whisker(part: &Part) -> Whisker {
    let Interval { value, low, high } = part.share;
    let images = plural(part.images, "labelled image");
    Whisker {
        label: part.name.clone(),
        class: if part.by == "all" { "rest".to_owned() } else { "s0".to_owned() },
        value,
        low,
        high,
        tooltip: format!("{}: {} of {images}", part.name, shares(&part.share)),
    }
}

/// Bins of a share from 0 to 1.
const BINS: usize = 20;

/// A histogram of the groups by their share of positives.
fn by_group(data: &Exploration) -> Markup {
    let several = data.groups.iter().filter(|g| g.negative + g.positive > 1);
    let mut bins = [0u32; BINS];
    for group in several {
        let part = share(group.positive, group.negative + group.positive);
        bins[((part * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    if bins.iter().sum::<u32>() < 3 {
        return html! {};
    }
    let caption = Caption {
        id: "balance-groups".to_owned(),
        title: "Groups by their share of positives",
        description: "The number of groups with two labelled images or more in each bin."
            .to_owned(),
    };
    let heights = bins.iter().map(|&n| f64::from(n)).collect();
    histogram(&caption, "share of positives", "groups", &[("groups", "rest", heights)])
}
