//! Reads a source into a packed data set: each file once, in parallel, in a fixed order and in
//! bounded memory. Knows nothing of how a source is laid out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Rejected, Row};
use super::decode::Decoded;
use super::earlier::Earlier;
use super::error::DataError;
use super::normalize::{Normalize, Sums};
use super::problem::{Problem, refuse};
use super::sample::Sample;
use super::source::{Listing, Source, Surroundings};
use super::writer::Writer;
use super::{Progress, report};

/// Reads images and labels into a packed data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Ingest {
    /// Where the images come from.
    pub source: Source,
    /// Reads only a part of the images, drawn at random, but the same share of each source, split
    /// and class.
    #[serde(default)]
    pub sample: Option<Sample>,
    /// Reads only the first so many images, of the sample if there is one.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub limit: Option<usize>,
    /// What to do about an image that cannot be read: "fail" or "exclude".
    #[serde(default)]
    pub on_bad_image: OnBadImage,
    /// Seeds the sample and the generator of synthetic tissue.
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
        let sample = self.sample.as_ref().and_then(Sample::problem);
        let most = usize::MAX;
        let limit =
            self.limit.and_then(|n| Problem::outside("limit", n, 1..=most, "read 1 or more"));
        self.source.problems().into_iter().map(within).chain(sample).chain(limit).collect()
    }

    /// Writes the data set into the folder `out` and opens it.
    pub fn run(&self, out: &Path, progress: Progress) -> Result<Dataset, DataError> {
        self.run_after(None, out, progress)
    }

    /// The same, sooner: images that an earlier data set of these parameters has are not read again.
    pub fn run_after(
        &self,
        earlier: Option<&Earlier>,
        out: &Path,
        progress: Progress,
    ) -> Result<Dataset, DataError> {
        refuse(self.problems())?;
        let told = (AtomicUsize::new(0), AtomicUsize::new(1));
        let going_on = || report(progress, told.0.load(Relaxed), told.1.load(Relaxed));
        let around = Surroundings { seed: self.seed, scratch: out, going_on: &going_on };
        let mut listings = self.source.list(around)?;
        if let Some(earlier) = earlier {
            listings = listings.into_iter().map(|listing| earlier.over(listing)).collect();
        }
        check_ids(&listings)?;
        let chosen = self.choose(&mut listings)?;
        let total = chosen.iter().map(Vec::len).sum();
        told.1.store(total, Relaxed);
        let mut pack = Pack::new(self, out);
        let mut done = 0;
        for (listing, chosen) in listings.iter_mut().zip(chosen) {
            let mut rows = chosen.into_iter().peekable();
            while rows.peek().is_some() {
                let some: Vec<(usize, Row)> = rows.by_ref().take(pack.at_a_time()).collect();
                let read = listing.pictures.read(&some, |decoded| pack.check(decoded))?;
                done += some.len();
                for (read, (_, row)) in read.into_iter().zip(some) {
                    pack.add(row, read)?;
                }
                told.0.store(done, Relaxed);
                report(progress, done, total)?;
            }
        }
        pack.finish(total)
    }

    /// The rows that are read, and their places in their listing.
    fn choose(&self, listings: &mut [Listing]) -> Result<Vec<Vec<(usize, Row)>>, DataError> {
        let total: usize = listings.iter().map(|listing| listing.rows.len()).sum();
        let mut drawn: Vec<usize> = match &self.sample {
            Some(sample) => {
                sample.draw(listings.iter().flat_map(|listing| &listing.rows), self.seed)?
            }
            None => (0..total).collect(),
        };
        drawn.truncate(self.limit.unwrap_or(total));
        let mut drawn = drawn.into_iter().peekable();
        let (mut chosen, mut first) = (Vec::new(), 0);
        for listing in listings {
            let rows = std::mem::take(&mut listing.rows);
            let end = first + rows.len();
            let drawn = |(at, _): &(usize, Row)| drawn.next_if_eq(&(first + at)).is_some();
            chosen.push(rows.into_iter().enumerate().filter(drawn).collect());
            first = end;
        }
        Ok(chosen)
    }
}

/// An id names one image.
fn check_ids(listings: &[Listing]) -> Result<(), DataError> {
    let mut ids = BTreeMap::new();
    for row in listings.iter().flat_map(|listing| &listing.rows) {
        if let Some(one) = ids.insert(row.id.as_str(), row) {
            let (one, two) = (one.source.clone(), row.source.clone());
            return Err(DataError::SameId { id: row.id.clone(), one, two });
        }
    }
    Ok(())
}

/// An image that has been read, with its sums.
struct Read {
    decoded: Decoded,
    sums: Sums,
    /// Height and width in pixels.
    size: (usize, usize),
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

    /// One, until it is known how large images are.
    fn at_a_time(&self) -> usize {
        match &self.writer {
            Some((_, _, (height, width))) => (IN_MEMORY / (height * width * 3)).clamp(1, AT_A_TIME),
            None => 1,
        }
    }

    /// Sums an image up. The pixels of one that has not the size of the first are let go at once, so
    /// that however large it is, memory is not filled with its like.
    fn check(&self, mut decoded: Decoded) -> Result<Read, String> {
        let size = (decoded.picture.height, decoded.picture.width);
        let sums = match &self.writer {
            Some((_, _, first)) if *first != size => {
                decoded.picture.pixels = Vec::new();
                Sums::default()
            }
            _ => Sums::of(&decoded.picture.pixels),
        };
        Ok(Read { decoded, sums, size })
    }

    fn add(&mut self, row: Row, read: Result<Read, String>) -> Result<(), DataError> {
        let name = self.name(&row);
        let Read { decoded, sums, size: (height, width) } = match read {
            Ok(read) => read,
            Err(problem) => {
                self.bad.push(Rejected { path: name, problem });
                return Ok(());
            }
        };
        let (writer, first, size) = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let origin = self.ingest.source.origin();
                let writer = Writer::create(self.out, origin, height, width)?;
                none.insert((writer, name.clone(), (height, width)))
            }
        };
        if *size != (height, width) {
            return Err(DataError::Sizes {
                one: first.clone(),
                one_size: *size,
                two: name,
                two_size: (height, width),
            });
        }
        writer.count(decoded.format, decoded.size);
        writer.push_summed(row, &decoded.picture.pixels, &sums)
    }

    /// The file of an image, for messages.
    fn name(&self, row: &Row) -> String {
        match &self.ingest.source {
            Source::Mix(_) => format!("{}/{}", row.origin, row.source),
            _ => row.source.clone(),
        }
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
