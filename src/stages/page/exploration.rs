//! What a look at the data found, as the report's values.

use super::looks;
use crate::{
    data::{Duplicates, Exploration, Split, Twins},
    engine::{Artifact, Files, StageError},
    report::{
        self, BrightnessHistogram, ChannelStats, Class, Finding, FindingKind, Picture, SampleGrid,
        SplitCounts,
    },
};
use std::collections::BTreeMap;

/// How many of the same findings the page lists; the artifact has them all.
const LISTED: usize = 12;

/// Reads an exploration for the page.
pub fn exploration(files: &Files) -> Result<report::Exploration, StageError> {
    let found = <Exploration as Artifact>::open(files)?;
    let all = ChannelStats::of(None, &found.channels);
    let by_class = found.channels_by_class.iter();
    let by_class =
        by_class.map(|(class, channels)| ChannelStats::of(Some(class_of(class)), channels));
    let histogram = |(class, counts): (&String, &Vec<usize>)| BrightnessHistogram {
        class: class_of(class),
        counts: counts.iter().map(|n| *n as u64).collect(),
    };
    Ok(report::Exploration {
        stage: files.stage.clone(),
        counts: counts(&found),
        channels: [all].into_iter().chain(by_class).collect(),
        brightness: found.brightness.images.iter().map(histogram).collect(),
        samples: found
            .samples
            .iter()
            .map(|(class, ids)| samples(files, class, ids.len()))
            .collect::<Result<_, _>>()?,
        findings: findings(&found),
        formats: looks::tallies(&found.formats),
        sizes: looks::tallies(&found.sizes),
        balance: found.balance.iter().map(looks::part).collect(),
        groups: looks::groups(files, &found)?,
        shades: looks::shades(&found),
        measures: found.measures.iter().map(looks::measure).collect(),
        staining: found.staining.as_ref().map(looks::staining),
        means: looks::means(files, &found)?,
        colour: found.colour.iter().flat_map(|c| &c.scores).map(looks::colour).collect(),
        map: found.map.as_ref().map(|map| looks::map(files, map)).transpose()?,
        flaws: looks::flaws(files, &found)?,
    })
}

/// The report's class for the name that data artifacts give it.
pub(super) fn class_of(name: &str) -> Class {
    match name {
        "0" => Class::Negative,
        "1" => Class::Positive,
        _ => Class::Unlabelled,
    }
}

impl ChannelStats {
    fn of(class: Option<Class>, channels: &crate::data::Channels) -> ChannelStats {
        ChannelStats { class, mean: channels.mean.map(f64::from), sd: channels.sd.map(f64::from) }
    }
}

fn counts(found: &Exploration) -> Vec<SplitCounts> {
    let row = |split: &str, labels: &BTreeMap<String, usize>, groups: usize| {
        let count = |class: &str| labels.get(class).copied().unwrap_or(0) as u64;
        SplitCounts {
            split: split.into(),
            negative: count("0"),
            positive: count("1"),
            unlabelled: count("none"),
            groups: Some(groups as u64),
        }
    };
    if found.splits.is_empty() {
        return vec![row("all", &found.labels, found.groups.count)];
    }
    let split = |split: &Split| {
        let info = found.splits.get(split.name())?;
        Some(row(split.name(), &info.labels, info.groups))
    };
    Split::ALL.iter().filter_map(split).collect()
}

/// Reads a picture of the artifact.
pub(super) fn picture(files: &Files, name: &str) -> Result<Picture, StageError> {
    let path = files.path(name)?;
    let damaged = |problem: &str| StageError::new(format!("{}: {problem}", path.display()));
    let png = std::fs::read(&path).map_err(|error| damaged(&error.to_string()))?;
    // A PNG file states its width and height in bytes 16 to 23 (PNG specification, 11.2.2).
    let side = |at: usize| png.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let (width, height) = side(16).zip(side(20)).ok_or_else(|| damaged("not a PNG file"))?;
    Ok(Picture { png, width, height })
}

fn samples(files: &Files, class: &str, count: usize) -> Result<SampleGrid, StageError> {
    let Picture { png, width, height } = picture(files, &format!("samples_{class}.png"))?;
    let what = match class_of(class) {
        Class::Negative => "patches labelled 0",
        Class::Positive => "patches labelled 1",
        Class::Unlabelled => "patches without a label",
    };
    let caption = format!(
        "{count} {what}; the box marks the central third, which alone decides PCam's labels"
    );
    Ok(SampleGrid { class: class_of(class), png, width, height, caption })
}

fn findings(found: &Exploration) -> Vec<Finding> {
    let unreadable = found.unreadable.iter().map(|r| format!("{}: {}", r.path, r.problem));
    let sets = |wanted: fn(&Duplicates) -> bool| {
        let sets = found.duplicates.iter().filter(move |set| wanted(set));
        sets.map(|set| set.ids.join(" = ")).collect::<Vec<_>>()
    };
    let twins = |wanted: fn(&Twins) -> bool| {
        let pairs = found.twins.iter().filter(move |pair| wanted(pair));
        let told = |pair: &Twins| format!("{} ≈ {} ({})", pair.first, pair.second, pair.symmetry);
        pairs.map(told).collect::<Vec<_>>()
    };
    let all = [
        (FindingKind::Unreadable, unreadable.collect()),
        (FindingKind::ConflictingDuplicate, sets(|set| set.labels_disagree)),
        (FindingKind::Leak, sets(|set| set.across_splits)),
        (FindingKind::Duplicate, sets(|set| !set.labels_disagree && !set.across_splits)),
        (FindingKind::ConflictingTwin, twins(|pair| pair.labels_disagree)),
        (FindingKind::LeakingTwin, twins(|pair| pair.across_splits)),
        (FindingKind::Twin, twins(|pair| !pair.labels_disagree && !pair.across_splits)),
    ];
    let finding = |(kind, mut items): (FindingKind, Vec<String>)| {
        let total = items.len() as u64;
        items.truncate(LISTED);
        Finding { kind, total, items }
    };
    all.into_iter().map(finding).filter(|finding| finding.total > 0).collect()
}
