//! The looks of an exploration, one by one, as the report's values.

use super::{
    exploration::{class_of, picture},
    read_csv,
};
use crate::{
    data::{self, Balance, ColourScore, Comparison, Exploration, GroupRow, MapPoint, Quantiles},
    engine::{Files, StageError},
    report::{
        self, Class, Flaw, FlawKind, GroupLook, Interval, MapAxis, MeanImage, Measure, Part,
        Picture, ShadeHistogram, Tally,
    },
};
use std::collections::BTreeMap;

fn interval(estimate: &data::Estimate) -> Interval {
    Interval { value: estimate.value, low: estimate.low, high: estimate.high }
}

fn share(share: &data::Share) -> Interval {
    Interval { value: share.value, low: share.low, high: share.high }
}

/// How many images there are of each kind.
pub fn tallies(kinds: &BTreeMap<String, usize>) -> Vec<Tally> {
    let tally =
        |(name, &images): (&String, &usize)| Tally { name: name.clone(), images: images as u64 };
    kinds.iter().map(tally).collect()
}

/// The classes of a part of the data.
pub fn part(part: &Balance) -> Part {
    Part {
        by: part.by.clone(),
        name: part.name.clone(),
        images: (part.negative + part.positive) as u64,
        groups: part.groups as u64,
        share: part.share.as_ref().map(share).unwrap_or_default(),
        effective: part.share.map_or(0.0, |share| share.effective),
    }
}

/// Each group, if the data know groups.
pub fn groups(files: &Files, found: &Exploration) -> Result<Vec<GroupLook>, StageError> {
    if found.groups.count == found.images {
        return Ok(Vec::new());
    }
    let outlying = found.staining.iter().flat_map(|staining| &staining.outlying);
    let outlying: Vec<&str> = outlying.map(|group| group.group.as_str()).collect();
    let look = |row: GroupRow| GroupLook {
        outlying: outlying.contains(&row.group.as_str()),
        // Only groups with enough tissue were compared.
        stains: row.haematoxylin_score.and(row.haematoxylin).zip(row.eosin).map(|(h, e)| [h, e]),
        name: row.group,
        negative: row.negative as u64,
        positive: row.positive as u64,
    };
    Ok(read_csv(&files.path("groups.csv")?)?.into_iter().map(look).collect())
}

/// The histograms of the channels.
pub fn shades(found: &Exploration) -> Vec<ShadeHistogram> {
    let of = |(class, shades): (&String, &data::Shades)| ShadeHistogram {
        class: class_of(class),
        counts: [shades.red.clone(), shades.green.clone(), shades.blue.clone()],
    };
    found.shades.iter().map(of).collect()
}

/// How a measure is spread.
pub fn measure(measure: &Comparison) -> Measure {
    let quantiles = |q: &Quantiles| [q.p5, q.p25, q.median, q.p75, q.p95];
    let by_class = measure.by_class.iter();
    Measure {
        name: measure.measure.clone(),
        by_class: by_class.map(|(class, q)| (class_of(class), quantiles(q))).collect(),
        difference: measure.difference.as_ref().map(interval),
        between_groups: measure.between_groups,
    }
}

/// How groups are stained.
pub fn staining(staining: &data::Staining) -> report::Staining {
    let quartiles = |q: &Quantiles| [q.p25, q.median, q.p75];
    let outlying = staining.outlying.iter().map(|group| report::Outlying {
        group: group.group.clone(),
        images: group.images as u64,
        stains: [group.haematoxylin, group.eosin],
        scores: [group.haematoxylin_score, group.eosin_score],
    });
    report::Staining {
        groups: staining.groups as u64,
        haematoxylin: quartiles(&staining.haematoxylin),
        eosin: quartiles(&staining.eosin),
        outliers: staining.outliers as u64,
        outlying: outlying.collect(),
    }
}

/// The mean images.
pub fn means(files: &Files, found: &Exploration) -> Result<Vec<MeanImage>, StageError> {
    let of = |(class, mean): (&String, &data::MeanImage)| {
        Ok(MeanImage {
            class: class_of(class),
            images: mean.images,
            gain: found.means.gain as u64,
            picture: picture(files, &format!("mean_{class}.png"))?,
        })
    };
    found.means.by_class.iter().map(of).collect()
}

/// What colour alone scores.
pub fn colour(score: &ColourScore) -> report::ColourScore {
    report::ColourScore {
        on: score.on.clone(),
        negative: score.negative as u64,
        positive: score.positive as u64,
        groups: score.groups as u64,
        auc: interval(&score.auc),
    }
}

/// The map with its points.
pub fn map(files: &Files, map: &data::Map) -> Result<report::Map, StageError> {
    let axis = |axis: &data::MapAxis| MapAxis {
        explained: axis.explained,
        weights: map.features.iter().cloned().zip(axis.weights.iter().copied()).collect(),
        between_classes: axis.between_classes,
        between_groups: axis.between_groups,
    };
    let point = |point: MapPoint| report::MapPoint {
        class: match point.label {
            Some(0) => Class::Negative,
            Some(_) => Class::Positive,
            None => Class::Unlabelled,
        },
        group: point.group,
        x: point.x,
        y: point.y,
    };
    let points = read_csv::<MapPoint>(&files.path("map.csv")?)?.into_iter().map(point).collect();
    Ok(report::Map { axes: map.axes.each_ref().map(axis), points })
}

/// The galleries of images that deserve a look.
pub fn flaws(files: &Files, found: &Exploration) -> Result<Vec<Flaw>, StageError> {
    let kinds = [
        ("black", FlawKind::Black),
        ("white", FlawKind::White),
        ("blurred", FlawKind::Blurred),
        ("ink", FlawKind::Ink),
    ];
    let mut flaws = Vec::new();
    for (name, kind) in kinds {
        let Some(suspects) = found.suspects.get(name) else { continue };
        let shown = found.galleries.get(name).cloned().unwrap_or_default();
        let gallery =
            || -> Result<Picture, StageError> { picture(files, &format!("gallery_{name}.png")) };
        let [negative, positive, unlabelled] = suspects.classes.map(|n| n as u64);
        flaws.push(Flaw {
            kind,
            negative,
            positive,
            unlabelled,
            share: suspects.share.as_ref().map(share),
            picture: (!shown.is_empty()).then(gallery).transpose()?,
            shown,
        });
    }
    Ok(flaws)
}
