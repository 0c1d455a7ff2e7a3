//! The map of the images: two principal components, by class and by group.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use maud::{Markup, html};

use super::look::{Fold, look};
use super::values::{Class, Exploration, Map, MapAxis, MapPoint};
use crate::report::chart::{Caption, Marker, Series, hue, scatter};
use crate::report::number::{percent, plural};
use crate::report::words::list;

pub(super) fn sentences(map: &Map) -> Vec<String> {
    let [first, second] = &map.axes;
    let features = first.weights.len();
    let what = format!(
        "On two axes that hold {} of the variance of {features} simple features, similar images lie \
         close together. The first ({}) follows mostly {}, the second ({}) mostly {}.",
        percent(first.explained + second.explained),
        percent(first.explained),
        follows(first),
        percent(second.explained),
        follows(second),
    );
    [Some(what), resemblance(map)].into_iter().flatten().collect()
}

/// The three features of the largest weights.
fn follows(axis: &MapAxis) -> String {
    let mut weights: Vec<&(String, f64)> = axis.weights.iter().collect();
    weights.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let names = weights.iter().take(3).map(|(name, _)| match name.strip_suffix("_sd") {
        Some(channel) => format!("the spread of {channel}"),
        None => name.clone(),
    });
    list(&names.collect::<Vec<_>>())
}

/// Whether images resemble their class or their group.
fn resemblance(map: &Map) -> Option<String> {
    let weighted = |of: fn(&MapAxis) -> Option<f64>| -> Option<f64> {
        let [a, b] = &map.axes;
        let whole = a.explained + b.explained;
        (whole > 0.0).then_some(())?;
        Some((of(a)? * a.explained + of(b)? * b.explained) / whole)
    };
    let (classes, groups) =
        (weighted(|axis| axis.between_classes), weighted(|axis| axis.between_groups));
    Some(match (classes, groups) {
        (Some(class), Some(group)) if group > class => format!(
            "{} of the variance on the map lies between groups and {} between classes: images \
             resemble those of their group more than those of their class, so a split that does not \
             keep groups together would reward recognising them.",
            percent(group),
            percent(class)
        ),
        (Some(class), Some(group)) => format!(
            "{} of the variance on the map lies between classes and {} between groups: images \
             resemble those of their class at least as much as those of their group.",
            percent(class),
            percent(group)
        ),
        (Some(class), None) => {
            format!("{} of the variance on the map lies between classes.", percent(class))
        }
        (None, Some(group)) => {
            format!("{} of the variance on the map lies between groups.", percent(group))
        }
        (None, None) => return None,
    })
}

pub(super) fn markup(data: &Exploration) -> Markup {
    let Some(map) = &data.map else { return html! {} };
    let draw = |id: &str, title: &str, series: &[Series]| {
        let caption = Caption {
            id: id.to_owned(),
            title,
            description: format!("{} on the map.", plural(map.points.len() as u64, "image")),
        };
        scatter(&caption, "first component", "second component", series)
    };
    let groups = by_group(map);
    let figures = html! {
        (draw("map-class", "The map by class", &by_class(map)))
        @if groups.len() > 1 { (draw("map-group", "The map by group", &groups)) }
    };
    look("A map of the images", &sentences(map), Fold::Open, figures)
}

fn series<'a>(
    name: String,
    class: String,
    marker: Marker,
    points: impl Iterator<Item = &'a MapPoint>,
) -> Series {
    Series { name, class, marker, points: points.map(|p| (p.x, p.y)).collect(), labels: Vec::new() }
}

fn by_class(map: &Map) -> Vec<Series> {
    let classes = [
        (Class::Unlabelled, Marker::Dot),
        (Class::Negative, Marker::Ring),
        (Class::Positive, Marker::Cross),
    ];
    let of = |(class, marker): (Class, Marker)| {
        let points = map.points.iter().filter(move |point| point.class == class);
        series(class.name().to_owned(), class.name().to_owned(), marker, points)
    };
    classes.into_iter().map(of).filter(|series| !series.points.is_empty()).collect()
}

/// The groups with the most images on the map, each with a shape, over the rest.
fn by_group(map: &Map) -> Vec<Series> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for point in &map.points {
        *sizes.entry(&point.group).or_default() += 1;
    }
    let mut largest: Vec<(&str, usize)> = sizes.into_iter().filter(|group| group.1 > 1).collect();
    largest.sort_by_key(|group| Reverse(group.1));
    largest.truncate(Marker::SHAPES.len());
    let named = |point: &&MapPoint| largest.iter().any(|(group, _)| point.group == *group);
    let rest = map.points.iter().filter(|point| !named(point));
    let rest = series("other groups".to_owned(), "rest".to_owned(), Marker::Dot, rest);
    let shapes = largest.iter().zip(Marker::SHAPES).enumerate();
    let groups = shapes.map(|(place, (&(group, _), marker))| {
        let points = map.points.iter().filter(|point| point.group == group);
        series(group.to_owned(), hue(place), marker, points)
    });
    [rest].into_iter().filter(|rest| !rest.points.is_empty()).chain(groups).collect()
}
