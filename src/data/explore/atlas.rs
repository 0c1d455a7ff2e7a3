//! A map of the images: similar ones lie close together. Two principal components of simple
//! features, with what the axes follow.

use serde::{Deserialize, Serialize};

use super::clustered::share_between;
use super::facts::{CHANNELS, Facts};
use super::look::Look;
use super::pca::Components;
use crate::data::random::Random;
use crate::data::split::Split;

/// What the map is made of, besides the channels.
const FEATURES: [&str; 4] = ["haematoxylin", "eosin", "sharpness", "tissue"];

/// A map in two dimensions; its points are in `map.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    pub features: Vec<String>,
    /// Images on the map.
    pub points: usize,
    pub axes: [MapAxis; 2],
}

/// A direction of the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapAxis {
    /// The share of the features' variance along it.
    pub explained: f64,
    /// The weight of each feature, standardised.
    pub weights: Vec<f64>,
    /// The share of the variance along it that lies between the classes.
    pub between_classes: Option<f64>,
    /// The same between groups; none where each image is a group of its own.
    pub between_groups: Option<f64>,
}

/// An image on the map; a line of `map.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    pub id: String,
    pub label: Option<u8>,
    pub group: String,
    pub split: Option<Split>,
    pub x: f64,
    pub y: f64,
}

impl MapPoint {
    pub(super) const COLUMNS: [&str; 6] = ["id", "label", "group", "split", "x", "y"];
}

/// Axes over all images, and up to `most` of the images on them, drawn by `seed`; none where fewer
/// than two images differ.
pub(super) fn draw(look: &Look, most: usize, seed: u64) -> Option<(Map, Vec<MapPoint>)> {
    let features: Vec<Vec<f64>> = look.facts.iter().map(features).collect();
    let found = Components::of(&features)?;
    let places: Vec<[f64; 2]> = features.iter().map(|row| found.place(row)).collect();
    let mut chosen: Vec<usize> = look.all().collect();
    Random::new(seed, "map", 0, 0).shuffle(&mut chosen);
    chosen.truncate(most);
    chosen.sort_unstable();
    let axis = |axis: usize| {
        let along = |part: &dyn Fn(usize) -> Option<usize>| {
            let values = look.all().filter_map(|row| Some((part(row)?, places[row][axis])));
            share_between(&values.collect::<Vec<_>>())
        };
        let grouped = look.is_grouped();
        MapAxis {
            explained: found.explained[axis],
            weights: found.axes[axis].clone(),
            between_classes: along(&|row| look.rows[row].label.map(usize::from)),
            between_groups: along(&|row| grouped.then_some(look.group[row])),
        }
    };
    let point = |row: &usize| MapPoint {
        id: look.rows[*row].id.clone(),
        label: look.rows[*row].label,
        group: look.rows[*row].group.clone(),
        split: look.rows[*row].split,
        x: places[*row][0],
        y: places[*row][1],
    };
    let map = Map {
        features: CHANNELS.into_iter().chain(FEATURES).map(String::from).collect(),
        points: chosen.len(),
        axes: [axis(0), axis(1)],
    };
    Some((map, chosen.iter().map(point).collect()))
}

fn features(facts: &Facts) -> Vec<f64> {
    let measures = &facts.measures;
    let [haematoxylin, eosin] = measures.stains.unwrap_or([0.0; 2]).map(f64::from);
    // A variance spans powers of ten, its logarithm a handful of numbers.
    let sharpness = libm::log(1.0 + f64::from(measures.sharpness));
    let more = [haematoxylin, eosin, sharpness, f64::from(measures.tissue)];
    facts.channels().into_iter().chain(more).collect()
}
