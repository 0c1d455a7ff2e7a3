//! Makes a data set ready for networks: one size, a split, a normalisation. Knows nothing of
//! sources or networks.

use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Row, SplitInfo};
use super::decode::Picture;
use super::duplicates::Copies;
use super::error::DataError;
use super::leaks::{self, counted, joined, leaks};
use super::normalize::{Normalize, Sums};
use super::problem::{Problem, of_size, refuse};
use super::resize::resize;
use super::split::{Split, SplitRule};
use super::stain::{Colours, StainTransfer};
use super::writer::{Writer, write_csv, write_json};
use super::{Progress, report};

/// Resizes, splits and normalises a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Preprocess {
    /// Height and width in pixels; as they are by default.
    #[schemars(range(min = 1, max = 4096))]
    pub size: Option<u32>,
    /// How differences of staining are taken out, if at all: { reinhard = {} } or { macenko = {} };
    /// the target is the mean of the train split, or given.
    pub stain: Option<StainTransfer>,
    /// How pixels are shifted and scaled: "dataset" (mean and sd of the train split), "none", or
    /// { mean = [r, g, b], sd = [r, g, b] } on the scale 0 to 1.
    pub normalize: Normalize,
    /// Who learns from which image: "given", or { train = 0.8, valid = 0.1, test = 0.1, by =
    /// "group", stratify = true }.
    pub split: SplitRule,
    /// What to do when images of one group (patient, slide), or copies of one image (also turned,
    /// mirrored or compressed anew), are in several splits: "deny", "warn" or "allow".
    pub leakage: Leakage,
    /// Seeds the draw of the split.
    pub seed: u64,
}

/// What to do about images in different splits that are not independent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leakage {
    /// It is an error: networks would be scored on what they have learnt from.
    #[default]
    Deny,
    /// They are listed in leaks.csv, and the worst is told.
    Warn,
    /// They are not looked for; scores may look too good.
    Allow,
}

/// Hears what is worth telling while a data set is made.
pub type Note<'a> = &'a dyn Fn(String);

/// Images that are in memory at a time.
const AT_A_TIME: usize = 256;

impl Preprocess {
    /// Writes the data set into the folder `out` and opens it. `leaks.csv` lists what is not
    /// independent across splits; it is not there with `leakage = "allow"`. `stain.json` has the
    /// target of stain normalisation, if there is one.
    ///
    /// # Errors
    /// Parameters with problems, a split without one of the classes, leaks under `"deny"`, files
    /// that cannot be written.
    pub fn run(
        &self,
        data: &Dataset,
        out: &Path,
        progress: Progress,
    ) -> Result<Dataset, DataError> {
        self.run_noting(data, out, progress, &|_| {})
    }

    /// As [`Preprocess::run`]; `note` hears what the splits came to, and of leaks that are let be.
    pub fn run_noting(
        &self,
        data: &Dataset,
        out: &Path,
        progress: Progress,
        note: Note,
    ) -> Result<Dataset, DataError> {
        refuse(self.problems())?;
        let copies = match self.leakage {
            Leakage::Allow => Copies::default(),
            Leakage::Deny | Leakage::Warn => Copies::find(data, progress)?,
        };
        let splits = self.divide(data.rows(), &copies)?;
        self.look_for_leaks(data.rows(), &splits, &copies, out, note)?;
        self.pack(data, &splits, out, progress)
    }

    /// The split of each row. A drawn one keeps copies together, unless leaks do not matter.
    fn divide(&self, rows: &[Row], copies: &Copies) -> Result<Vec<Split>, DataError> {
        match self.split.unit() {
            Some(by) if !copies.pairs.is_empty() => {
                self.split.assign(&joined(rows, copies, by), self.seed)
            }
            _ => self.split.assign(rows, self.seed),
        }
    }

    fn look_for_leaks(
        &self,
        rows: &[Row],
        splits: &[Split],
        copies: &Copies,
        out: &Path,
        note: Note,
    ) -> Result<(), DataError> {
        note(shares(rows, splits));
        if self.leakage == Leakage::Allow {
            return Ok(());
        }
        let leaks = leaks(rows, splits, copies);
        if self.leakage == Leakage::Deny && !leaks.is_empty() {
            return Err(DataError::Leaks { leaks, advice: self.advice() });
        }
        if let Some(worst) = leaks.first() {
            let found = counted(&leaks);
            note(format!("{found} between splits, listed in leaks.csv; the worst: {worst}"));
        }
        std::fs::create_dir_all(out).map_err(DataError::write(out))?;
        write_csv(&out.join("leaks.csv"), &leaks::COLUMNS, &leaks)
    }

    fn advice(&self) -> &'static str {
        match self.split.unit() {
            None => {
                "give them the same split, remove what is there twice, let `split` say fractions, \
                 which keep groups and copies together"
            }
            Some(_) => "set `by = \"group\"` of `split`",
        }
    }

    /// Writes the images, each with its split.
    fn pack(
        &self,
        data: &Dataset,
        splits: &[Split],
        out: &Path,
        progress: Progress,
    ) -> Result<Dataset, DataError> {
        let target = match &self.stain {
            Some(stain) => self.target(stain, data, splits, progress)?,
            None => None,
        };
        if let Some(target) = &target {
            std::fs::create_dir_all(out).map_err(DataError::write(out))?;
            write_json(&out.join("stain.json"), target)?;
        }
        let (height, width) = match self.size {
            Some(size) => (size as usize, size as usize),
            None => (data.height(), data.width()),
        };
        let mut writer = Writer::create(out, &data.info().origin, height, width)?;
        for first in (0..data.len()).step_by(AT_A_TIME) {
            let some = first..data.len().min(first + AT_A_TIME);
            let images: Vec<(Vec<u8>, Sums)> = some
                .clone()
                .into_par_iter()
                .map(|i| self.ready(data, i, target.as_ref(), [height, width]))
                .collect();
            for (i, (pixels, sums)) in some.clone().zip(images) {
                let row = Row { split: Some(splits[i]), ..data.rows()[i].clone() };
                writer.push_summed(row, &pixels, &sums)?;
            }
            report(progress, some.end, data.len())?;
        }
        writer.pass_on(data.info());
        data.rejected().iter().cloned().for_each(|rejected| writer.reject(rejected));
        writer.finish(&self.normalize)
    }

    /// The staining that all images are given: as it was given, or the mean of the train split;
    /// none where no train image has enough tissue to tell.
    fn target(
        &self,
        stain: &StainTransfer,
        data: &Dataset,
        splits: &[Split],
        progress: Progress,
    ) -> Result<Option<Colours>, DataError> {
        if let Some(given) = stain.given() {
            return Ok(Some(given));
        }
        let train: Vec<usize> = (0..data.len()).filter(|&i| splits[i] == Split::Train).collect();
        let mut looks: Vec<Colours> = Vec::new();
        for (done, some) in train.chunks(AT_A_TIME).enumerate() {
            let found: Vec<Option<Colours>> =
                some.par_iter().map(|&i| stain.look(data.image(i))).collect();
            looks.extend(found.into_iter().flatten());
            report(progress, train.len().min((done + 1) * AT_A_TIME), train.len())?;
        }
        Ok(stain.average(looks.iter()))
    }

    /// An image with the staining of the target, resized; and its sums.
    fn ready(
        &self,
        data: &Dataset,
        i: usize,
        target: Option<&Colours>,
        [height, width]: [usize; 2],
    ) -> (Vec<u8>, Sums) {
        let mut pixels = data.image(i).to_vec();
        if let (Some(stain), Some(target)) = (&self.stain, target)
            && let Some(own) = stain.look(&pixels)
        {
            own.transfer(target, &mut pixels);
        }
        let picture = Picture { height: data.height(), width: data.width(), pixels };
        let pixels = resize(picture, height, width).pixels;
        let sums = Sums::of(&pixels);
        (pixels, sums)
    }

    /// What is wrong with the parameters, whatever the data.
    pub fn problems(&self) -> Vec<Problem> {
        let normalize = self.normalize.problems().into_iter();
        let stain = self.stain.iter().flat_map(StainTransfer::problems);
        let split = self.split.problems().into_iter();
        of_size(self.size).into_iter().chain(stain).chain(normalize).chain(split).collect()
    }
}

/// `train 2902 images of 150 groups (66.3 %, 50.1 % positive); valid …`.
fn shares(rows: &[Row], splits: &[Split]) -> String {
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    let tell = |split: Split| {
        let of = || rows.iter().zip(splits).filter(move |(_, s)| **s == split).map(|(row, _)| row);
        let SplitInfo { images, groups, labels } = SplitInfo::of(of());
        let count = |label: &str| labels.get(label).copied().unwrap_or(0);
        let share = percent(images, rows.len());
        let positive = percent(count("1"), count("0") + count("1"));
        let of_groups = format!("{groups} group{}", if groups == 1 { "" } else { "s" });
        format!("{split} {images} images of {of_groups} ({share:.1} %, {positive:.1} % positive)")
    };
    Split::ALL.map(tell).join("; ")
}
