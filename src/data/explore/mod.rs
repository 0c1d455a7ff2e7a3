//! Describes a data set before anyone trains on it. Knows nothing of networks or reports.

mod facts;
mod found;
mod samples;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Row};
use super::error::DataError;
use super::problem::{Problem, refuse};
use super::writer::{write_csv, write_json};
use super::{Progress, report};
use facts::Facts;
pub use found::{Blank, Brightness, Channels, Duplicates, Exploration, Groups};
use found::{EDA, class};

/// Describes a data set: counts, colours, blank and duplicate images, samples of each class.
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
    /// Seeds the choice of samples.
    pub seed: u64,
}

impl Default for Explore {
    fn default() -> Explore {
        Explore { per_class: 12, black: 15, white: 240, seed: 0 }
    }
}

/// Images between two reports of progress.
const AT_A_TIME: usize = 1024;
/// More samples would make a grid that no viewer opens.
const MOST_SAMPLES: usize = 1000;

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
        samples.into_iter().chain(blank).collect()
    }

    /// Writes `eda.json`, tables and sample grids into the folder `out`.
    ///
    /// The tables are `groups.csv`, `brightness.csv`, `duplicates.csv` and `blank.csv`; the grids
    /// are `samples_0.png`, `samples_1.png` and `samples_none.png`, those whose class occurs.
    pub fn run(
        &self,
        data: &Dataset,
        out: &Path,
        progress: Progress,
    ) -> Result<Exploration, DataError> {
        refuse(self.problems())?;
        std::fs::create_dir_all(out).map_err(DataError::write(out))?;
        let mut facts = Vec::with_capacity(data.len());
        while facts.len() < data.len() {
            let end = data.len().min(facts.len() + AT_A_TIME);
            facts.extend(Facts::of_all(data, facts.len()..end, self.black, self.white));
            report(progress, end, data.len())?;
        }
        let samples = samples::choose(data, self.per_class, self.seed);
        for (class, rows) in &samples {
            samples::draw(data, rows, &out.join(format!("samples_{class}.png")))?;
        }
        let found = found::gather(data, &facts, &samples);
        write_tables(data.rows(), &found, out)?;
        write_json(&out.join(EDA), &found)?;
        Ok(found)
    }
}

fn write_tables(rows: &[Row], found: &Exploration, out: &Path) -> Result<(), DataError> {
    let labels = |label: &str| found.brightness.images.get(label);
    let at = |label: &str, bin: usize| labels(label).map_or(0, |images| images[bin]);
    let bins: Vec<_> = (0..found.brightness.bins)
        .map(|bin| {
            let from = bin * found.brightness.width;
            (from, from + found.brightness.width - 1, at("0", bin), at("1", bin), at("none", bin))
        })
        .collect();
    write_csv(&out.join("brightness.csv"), &["from", "to", "0", "1", "none"], &bins)?;
    let groups: Vec<_> = facts::by_group(rows)
        .into_iter()
        .map(|(group, [negative, positive, none])| (group, negative, positive, none))
        .collect();
    write_csv(&out.join("groups.csv"), &["group", "0", "1", "none"], &groups)?;
    let duplicates: Vec<_> = found
        .duplicates
        .iter()
        .enumerate()
        .flat_map(|(set, same)| same.ids.iter().map(move |id| (set, id, same.labels_disagree)))
        .collect();
    write_csv(&out.join("duplicates.csv"), &["set", "id", "labels_disagree"], &duplicates)?;
    let black = found.blank.black.iter().map(|id| (id, "black"));
    let blank: Vec<_> = black.chain(found.blank.white.iter().map(|id| (id, "white"))).collect();
    write_csv(&out.join("blank.csv"), &["id", "blank"], &blank)
}

/// The name of a row's class in files: `0`, `1` or `none`.
fn class_of(row: &Row) -> &'static str {
    class(row.label)
}
