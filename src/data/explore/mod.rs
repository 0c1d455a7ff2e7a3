//! Describes a data set before anyone trains on it. Knows nothing of networks or reports.

mod atlas;
mod balance;
mod clustered;
mod colour;
mod comparison;
mod facts;
mod found;
mod grid;
mod logistic;
mod look;
mod mean;
mod measures;
mod pca;
mod robust;
mod shades;
mod staining;
mod standard;
mod suspects;
mod tables;
mod twins;

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Row};
use super::duplicates::Copies;
use super::error::DataError;
use super::problem::{Problem, refuse};
use super::writer::write_json;
use super::{Progress, report};
pub use atlas::{Map, MapAxis, MapPoint};
pub use balance::{Balance, Share};
pub use clustered::Estimate;
pub use colour::{ColourBaseline, ColourScore};
pub use comparison::Comparison;
use facts::Facts;
pub use found::{Blank, Brightness, Channels, Duplicates, Exploration, Groups};
use found::{EDA, Parts, class};
use grid::Frame;
use look::Look;
pub use mean::{MeanImage, MeanImages};
pub use measures::Measures;
pub use robust::Quantiles;
use shades::Classes;
pub use shades::Shades;
pub use staining::{GroupRow, Outlying, Staining};
pub use suspects::Suspects;
use tables::Rest;
pub use twins::Twins;

/// Describes a data set: classes, colours, stains, sharpness, flaws, duplicates, how well colour
/// alone tells the classes apart, and samples of each class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Explore {
    /// Sample patches of each class in the grids, at most 1000.
    #[schemars(range(max = 1000))]
    pub per_class: usize,
    /// A pixel is black when red, green and blue are at most this, 0 to 255. An image is blank when
    /// 99 of 100 pixels are black, or 99 of 100 are white.
    pub black: u8,
    /// A pixel is white when red, green and blue are at least this, 0 to 255.
    pub white: u8,
    /// An image is marked when at least this share of its pixels, more than 0 up to 1, is of blue
    /// or green ink.
    pub ink: f32,
    /// Patches in each gallery of flaws, at most 1000.
    #[schemars(range(max = 1000))]
    pub per_gallery: usize,
    /// Images on the map, at most 5000.
    #[schemars(range(max = 5000))]
    pub map_points: usize,
    /// Seeds the choice of samples and of the images on the map.
    pub seed: u64,
}

impl Default for Explore {
    fn default() -> Explore {
        Explore {
            per_class: 12,
            black: 15,
            white: 240,
            ink: 0.05,
            per_gallery: 12,
            map_points: 1500,
            seed: 0,
        }
    }
}

/// Images between two reports of progress.
const AT_A_TIME: usize = 1024;
/// More samples would make a grid that no viewer opens.
const MOST_SAMPLES: usize = 1000;
/// More dots would hide one another.
const MOST_POINTS: usize = 5000;

impl Explore {
    /// What is wrong with the parameters, whatever the data.
    pub fn problems(&self) -> Vec<Problem> {
        let help = "a grid shows 0 to 1000 samples of a class";
        let samples = Problem::outside("per_class", self.per_class, 0..=MOST_SAMPLES, help);
        let blank = (self.black >= self.white).then(|| {
            let message = format!(
                "`black` is {} and `white` is {}, so a pixel could be both",
                self.black, self.white
            );
            Problem::new("black", message, "the defaults are 15 and 240")
        });
        let help = "a gallery shows 0 to 1000 patches";
        let gallery = Problem::outside("per_gallery", self.per_gallery, 0..=MOST_SAMPLES, help);
        let help = "a map shows 0 to 5000 images";
        let map = Problem::outside("map_points", self.map_points, 0..=MOST_POINTS, help);
        let ink = (!(self.ink > 0.0 && self.ink <= 1.0)).then(|| {
            let help = "give a share of an image's pixels; the default is 0.05";
            Problem::new("ink", format!("`ink` is {}", self.ink), help)
        });
        [samples, blank, gallery, map, ink].into_iter().flatten().collect()
    }

    /// Writes `eda.json`, tables and pictures into the folder `out`.
    ///
    /// The tables are `images.csv` (what was measured in each image), `groups.csv`, `balance.csv`,
    /// `shades.csv` and `brightness.csv` (histograms), `map.csv`, `duplicates.csv` (equal pixels),
    /// `twins.csv` (turned, mirrored or compressed anew) and `blank.csv`.
    /// The pictures are `samples_<class>.png`, `mean_<class>.png` and `gallery_<flaw>.png`, those
    /// that occur.
    ///
    /// In `images.csv` the channels' means and standard deviations run from 0 to 1; `brightness`,
    /// `contrast` and `centre` (how much brighter the central third is than the rest) are luma, 0
    /// to 255; `sharpness` is the variance of its Laplacian; `tissue` and `ink` are shares of
    /// pixels; `haematoxylin` and `eosin` mean optical densities of the tissue; `by_colour` is the
    /// chance of class 1 that colour alone gives.
    pub fn run(
        &self,
        data: &Dataset,
        out: &Path,
        progress: Progress,
    ) -> Result<Exploration, DataError> {
        refuse(self.problems())?;
        std::fs::create_dir_all(out).map_err(DataError::write(out))?;
        let mut facts = Vec::with_capacity(data.len());
        let mut classes = Classes::default();
        while facts.len() < data.len() {
            let rows = facts.len()..data.len().min(facts.len() + AT_A_TIME);
            facts.extend(Facts::of_all(data, rows.clone(), self.black, self.white));
            classes.add(data, rows);
            report(progress, facts.len(), data.len())?;
        }
        let copies = Copies::find(data, progress)?;
        let look = Look::new(data.rows(), &facts);
        let means = mean::draw(&classes, data.height(), data.width(), out)?;
        let (samples, galleries, suspects) = self.draw_grids(data, &look, out)?;
        let groups = staining::groups(&look);
        let (map, points) = atlas::draw(&look, self.map_points, self.seed).unzip();
        let fitted = colour::fit(&look, self.seed);
        let (colour, chances) = fitted.map(|fitted| (fitted.baseline, fitted.chances)).unzip();
        let parts = Parts {
            balance: balance::balances(&look),
            measures: comparison::compare(&look),
            staining: look.is_grouped().then(|| staining::staining(&groups)).flatten(),
            means,
            colour,
            map,
            suspects,
            copies,
            samples,
            galleries,
        };
        let found = found::gather(data, &facts, &classes, parts);
        let rest = Rest { look: &look, groups, map: points.unwrap_or_default(), chances };
        tables::write(&found, &rest, out)?;
        write_json(&out.join(EDA), &found)?;
        Ok(found)
    }

    /// Draws samples of each class and galleries of each flaw; which rows they show, and how many
    /// have each flaw.
    fn draw_grids(&self, data: &Dataset, look: &Look, out: &Path) -> Result<Grids, DataError> {
        let samples = grid::choose(data, self.per_class, self.seed);
        for (class, rows) in &samples {
            grid::draw(data, rows, Frame::Central, &out.join(format!("samples_{class}.png")))?;
        }
        let mut flaws = suspects::find(look, self.ink);
        let named = flaws.iter().map(|(flaw, rows)| (flaw.to_string(), Suspects::of(look, rows)));
        let named = named.collect();
        flaws.values_mut().for_each(|rows| rows.truncate(self.per_gallery));
        flaws.retain(|_, rows| !rows.is_empty());
        for (flaw, rows) in &flaws {
            grid::draw(data, rows, Frame::None, &out.join(format!("gallery_{flaw}.png")))?;
        }
        Ok((samples, flaws, named))
    }
}

/// Rows by class, rows by flaw, and all images with each flaw.
type Grids = (
    BTreeMap<&'static str, Vec<usize>>,
    BTreeMap<&'static str, Vec<usize>>,
    BTreeMap<String, Suspects>,
);

/// The name of a row's class in files: `0`, `1` or `none`.
fn class_of(row: &Row) -> &'static str {
    class(row.label)
}

/// What can be measured in some images of a data set, in their order, as an exploration with its
/// defaults measures it.
pub fn measures(data: &Dataset, rows: &[usize]) -> Vec<Measures> {
    let black = Explore::default().black;
    let measured = |&row: &usize| Measures::of(data.image(row), data.width(), black);
    rows.par_iter().map(measured).collect()
}
