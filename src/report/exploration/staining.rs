//! How strongly groups are stained, and which of them differ.

use maud::{Markup, html};

use super::look::{Fold, look};
use super::values::{Exploration, GroupLook, Measure, Outlying, Staining};
use crate::report::chart::{Caption, Marker, Series, scatter};
use crate::report::number::{count, percent, plural};
use crate::report::words::{list, one, two};

pub(super) fn sentences(data: &Exploration) -> Vec<String> {
    let Some(staining) = &data.staining else { return Vec::new() };
    let spread = |of: [f64; 3]| format!("between {} and {}", two(of[0]), two(of[2]));
    let between = |name: &str| measure(data, name).and_then(|m| m.between_groups);
    let variance = between("haematoxylin").zip(between("eosin")).map(|(h, e)| {
        format!(
            " {} of the variance of haematoxylin among images and {} of that of eosin lie between \
             groups.",
            percent(h),
            percent(e)
        )
    });
    let groups = format!(
        "The middle half of the {} with enough tissue hold {} of haematoxylin and {} of eosin, in \
         optical density.{}",
        plural(staining.groups, "group"),
        spread(staining.haematoxylin),
        spread(staining.eosin),
        variance.unwrap_or_default(),
    );
    vec![groups, outliers(staining)]
}

/// Groups named in the sentence.
const NAMED: usize = 5;

fn outliers(staining: &Staining) -> String {
    if staining.outliers == 0 {
        return "No group is stained unlike the others: none lies more than 3.5 robust standard \
                deviations from the median."
            .to_owned();
    }
    let told = staining.outlying.iter().take(NAMED).map(|group| outlier(group, staining));
    let mut told: Vec<String> = told.collect();
    let rest = staining.outliers.saturating_sub(told.len() as u64);
    if rest > 0 {
        told.push(format!("{} more, named in groups.csv", count(rest)));
    }
    let (verb, whose) = match staining.outliers {
        1 => ("group is", "its"),
        _ => ("groups are", "their"),
    };
    format!(
        "{} {verb} stained unlike the others (more than 3.5 robust standard deviations from the \
         median): {}. Look at {whose} images before trusting what rests on them.",
        count(staining.outliers),
        list(&told)
    )
}

/// `9319, whose eosin of 0.28 lies 4.4 above the median of 0.13`.
fn outlier(group: &Outlying, staining: &Staining) -> String {
    let further = usize::from(group.scores[1].abs() > group.scores[0].abs());
    let (dye, median) = match further {
        0 => ("haematoxylin", staining.haematoxylin[1]),
        _ => ("eosin", staining.eosin[1]),
    };
    let score = group.scores[further];
    format!(
        "{} ({}), whose {dye} of {} lies {} deviations {} the median of {}",
        group.group,
        plural(group.images, "image"),
        two(group.stains[further]),
        one(score.abs()),
        if score > 0.0 { "above" } else { "below" },
        two(median)
    )
}

fn measure<'a>(data: &'a Exploration, name: &str) -> Option<&'a Measure> {
    data.measures.iter().find(|measure| measure.name == name)
}

/// More dots than this would hide one another and swell the page.
const DOTS: usize = 2000;
/// Names beside dots.
const TAGS: usize = 8;

pub(super) fn markup(data: &Exploration) -> Markup {
    let stained = |outlying: bool| -> Vec<&GroupLook> {
        let groups = data.groups.iter().filter(|g| g.outlying == outlying && g.stains.is_some());
        groups.take(DOTS).collect()
    };
    let series = |name: &str, class: &str, marker, groups: &[&GroupLook], labels| Series {
        name: name.to_owned(),
        class: class.to_owned(),
        marker,
        points: groups.iter().filter_map(|g| g.stains).map(|[h, e]| (h, e)).collect(),
        labels,
    };
    let (usual, far) = (stained(false), stained(true));
    let tags = far.iter().map(|group| group.name.clone()).take(TAGS).collect();
    let mut drawn = vec![series("groups", "s0", Marker::Dot, &usual, Vec::new())];
    if !far.is_empty() {
        drawn.push(series("stained unlike the others", "s1", Marker::Diamond, &far, tags));
    }
    let caption = Caption {
        id: "staining".to_owned(),
        title: "Dyes by group",
        description: "A point for each group: its mean haematoxylin and eosin.".to_owned(),
    };
    let figures = html! {
        @if !(usual.is_empty() && far.is_empty()) {
            (scatter(&caption, "haematoxylin, optical density", "eosin, optical density", &drawn))
        }
    };
    look("Staining", &sentences(data), Fold::Open, figures)
}
