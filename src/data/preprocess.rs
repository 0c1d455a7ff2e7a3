//! Makes a data set ready for networks: one size, a split, a normalisation. Knows nothing of
//! sources or networks.

use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Progress;
use super::dataset::{Dataset, Row};
use super::decode::Picture;
use super::error::DataError;
use super::normalize::{Normalize, Sums};
use super::resize::resize;
use super::split::SplitRule;
use super::writer::Writer;

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
    /// Seeds the draw of the split.
    pub seed: u64,
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
        self.check()?;
        let splits = self.split.assign(data.rows(), self.seed)?;
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
            progress(some.end, data.len());
        }
        data.rejected().iter().cloned().for_each(|rejected| writer.reject(rejected));
        writer.finish(&self.normalize)
    }

    fn check(&self) -> Result<(), DataError> {
        if self.size == Some(0) {
            let expected = "give the number of pixels, at least 1";
            return Err(DataError::BadParameter { what: "`size`", value: "0".into(), expected });
        }
        match &self.normalize {
            Normalize::Explicit(explicit) if !explicit.sd.iter().all(|&sd| sd > 0.0) => {
                Err(DataError::BadParameter {
                    what: "`normalize.sd`",
                    value: format!("{:?}", explicit.sd),
                    expected: "pixels are divided by it, so it must be greater than 0",
                })
            }
            _ => Ok(()),
        }
    }
}

fn resized(data: &Dataset, i: usize, height: usize, width: usize) -> (Vec<u8>, Sums) {
    let picture =
        Picture { height: data.height(), width: data.width(), pixels: data.image(i).to_vec() };
    let picture = resize(picture, height, width);
    let sums = Sums::of(&picture.pixels);
    (picture.pixels, sums)
}
