//! What is known of a model's errors: what `errors.json` says.

use crate::{data::Split, nn::Method};
use serde::{Deserialize, Serialize};

/// Where models fail on the labelled images of one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    pub split: Split,
    /// In the order in which the user named them.
    pub models: Vec<ModelErrors>,
}

/// Where one model fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelErrors {
    /// The name of the stage that made the model.
    pub model: String,
    /// Probabilities from here on count as positive.
    pub threshold: f32,
    pub images: usize,
    pub wrong: usize,
    /// The most confident errors: healthy images called tumour, then tumour called healthy; those
    /// that there are.
    pub galleries: Vec<Gallery>,
    /// The rate of errors by what can be measured in an image.
    pub measures: Vec<Measured>,
    /// Where the network looks; none for an ensemble, whose members have maps of their own.
    pub looked: Option<Looked>,
}

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    TruePositive,
    TrueNegative,
    FalsePositive,
    FalseNegative,
}

impl Decision {
    pub const ALL: [Decision; 4] = [
        Decision::TruePositive,
        Decision::TrueNegative,
        Decision::FalsePositive,
        Decision::FalseNegative,
    ];

    pub fn of(label: u8, probability: f32, threshold: f32) -> Decision {
        match (label == 1, probability >= threshold) {
            (true, true) => Decision::TruePositive,
            (false, false) => Decision::TrueNegative,
            (false, true) => Decision::FalsePositive,
            (true, false) => Decision::FalseNegative,
        }
    }

    pub fn is_wrong(self) -> bool {
        matches!(self, Decision::FalsePositive | Decision::FalseNegative)
    }

    /// The class that was predicted.
    pub fn predicted(self) -> u8 {
        u8::from(matches!(self, Decision::TruePositive | Decision::FalsePositive))
    }

    /// As it is written in file names.
    pub fn name(self) -> &'static str {
        match self {
            Decision::TruePositive => "true_positive",
            Decision::TrueNegative => "true_negative",
            Decision::FalsePositive => "false_positive",
            Decision::FalseNegative => "false_negative",
        }
    }

    /// As a person says it.
    pub fn words(self) -> &'static str {
        match self {
            Decision::TruePositive => "tumour, and called tumour",
            Decision::TrueNegative => "healthy, and called healthy",
            Decision::FalsePositive => "healthy, but called tumour",
            Decision::FalseNegative => "tumour, but called healthy",
        }
    }
}

/// Images of one outcome, the most confident first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gallery {
    pub outcome: Decision,
    /// How many there are of it, shown or not.
    pub total: usize,
    /// The PNG file that shows them, in `columns` columns row by row, each above its probability;
    /// none where another picture shows them.
    pub picture: Option<String>,
    pub columns: usize,
    pub images: Vec<Example>,
}

/// An image that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub id: String,
    pub group: String,
    pub label: u8,
    pub probability: f32,
    /// The share of the network's map inside the central box; only where it was looked at.
    pub inside: Option<f64>,
}

/// How often a model is wrong, by something that is measured in each image: the images in five
/// parts of nearly equal size, from low to high values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// `brightness`, `haematoxylin`, `eosin`, `sharpness` or `tissue`.
    pub measure: String,
    /// What its values are, with their unit.
    pub unit: String,
    /// Images that have none: dyes are measured in tissue only.
    pub unmeasured: usize,
    /// Fewer than five where many images have the same value.
    pub bins: Vec<Bin>,
}

/// Images whose values lie between two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// The least value of these images.
    pub from: f64,
    /// The greatest.
    pub to: f64,
    pub images: usize,
    pub wrong: usize,
    /// The share that is wrong.
    pub rate: f64,
    /// Wilson's 95% interval of images one by one: it is too narrow where images of a group
    /// resemble one another.
    pub low: f64,
    pub high: f64,
}

/// Where a network looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Looked {
    pub method: Method,
    /// Height and width of a map, in cells.
    pub cells: [usize; 2],
    /// The share of the map inside the central box, over images that were predicted right and
    /// wrong; maps are those of the class that was predicted. A map that is the same everywhere
    /// has 1/9.
    pub right: Option<Inside>,
    pub wrong: Option<Inside>,
    /// The PNG file that shows some images of each outcome, one line each, in the order of
    /// `examples`: the image, and beside it the map over it, with the central box drawn.
    pub picture: String,
    pub examples: Vec<Gallery>,
}

/// Shares of maps inside the central box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    /// Images with a map.
    pub images: usize,
    /// Images whose map is 0 everywhere: nothing speaks for the class.
    pub without: usize,
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// The mean's 95% interval, images taken one by one.
    pub low: f64,
    pub high: f64,
}

impl Inside {
    /// The mean of shares, none for maps without weight; none without any share.
    pub fn of(shares: &[Option<f64>]) -> Option<Inside> {
        let found: Vec<f64> = shares.iter().copied().flatten().collect();
        if found.is_empty() {
            return None;
        }
        let n = found.len() as f64;
        let mean = found.iter().sum::<f64>() / n;
        let squares: f64 = found.iter().map(|share| (share - mean) * (share - mean)).sum();
        let sd = (squares / (n - 1.0).max(1.0)).sqrt();
        let half = 1.959_963_984_540_054 * sd / n.sqrt();
        let (low, high) = ((mean - half).max(0.0), (mean + half).min(1.0));
        let without = shares.len() - found.len();
        Some(Inside { images: found.len(), without, mean, sd, low, high })
    }
}
