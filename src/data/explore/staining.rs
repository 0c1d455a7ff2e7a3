//! How strongly each group is stained, and which groups differ from the rest.

use serde::{Deserialize, Serialize};

use super::balance::Share;
use super::look::Look;
use super::robust::{self, OUTLYING, Quantiles};

/// How the groups (patients, slides) are stained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staining {
    /// Groups with enough images of tissue to be compared.
    pub groups: usize,
    /// How their mean amounts of haematoxylin are spread, in optical density.
    pub haematoxylin: Quantiles,
    /// How their mean amounts of eosin are spread, in optical density.
    pub eosin: Quantiles,
    /// Groups more than 3.5 robust standard deviations from the median, the furthest first, at most
    /// 100.
    pub outlying: Vec<Outlying>,
    /// How many there are in all.
    pub outliers: usize,
}

/// A group that is stained unlike the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlying {
    pub group: String,
    pub images: usize,
    /// Mean amount over its images with tissue, in optical density.
    pub haematoxylin: f64,
    pub eosin: f64,
    /// Robust standard deviations from the median of the groups.
    pub haematoxylin_score: f64,
    pub eosin_score: f64,
}

/// A line of `groups.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    pub group: String,
    #[serde(rename = "0")]
    pub negative: usize,
    #[serde(rename = "1")]
    pub positive: usize,
    #[serde(rename = "none")]
    pub unlabelled: usize,
    /// The share of class 1 among its labelled images, and Wilson's 95% interval.
    pub share: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Images with tissue.
    pub tissue: usize,
    /// Mean amounts over them, in optical density.
    pub haematoxylin: Option<f64>,
    pub eosin: Option<f64>,
    /// Robust standard deviations from the median of the groups that were compared.
    pub haematoxylin_score: Option<f64>,
    pub eosin_score: Option<f64>,
}

impl GroupRow {
    pub const COLUMNS: [&str; 12] = [
        "group",
        "0",
        "1",
        "none",
        "share",
        "low",
        "high",
        "tissue",
        "haematoxylin",
        "eosin",
        "haematoxylin_score",
        "eosin_score",
    ];

    /// How far it lies from the median group.
    fn distance(&self) -> f64 {
        let of = |score: Option<f64>| score.map_or(0.0, f64::abs);
        of(self.haematoxylin_score).max(of(self.eosin_score))
    }
}

/// The mean of fewer images says little about a group.
const LEAST: usize = 5;
/// Outlying groups named in `eda.json`; `groups.csv` has all.
const NAMED: usize = 100;

/// Each group with its classes and dyes, in the order of their names.
pub(super) fn groups(look: &Look) -> Vec<GroupRow> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); look.groups.len()];
    look.group.iter().enumerate().for_each(|(row, &group)| members[group].push(row));
    let mut rows: Vec<GroupRow> =
        members.iter().enumerate().map(|(group, rows)| describe(look, group, rows)).collect();
    let compared: Vec<usize> = (0..rows.len()).filter(|&g| rows[g].tissue >= LEAST).collect();
    let scores = |of: fn(&GroupRow) -> Option<f64>| {
        robust::scores(&compared.iter().filter_map(|&g| of(&rows[g])).collect::<Vec<_>>())
    };
    let (haematoxylin, eosin) = (scores(|g| g.haematoxylin), scores(|g| g.eosin));
    for ((group, h), e) in compared.into_iter().zip(haematoxylin).zip(eosin) {
        (rows[group].haematoxylin_score, rows[group].eosin_score) = (Some(h), Some(e));
    }
    rows
}

fn describe(look: &Look, group: usize, rows: &[usize]) -> GroupRow {
    let count = |label| rows.iter().filter(|&&row| look.rows[row].label == label).count();
    let share = Share::of(&look.observed(rows.iter().copied(), |_| Some(0.0)));
    let stains: Vec<[f32; 2]> =
        rows.iter().filter_map(|&row| look.facts[row].measures.stains).collect();
    let mean = |dye: usize| {
        let sum: f64 = stains.iter().map(|stains| f64::from(stains[dye])).sum();
        (!stains.is_empty()).then(|| sum / stains.len() as f64)
    };
    GroupRow {
        group: look.groups[group].to_string(),
        negative: count(Some(0)),
        positive: count(Some(1)),
        unlabelled: count(None),
        share: share.map(|share| share.value),
        low: share.map(|share| share.low),
        high: share.map(|share| share.high),
        tissue: stains.len(),
        haematoxylin: mean(0),
        eosin: mean(1),
        haematoxylin_score: None,
        eosin_score: None,
    }
}

/// What the groups' staining comes to; none where fewer than three can be compared.
pub(super) fn staining(groups: &[GroupRow]) -> Option<Staining> {
    let compared: Vec<&GroupRow> =
        groups.iter().filter(|group| group.haematoxylin_score.is_some()).collect();
    let spread = |of: fn(&GroupRow) -> Option<f64>| {
        Quantiles::of(compared.iter().filter_map(|group| of(group)).collect())
    };
    let mut far: Vec<&GroupRow> =
        compared.iter().copied().filter(|group| group.distance() > OUTLYING).collect();
    far.sort_by(|a, b| b.distance().total_cmp(&a.distance()));
    let named = far.iter().take(NAMED).map(|group| Outlying {
        group: group.group.clone(),
        images: group.negative + group.positive + group.unlabelled,
        haematoxylin: group.haematoxylin.unwrap_or_default(),
        eosin: group.eosin.unwrap_or_default(),
        haematoxylin_score: group.haematoxylin_score.unwrap_or_default(),
        eosin_score: group.eosin_score.unwrap_or_default(),
    });
    Some(Staining {
        groups: compared.len(),
        haematoxylin: spread(|group| group.haematoxylin)?,
        eosin: spread(|group| group.eosin)?,
        outlying: named.collect(),
        outliers: far.len(),
    })
    .filter(|staining| staining.groups >= 3)
}
