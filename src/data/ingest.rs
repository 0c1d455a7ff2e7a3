//! Reads a source into a packed data set: each file once, in parallel, in a fixed order and in
//! bounded memory. Knows nothing of how a source is laid out.

use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Rejected, Row};
use super::decode::Picture;
use super::error::DataError;
use super::normalize::{Normalize, Sums};
use super::problem::{Problem, refuse};
use super::source::{Listing, Source};
use super::writer::Writer;
use super::{Progress, report};

/// Reads images and labels into a packed data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Ingest {
    /// Where the images come from.
    pub source: Source,
    /// What to do about an image that cannot be read: "fail" or "exclude".
    #[serde(default)]
    pub on_bad_image: OnBadImage,
    /// Seeds the generator of synthetic tissue.
    #[serde(default)]
    pub seed: u64,
}

/// What to do about an image that cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBadImage {
    /// Stop with a message that names it.
    #[default]
    Fail,
    /// Leave it out and list it in `rejected.csv`.
    Exclude,
}

/// Bytes of pixels that are in memory at a time.
const IN_MEMORY: usize = 32 << 20;
/// Images that are read at a time; few enough for a wish to stop to be heard soon.
const AT_A_TIME: usize = 256;

impl Ingest {
    /// What is wrong with the parameters, whatever the data.
    pub fn problems(&self) -> Vec<Problem> {
        let within = |problem: Problem| problem.within(self.source.origin()).within("source");
        self.source.problems().into_iter().map(within).collect()
    }

    /// Writes the data set into the folder `out` and opens it.
    pub fn run(&self, out: &Path, progress: Progress) -> Result<Dataset, DataError> {
        refuse(self.problems())?;
        let Listing { rows, picture } = self.source.list(self.seed)?;
        let total = rows.len();
        let read = |at: usize, row: &Row| {
            picture(at, row).map(|picture| (Sums::of(&picture.pixels), picture))
        };
        let mut rows = rows.into_iter().enumerate();
        let mut pack = Pack::new(self, out);
        let mut done = 0;
        while done < total {
            let some: Vec<(usize, Row)> = rows.by_ref().take(pack.at_a_time()).collect();
            done += some.len();
            let read: Vec<_> =
                some.into_par_iter().map(|(at, row)| (read(at, &row), row)).collect();
            for (picture, row) in read {
                pack.add(row, picture)?;
            }
            report(progress, done, total)?;
        }
        pack.finish(total)
    }
}

/// The data set in the making, begun when the size of the first image is known.
struct Pack<'a> {
    ingest: &'a Ingest,
    out: &'a Path,
    writer: Option<(Writer, String, (usize, usize))>,
    bad: Vec<Rejected>,
}

impl<'a> Pack<'a> {
    fn new(ingest: &'a Ingest, out: &'a Path) -> Pack<'a> {
        Pack { ingest, out, writer: None, bad: Vec::new() }
    }

    fn at_a_time(&self) -> usize {
        match &self.writer {
            Some((_, _, (height, width))) => (IN_MEMORY / (height * width * 3)).clamp(1, AT_A_TIME),
            None => 16,
        }
    }

    fn add(&mut self, row: Row, picture: Result<(Sums, Picture), String>) -> Result<(), DataError> {
        let (sums, picture) = match picture {
            Ok(picture) => picture,
            Err(problem) => {
                self.bad.push(Rejected { path: row.source, problem });
                return Ok(());
            }
        };
        let Picture { height, width, pixels } = picture;
        let (writer, first, size) = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let origin = self.ingest.source.origin();
                let writer = Writer::create(self.out, origin, height, width)?;
                none.insert((writer, row.source.clone(), (height, width)))
            }
        };
        if *size != (height, width) {
            return Err(DataError::Sizes {
                one: first.clone(),
                one_size: *size,
                two: row.source,
                two_size: (height, width),
            });
        }
        writer.push_summed(row, &pixels, &sums)
    }

    fn finish(self, total: usize) -> Result<Dataset, DataError> {
        let told = || self.bad.iter().map(|bad| format!("{}: {}", bad.path, bad.problem)).collect();
        match self.writer {
            _ if !self.bad.is_empty() && self.ingest.on_bad_image == OnBadImage::Fail => {
                Err(DataError::BadImages { bad: told(), total })
            }
            None => Err(DataError::AllBad { bad: told(), total }),
            Some((mut writer, ..)) => {
                self.bad.into_iter().for_each(|bad| writer.reject(bad));
                writer.finish(&Normalize::None)
            }
        }
    }
}
