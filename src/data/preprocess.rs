//! Makes a data set ready for networks: one size, a split, a normalisation. Knows nothing of
//! sources or networks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Row};
use super::decode::Picture;
use super::error::DataError;
use super::normalize::{Normalize, Sums};
use super::problem::{Problem, of_size, refuse};
use super::resize::resize;
use super::split::{Split, SplitRule};
use super::writer::Writer;
use super::{Progress, report};

/// Resizes, splits and normalises a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Preprocess {
    /// Height and width in pixels; as they are by default.
    #[schemars(range(min = 1, max = 4096))]
    pub size: Option<u32>,
    /// How pixels are shifted and scaled: "dataset" (mean and sd of the train split), "none", or
    /// { mean = [r, g, b], sd = [r, g, b] } on the scale 0 to 1.
    pub normalize: Normalize,
    /// Who learns from which image: "given", or { train = 0.8, valid = 0.1, test = 0.1, by =
    /// "group", stratify = true }.
    pub split: SplitRule,
    /// What to do when a given split puts images of one group (patient, slide) into several
    /// splits: "deny" or "allow".
    pub leakage: Leakage,
    /// Seeds the draw of the split.
    pub seed: u64,
}

/// What to do about a given split that tears groups apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leakage {
    /// It is an error: networks would be scored on patients that they have learnt from.
    #[default]
    Deny,
    /// The split is taken as it is; scores may look too good.
    Allow,
}

/// Images that are in memory at a time.
const AT_A_TIME: usize = 256;

impl Preprocess {
    /// Writes the data set into the folder `out` and opens it.
    pub fn run(
        &self,
        data: &Dataset,
        out: &Path,
        progress: Progress,
    ) -> Result<Dataset, DataError> {
        refuse(self.problems())?;
        let splits = self.split.assign(data.rows(), self.seed)?;
        if self.split == SplitRule::Given && self.leakage == Leakage::Deny {
            refuse_torn_groups(data.rows())?;
        }
        let (height, width) = match self.size {
            Some(size) => (size as usize, size as usize),
            None => (data.height(), data.width()),
        };
        let mut writer = Writer::create(out, &data.info().origin, height, width)?;
        for first in (0..data.len()).step_by(AT_A_TIME) {
            let some = first..data.len().min(first + AT_A_TIME);
            let images: Vec<(Vec<u8>, Sums)> =
                some.clone().into_par_iter().map(|i| resized(data, i, height, width)).collect();
            for (i, (pixels, sums)) in some.clone().zip(images) {
                let row = Row { split: Some(splits[i]), ..data.rows()[i].clone() };
                writer.push_summed(row, &pixels, &sums)?;
            }
            report(progress, some.end, data.len())?;
        }
        data.rejected().iter().cloned().for_each(|rejected| writer.reject(rejected));
        writer.finish(&self.normalize)
    }

    /// What is wrong with the parameters, whatever the data.
    pub fn problems(&self) -> Vec<Problem> {
        let normalize = self.normalize.problems().into_iter();
        let split = self.split.problems().into_iter();
        of_size(self.size).into_iter().chain(normalize).chain(split).collect()
    }
}

/// An image that is a group of its own cannot be torn apart.
fn refuse_torn_groups(rows: &[Row]) -> Result<(), DataError> {
    let mut splits: BTreeMap<&str, BTreeSet<Split>> = BTreeMap::new();
    for row in rows {
        splits.entry(&row.group).or_default().extend(row.split);
    }
    let torn = splits.into_iter().filter(|(_, splits)| splits.len() > 1);
    let told = |(group, splits): (&str, BTreeSet<Split>)| {
        let names: Vec<&str> = splits.into_iter().map(Split::name).collect();
        format!("`{group}` is in {}", names.join(" and "))
    };
    let groups: Vec<String> = torn.map(told).collect();
    if groups.is_empty() { Ok(()) } else { Err(DataError::TornGroups { groups }) }
}

fn resized(data: &Dataset, i: usize, height: usize, width: usize) -> (Vec<u8>, Sums) {
    let picture =
        Picture { height: data.height(), width: data.width(), pixels: data.image(i).to_vec() };
    let picture = resize(picture, height, width);
    let sums = Sums::of(&picture.pixels);
    (picture.pixels, sums)
}
