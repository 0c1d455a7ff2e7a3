//! What the page knows of a model's errors.

use serde::{Deserialize, Serialize};

use crate::report::exploration::values::Picture;

/// Where models fail on one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorsSection {
    pub stage: String,
    pub split: String,
    pub models: Vec<ModelErrors>,
}

/// Where one model fails.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelErrors {
    pub model: String,
    pub threshold: f32,
    pub images: u64,
    pub wrong: u64,
    /// The most confident errors, by kind.
    pub galleries: Vec<ErrorGallery>,
    pub measures: Vec<ErrorMeasure>,
    pub looked: Option<Looked>,
}

/// Images of one outcome, the most confident first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorGallery {
    /// Such as `healthy, but called tumour`.
    pub outcome: String,
    /// How many there are of it, shown or not.
    pub total: u64,
    /// All of them in rows; `None` where another picture shows them.
    pub picture: Option<Picture>,
    pub images: Vec<ErrorImage>,
}

/// An image that is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorImage {
    pub id: String,
    pub group: String,
    pub probability: f64,
    /// The share of the network's map inside the central box.
    pub inside: Option<f64>,
}

/// The rate of errors by something that is measured in each image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorMeasure {
    pub measure: String,
    /// What its values are, with their unit.
    pub unit: String,
    /// From low to high values.
    pub bins: Vec<ErrorBin>,
}

/// Images whose values lie between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorBin {
    pub from: f64,
    pub to: f64,
    pub images: u64,
    pub wrong: u64,
    /// The share that is wrong, and its 95% interval.
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

/// Where a network looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// Such as `Grad-CAM`.
    pub method: String,
    /// Some images of each outcome, one line each, in the order of `examples`.
    pub picture: Picture,
    pub examples: Vec<ErrorGallery>,
    /// The share of the map inside the central box, over images that were predicted right and wrong.
    pub right: Option<Inside>,
    pub wrong: Option<Inside>,
}

/// Shares of maps inside the central box, which is a ninth of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    pub images: u64,
    /// The mean with its 95% interval.
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}
