//! What colour says of the label: the baseline of colour alone, and the histograms behind it.

use maud::{Markup, html};

use super::look::{Fold, look};
use super::values::{
    BrightnessHistogram, ChannelStats, Class, ColourScore, Exploration, ShadeHistogram,
};
use crate::report::chart::{Caption, Whisker, histogram, whiskers};
use crate::report::number::{plural, share};
use crate::report::table::table;
use crate::report::words::{estimate, list, three};

/// The score that speaks for images that the regression has not seen: test, valid or the folds.
fn headline(data: &Exploration) -> Option<&ColourScore> {
    let on = |name: &str| data.colour.iter().find(|score| score.on == name);
    on("test").or_else(|| on("folds")).or_else(|| on("valid"))
}

fn place(score: &ColourScore) -> String {
    match score.on.as_str() {
        "folds" => "groups it was not fitted on".to_owned(),
        split => format!("the {split} split"),
    }
}

pub(super) fn sentences(data: &Exploration) -> Vec<String> {
    let Some(best) = headline(data) else { return Vec::new() };
    let others = data.colour.iter().filter(|s| s.on != best.on && s.on != "train");
    let others: Vec<String> =
        others.map(|s| format!("{} on {}", estimate(&s.auc, three), place(s))).collect();
    let also = if others.is_empty() { String::new() } else { format!(", and {}", list(&others)) };
    let auc = best.auc;
    let meaning = if auc.low > 0.7 {
        "Colour gives much of the label away here. A network has to beat this before it can be said \
         to see more than stain and brightness."
    } else if auc.low > 0.5 {
        "Colour gives part of the label away; a network has to beat this before it can be said to \
         see more than stain and brightness."
    } else if auc.high < 0.5 {
        "That is worse than guessing: colour goes with the label otherwise here than where the \
         regression was fitted, and may lead networks astray as well."
    } else {
        "That is no better than guessing, as far as so many images can tell: nothing shows that mean \
         colours give the label away."
    };
    vec![format!(
        "A logistic regression on the mean and spread of red, green and blue, which sees no shape, \
         reaches an AUC of {} on {}{also}. {meaning}",
        estimate(&auc, three),
        place(best),
    )]
}

pub(super) fn markup(data: &Exploration) -> Markup {
    let row = |score: &ColourScore| Whisker {
        label: if score.on == "folds" { "unseen groups".to_owned() } else { score.on.clone() },
        class: if score.on == "train" { "rest".to_owned() } else { "s0".to_owned() },
        value: score.auc.value,
        low: score.auc.low,
        high: score.auc.high,
        tooltip: format!(
            "{}: {}, {} of {}",
            score.on,
            estimate(&score.auc, three),
            plural(score.negative + score.positive, "image"),
            plural(score.groups, "group")
        ),
    };
    let rows: Vec<Whisker> = data.colour.iter().map(row).collect();
    let caption = Caption {
        id: "colour".to_owned(),
        title: "AUC of colour alone, with its 95% interval",
        description: "A row for each split that the regression was scored on.".to_owned(),
    };
    let figures = html! {
        @if !rows.is_empty() { (whiskers(&caption, "AUC", &rows, Some((0.5, "guessing")))) }
    };
    let shown = !(data.shades.is_empty() && data.brightness.is_empty() && data.channels.is_empty());
    html! {
        (look("What colour alone tells", &sentences(data), Fold::Open, figures))
        @if shown {
            details {
                summary { "Colour and brightness of each class" }
                div.figures { (shades(&data.shades)) (brightness(&data.brightness)) }
                (channels(&data.channels))
            }
        }
    }
}

/// Shares of a whole, bin by bin.
fn shares(counts: &[u64]) -> Vec<f64> {
    let all = counts.iter().sum();
    counts.iter().map(|&n| share(n, all)).collect()
}

/// A histogram of each channel by class.
fn shades(histograms: &[ShadeHistogram]) -> Markup {
    let channel = |place: usize, name: &'static str| {
        let filled = histograms.iter().filter(|h| h.counts[place].iter().any(|&n| n > 0));
        let drawn: Vec<(&str, &'static str, Vec<f64>)> =
            filled.map(|h| (h.class.name(), h.class.name(), shares(&h.counts[place]))).collect();
        if drawn.is_empty() {
            return html! {};
        }
        let title = format!("{name} of pixels, by class");
        let caption = Caption {
            id: format!("shades-{}", name.to_lowercase()),
            title: &title,
            description: "For each class, the share of its pixels in each bin.".to_owned(),
        };
        let axis = format!("{}, 0 dark to 1 bright", name.to_lowercase());
        histogram(&caption, &axis, "share of the class", &drawn)
    };
    html! { (channel(0, "Red")) (channel(1, "Green")) (channel(2, "Blue")) }
}

fn brightness(histograms: &[BrightnessHistogram]) -> Markup {
    let filled = histograms.iter().filter(|h| h.counts.iter().any(|&n| n > 0));
    let drawn: Vec<_> =
        filled.map(|h| (h.class.name(), h.class.name(), shares(&h.counts))).collect();
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

impl Class {
    pub(in crate::report) fn name(self) -> &'static str {
        match self {
            Class::Negative => "negative",
            Class::Positive => "positive",
            Class::Unlabelled => "unlabelled",
        }
    }
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
                    td { (three(row.mean[i])) small { " ± " (three(row.sd[i])) } }
                }
            }
        }
    };
    table("Channel means ± standard deviations, 0 to 1", &["Class", "Red", "Green", "Blue"], rows)
}
