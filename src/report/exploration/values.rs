//! What a look at the data found, as plain values.

use serde::{Deserialize, Serialize};

/// A look at the data before training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exploration {
    pub stage: String,
    /// Label counts of each split in the order train, valid, test; one row named "all" if there
    /// are no splits. The page adds the total.
    pub counts: Vec<SplitCounts>,
    /// Channel statistics of all images and of each class.
    pub channels: Vec<ChannelStats>,
    /// One histogram for each class, all with the same bins.
    pub brightness: Vec<BrightnessHistogram>,
    pub samples: Vec<SampleGrid>,
    pub findings: Vec<Finding>,
    /// Images by format and colour mode of their files, and by size before resizing.
    pub formats: Vec<Tally>,
    pub sizes: Vec<Tally>,
    /// The share of positives in all images, in each split and in each source.
    pub balance: Vec<Part>,
    /// Each group; empty where each image is a group of its own.
    pub groups: Vec<GroupLook>,
    /// Histograms of all pixels, one for each class.
    pub shades: Vec<ShadeHistogram>,
    pub measures: Vec<Measure>,
    pub staining: Option<Staining>,
    pub means: Vec<MeanImage>,
    /// How well colour alone tells the classes apart.
    pub colour: Vec<ColourScore>,
    pub map: Option<Map>,
    pub flaws: Vec<Flaw>,
}

/// How many images are of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub name: String,
    pub images: u64,
}

/// A number and its 95% interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether the interval lies to one side of a value.
    pub(in crate::report) fn excludes(&self, value: f64) -> bool {
        value < self.low || self.high < value
    }
}

/// The share of positives in a part of the labelled images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// `all`, `split` or `source`.
    pub by: String,
    pub name: String,
    /// Labelled images.
    pub images: u64,
    pub groups: u64,
    pub share: Interval,
    /// As many independent images would tell as much.
    pub effective: f64,
}

/// One group (patient, slide) and how it is stained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupLook {
    pub name: String,
    pub negative: u64,
    pub positive: u64,
    /// Mean amounts of haematoxylin and eosin in its tissue, in optical density; none where too few
    /// of its images have tissue.
    pub stains: Option<[f64; 2]>,
    /// Whether it is stained unlike the others.
    pub outlying: bool,
}

/// Pixels of a class by the brightness of each channel, in bins of equal width from 0 to 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadeHistogram {
    pub class: Class,
    /// Red, green, blue.
    pub counts: [Vec<u64>; 3],
}

/// How something measured in each image is spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// `brightness`, `contrast`, `sharpness`, `tissue`, `haematoxylin`, `eosin` or `centre`.
    pub name: String,
    /// Its quantiles at 5, 25, 50, 75 and 95% in each class.
    pub by_class: Vec<(Class, [f64; 5])>,
    /// The mean of positive images less that of negative ones.
    pub difference: Option<Interval>,
    /// The share of its variance that lies between groups.
    pub between_groups: Option<f64>,
}

/// How strongly groups are stained, in optical density.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Staining {
    /// Groups that were compared.
    pub groups: u64,
    /// First quartile, median and third quartile of the groups' mean haematoxylin.
    pub haematoxylin: [f64; 3],
    /// The same of eosin.
    pub eosin: [f64; 3],
    /// Groups that are stained unlike the others, in all.
    pub outliers: u64,
    /// The first of them, the furthest first.
    pub outlying: Vec<Outlying>,
}

/// A group that is stained unlike the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outlying {
    pub group: String,
    pub images: u64,
    /// Haematoxylin and eosin, in optical density.
    pub stains: [f64; 2],
    /// Robust standard deviations from the median of the groups.
    pub scores: [f64; 2],
}

/// The mean image of a class, as a picture of three panels: the mean image, its central third,
/// and the mean image with its contrast enlarged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanImage {
    pub class: Class,
    pub images: u64,
    /// How many times the contrast of the third panel is enlarged.
    pub gain: u64,
    pub picture: Picture,
}

/// A PNG file; it becomes part of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub png: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// How well a logistic regression on the channels' means and standard deviations does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColourScore {
    /// `train`, `valid`, `test`, or `folds` for groups that it was not fitted on.
    pub on: String,
    pub negative: u64,
    pub positive: u64,
    pub groups: u64,
    pub auc: Interval,
}

/// Images on two principal components of simple features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Map {
    pub axes: [MapAxis; 2],
    pub points: Vec<MapPoint>,
}

/// A direction of the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapAxis {
    /// The share of the features' variance along it.
    pub explained: f64,
    /// Each feature and its weight.
    pub weights: Vec<(String, f64)>,
    /// Shares of the variance along it that lie between classes and between groups.
    pub between_classes: Option<f64>,
    pub between_groups: Option<f64>,
}

/// An image on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    pub class: Class,
    pub group: String,
    pub x: f64,
    pub y: f64,
}

/// Images with the same flaw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    pub kind: FlawKind,
    pub negative: u64,
    pub positive: u64,
    pub unlabelled: u64,
    /// The share of positives among those with a label.
    pub share: Option<Interval>,
    /// Some of them, the worst first.
    pub picture: Option<Picture>,
    /// The ids of those in the picture, row by row.
    pub shown: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    Black,
    White,
    /// Out of focus.
    Blurred,
    /// Blue or green marker.
    Ink,
}

/// How many images of each label a split holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitCounts {
    pub split: String,
    pub negative: u64,
    pub positive: u64,
    pub unlabelled: u64,
    /// Distinct groups (patients, slides), if the data set knows them.
    pub groups: Option<u64>,
}

impl SplitCounts {
    /// All splits as one row. A group may lie in several splits, so their numbers do not add up.
    pub fn total(counts: &[SplitCounts]) -> Self {
        let sum = |of: fn(&SplitCounts) -> u64| counts.iter().map(of).sum();
        Self {
            split: "all".to_owned(),
            negative: sum(|c| c.negative),
            positive: sum(|c| c.positive),
            unlabelled: sum(|c| c.unlabelled),
            groups: None,
        }
    }
}

/// The label of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Negative,
    Positive,
    Unlabelled,
}

/// Mean and standard deviation of each colour channel over all pixels, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelStats {
    /// `None`: all images together.
    pub class: Option<Class>,
    /// Red, green, blue.
    pub mean: [f64; 3],
    pub sd: [f64; 3],
}

/// Counts of images by mean brightness, in bins of equal width from 0 (black) to 1 (white).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrightnessHistogram {
    pub class: Class,
    pub counts: Vec<u64>,
}

/// One picture of several patches of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleGrid {
    pub class: Class,
    /// The PNG file's bytes; they become part of the page.
    pub png: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    pub caption: String,
}

/// Images that deserve a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// How many there are in all.
    pub total: u64,
    /// The first of them, one a line: an id, a path, a group of ids.
    pub items: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Images that could not be decoded.
    Unreadable,
    /// Sets of images with equal pixels and equal labels.
    Duplicate,
    /// Sets of images with equal pixels and different labels.
    ConflictingDuplicate,
    /// Images whose equal is in another split.
    Leak,
    /// Pairs of images that are nearly the same: turned, mirrored or compressed anew.
    Twin,
    /// Such pairs with different labels.
    ConflictingTwin,
    /// Such pairs in two splits.
    LeakingTwin,
}
