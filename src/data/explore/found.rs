//! What was found in a data set, as it is written to `eda.json` and read back by reports.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::atlas::Map;
use super::balance::Balance;
use super::class_of;
use super::colour::ColourBaseline;
use super::comparison::Comparison;
use super::facts::{Facts, by_group};
use super::mean::MeanImages;
use super::shades::{Classes, Shades};
use super::staining::Staining;
use super::suspects::Suspects;
use super::twins::Twins;
use crate::data::dataset::{Dataset, Rejected, Row, SplitInfo};
use crate::data::duplicates::Copies;
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
    /// Images by the format and colour mode of their files, where the data set says so.
    pub formats: BTreeMap<String, usize>,
    /// Images by their size before resizing, where the data set says so.
    pub sizes: BTreeMap<String, usize>,
    /// Images of each class.
    pub labels: BTreeMap<String, usize>,
    /// Images, groups and labels of each split.
    pub splits: BTreeMap<String, SplitInfo>,
    pub groups: Groups,
    /// All images, each split and each source, with the share of class 1 and how sure it is.
    pub balance: Vec<Balance>,
    /// Over all images.
    pub channels: Channels,
    /// The same for each class.
    pub channels_by_class: BTreeMap<String, Channels>,
    /// Histograms of the channels of all pixels, by class.
    pub shades: BTreeMap<String, Shades>,
    pub brightness: Brightness,
    /// Light, sharpness, tissue and dyes: how they are spread, and what tells classes apart.
    pub measures: Vec<Comparison>,
    /// How groups are stained; none where each image is a group of its own, or fewer than three
    /// groups have tissue.
    pub staining: Option<Staining>,
    pub means: MeanImages,
    /// How well colour alone tells the classes apart; none where that cannot be measured.
    pub colour: Option<ColourBaseline>,
    /// Where images lie by simple features; none where they do not differ.
    pub map: Option<Map>,
    pub blank: Blank,
    /// Images that are `black`, `white`, `blurred` or marked with `ink`, those that occur.
    pub suspects: BTreeMap<String, Suspects>,
    /// The ids in the grid `gallery_<flaw>.png` of each flaw, row by row.
    pub galleries: BTreeMap<String, Vec<String>>,
    /// Sets of images with the same pixels.
    pub duplicates: Vec<Duplicates>,
    /// Pairs of images that are nearly the same.
    pub twins: Vec<Twins>,
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

    /// The pictures that come with `eda.json` for these findings.
    pub fn grids(&self) -> impl Iterator<Item = String> + '_ {
        let samples = self.samples.keys().map(|class| format!("samples_{class}.png"));
        let means = self.means.by_class.keys().map(|class| format!("mean_{class}.png"));
        samples.chain(means).chain(self.galleries.keys().map(|flaw| format!("gallery_{flaw}.png")))
    }

    /// The measure of that name.
    pub fn measure(&self, name: &str) -> Option<&Comparison> {
        self.measures.iter().find(|measure| measure.measure == name)
    }
}

pub(super) fn class(label: Option<u8>) -> &'static str {
    match label {
        Some(0) => "0",
        Some(_) => "1",
        None => "none",
    }
}

/// What was found by those who look at one thing each.
pub(super) struct Parts {
    pub balance: Vec<Balance>,
    pub measures: Vec<Comparison>,
    pub staining: Option<Staining>,
    pub means: MeanImages,
    pub colour: Option<ColourBaseline>,
    pub map: Option<Map>,
    pub suspects: BTreeMap<String, Suspects>,
    pub copies: Copies,
    /// Rows of each class and of each flaw in the grids.
    pub samples: BTreeMap<&'static str, Vec<usize>>,
    pub galleries: BTreeMap<&'static str, Vec<usize>>,
}

/// Puts together what was found image by image.
pub(super) fn gather(
    data: &Dataset,
    facts: &[Facts],
    classes: &Classes,
    parts: Parts,
) -> Exploration {
    let rows = data.rows();
    let id = |&row: &usize| rows[row].id.clone();
    let ids = |is: &dyn Fn(&Facts) -> bool| {
        (0..rows.len()).filter(|&row| is(&facts[row])).map(|row| id(&row)).collect()
    };
    let named = |grids: &BTreeMap<&'static str, Vec<usize>>| -> BTreeMap<String, Vec<String>> {
        let grids = grids.iter();
        grids.map(|(name, rows)| (name.to_string(), rows.iter().map(id).collect())).collect()
    };
    let mut sums = Sums::default();
    let mut by_class: BTreeMap<String, Sums> = BTreeMap::new();
    let mut images: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, facts) in rows.iter().zip(facts) {
        let class = class_of(row).to_string();
        sums.add(&facts.sums);
        by_class.entry(class.clone()).or_default().add(&facts.sums);
        let bins = images.entry(class).or_insert_with(|| vec![0; BINS]);
        bins[(facts.measures.brightness as usize).min(255) * BINS / 256] += 1;
    }
    Exploration {
        origin: data.info().origin.clone(),
        images: data.len(),
        height: data.height(),
        width: data.width(),
        formats: data.info().formats.clone(),
        sizes: data.info().sizes.clone(),
        labels: SplitInfo::of(rows.iter()).labels.into_iter().filter(|(_, n)| *n > 0).collect(),
        splits: SplitInfo::of_each(rows),
        groups: groups(rows),
        balance: parts.balance,
        channels: sums.moments(),
        channels_by_class: by_class.iter().map(|(c, sums)| (c.clone(), sums.moments())).collect(),
        shades: classes.0.iter().map(|(name, of)| (name.to_string(), of.shades())).collect(),
        brightness: Brightness { bins: BINS, width: 256 / BINS, images },
        measures: parts.measures,
        staining: parts.staining,
        means: parts.means,
        colour: parts.colour,
        map: parts.map,
        blank: Blank { black: ids(&|f| f.is_black), white: ids(&|f| f.is_white) },
        suspects: parts.suspects,
        galleries: named(&parts.galleries),
        duplicates: duplicates(rows, &parts.copies.digests),
        twins: Twins::of(&parts.copies, rows),
        unreadable: data.rejected().to_vec(),
        samples: named(&parts.samples),
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
fn duplicates(rows: &[Row], digests: &[[u8; 20]]) -> Vec<Duplicates> {
    let mut same: BTreeMap<[u8; 20], Vec<usize>> = BTreeMap::new();
    for (row, digest) in digests.iter().enumerate() {
        same.entry(*digest).or_default().push(row);
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
