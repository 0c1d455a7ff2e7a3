//! What was found in a data set, as it is written to `eda.json` and read back by reports.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::class_of;
use super::facts::{Facts, by_group};
use crate::data::dataset::{Dataset, Rejected, Row, SplitInfo};
use crate::data::error::DataError;
use crate::data::normalize::{Normalization, Sums};

pub(super) const EDA: &str = "eda.json";

/// Brightness is counted in so many bins of equal width.
const BINS: usize = 64;

/// What [`Explore`](super::Explore) found. Classes are named `0`, `1` and `none`, the last for
/// images without a label; only those that occur are listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exploration {
    /// `kaggle`, `folder` or `synthetic`.
    pub origin: String,
    pub images: usize,
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    /// Images of each class.
    pub labels: BTreeMap<String, usize>,
    /// Images, groups and labels of each split.
    pub splits: BTreeMap<String, SplitInfo>,
    pub groups: Groups,
    /// Over all images.
    pub channels: Channels,
    /// The same for each class.
    pub channels_by_class: BTreeMap<String, Channels>,
    pub brightness: Brightness,
    pub blank: Blank,
    /// Sets of images with the same pixels.
    pub duplicates: Vec<Duplicates>,
    /// Images that were left out because they could not be read.
    pub unreadable: Vec<Rejected>,
    /// The ids in the grid `samples_<class>.png` of each class, row by row.
    pub samples: BTreeMap<String, Vec<String>>,
}

/// How many images patients or slides have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    pub count: usize,
    /// Images of the smallest group.
    pub smallest: usize,
    /// Images of the group in the middle (the upper one of two).
    pub median: usize,
    /// Images of the largest group.
    pub largest: usize,
    /// Groups with images of both classes.
    pub with_both_classes: usize,
}

/// Mean and standard deviation of red, green and blue, on the scale 0 to 1.
pub type Channels = Normalization;

/// How bright images are: a histogram of their mean luma (0.299 R + 0.587 G + 0.114 B).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    /// Number of bins; bin `i` holds `i·width ..= i·width + width - 1`.
    pub bins: usize,
    /// Width of a bin on the scale 0 to 255.
    pub width: usize,
    /// Images in each bin, by class.
    pub images: BTreeMap<String, Vec<usize>>,
}

/// Ids of images with hardly anything on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blank {
    pub black: Vec<String>,
    pub white: Vec<String>,
}

/// Images with the same pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicates {
    pub ids: Vec<String>,
    /// Whether one says tumour and another does not.
    pub labels_disagree: bool,
    /// Whether they are in more than one split, so that scores would look too good.
    pub across_splits: bool,
}

impl Exploration {
    /// Reads what was found; the file called `name` lies at `files(name)`.
    pub fn open(files: &dyn Fn(&str) -> PathBuf) -> Result<Exploration, DataError> {
        let path = files(EDA);
        let text = std::fs::read(&path).map_err(DataError::read(&path))?;
        serde_json::from_slice(&text).map_err(|e| DataError::damaged(&path, e))
    }

    /// The files that come with `eda.json` for these findings.
    pub fn grids(&self) -> impl Iterator<Item = String> + '_ {
        self.samples.keys().map(|class| format!("samples_{class}.png"))
    }
}

pub(super) fn class(label: Option<u8>) -> &'static str {
    match label {
        Some(0) => "0",
        Some(_) => "1",
        None => "none",
    }
}

/// Puts together what was found image by image.
pub(super) fn gather(
    data: &Dataset,
    facts: &[Facts],
    samples: &BTreeMap<&'static str, Vec<usize>>,
) -> Exploration {
    let rows = data.rows();
    let id = |&row: &usize| rows[row].id.clone();
    let ids = |is: &dyn Fn(&Facts) -> bool| {
        (0..rows.len()).filter(|&row| is(&facts[row])).map(|row| id(&row)).collect()
    };
    let mut sums = Sums::default();
    let mut by_class: BTreeMap<String, Sums> = BTreeMap::new();
    let mut images: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, facts) in rows.iter().zip(facts) {
        let class = class_of(row).to_string();
        sums.add(&facts.sums);
        by_class.entry(class.clone()).or_default().add(&facts.sums);
        let bins = images.entry(class).or_insert_with(|| vec![0; BINS]);
        bins[usize::from(facts.brightness) * BINS / 256] += 1;
    }
    Exploration {
        origin: data.info().origin.clone(),
        images: data.len(),
        height: data.height(),
        width: data.width(),
        labels: SplitInfo::of(rows.iter()).labels.into_iter().filter(|(_, n)| *n > 0).collect(),
        splits: SplitInfo::of_each(rows),
        groups: groups(rows),
        channels: sums.moments(),
        channels_by_class: by_class.iter().map(|(c, sums)| (c.clone(), sums.moments())).collect(),
        brightness: Brightness { bins: BINS, width: 256 / BINS, images },
        blank: Blank { black: ids(&|f| f.is_black), white: ids(&|f| f.is_white) },
        duplicates: duplicates(rows, facts),
        unreadable: data.rejected().to_vec(),
        samples: samples
            .iter()
            .map(|(c, rows)| (c.to_string(), rows.iter().map(id).collect()))
            .collect(),
    }
}

fn groups(rows: &[Row]) -> Groups {
    let groups = by_group(rows);
    let mut sizes: Vec<usize> = groups.values().map(|counts| counts.iter().sum()).collect();
    sizes.sort_unstable();
    Groups {
        count: sizes.len(),
        smallest: sizes.first().copied().unwrap_or(0),
        median: sizes.get(sizes.len() / 2).copied().unwrap_or(0),
        largest: sizes.last().copied().unwrap_or(0),
        with_both_classes: groups.values().filter(|of| of[0] > 0 && of[1] > 0).count(),
    }
}

/// Sets of rows with the same digest, in the order of their first rows.
fn duplicates(rows: &[Row], facts: &[Facts]) -> Vec<Duplicates> {
    let mut same: BTreeMap<[u8; 20], Vec<usize>> = BTreeMap::new();
    for (row, facts) in facts.iter().enumerate() {
        same.entry(facts.digest).or_default().push(row);
    }
    let mut sets: Vec<Vec<usize>> = same.into_values().filter(|set| set.len() > 1).collect();
    sets.sort_unstable();
    let differ = |set: &[usize], of: &dyn Fn(&Row) -> Option<u8>| {
        let mut known = set.iter().filter_map(|&row| of(&rows[row]));
        known.next().is_some_and(|first| known.any(|other| other != first))
    };
    sets.iter()
        .map(|set| Duplicates {
            ids: set.iter().map(|&row| rows[row].id.clone()).collect(),
            labels_disagree: differ(set, &|row| row.label),
            across_splits: differ(set, &|row| row.split.map(|split| split as u8)),
        })
        .collect()
}
