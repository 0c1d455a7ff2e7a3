//! Writes a packed data set image by image, so that it never has to fit into memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::dataset::{
    Dataset, IMAGES, INDEX, INFO, Info, NO_LABEL, REJECTED, Rejected, Row, SplitInfo,
};
use super::error::DataError;
use super::normalize::{Normalize, Sums};
use super::split::Split;

/// Bytes kept for the head of the safetensors file, whose counts are known only at the end: eight
/// for its length, then JSON padded with spaces, as the format allows.
const HEAD: usize = 256;

/// A data set in the making. Files appear in its folder; they are whole after [`Writer::finish`].
pub struct Writer {
    folder: PathBuf,
    origin: String,
    height: usize,
    width: usize,
    images: BufWriter<File>,
    rows: Vec<Row>,
    rejected: Vec<Rejected>,
    formats: BTreeMap<String, usize>,
    sizes: BTreeMap<String, usize>,
    all: Sums,
    train: Sums,
}

impl Writer {
    /// Starts a data set of images of `height`×`width` pixels; `origin` says what they come from.
    pub fn create(
        folder: &Path,
        origin: &str,
        height: usize,
        width: usize,
    ) -> Result<Writer, DataError> {
        std::fs::create_dir_all(folder).map_err(DataError::write(folder))?;
        let path = folder.join(IMAGES);
        let file = File::create(&path).map_err(DataError::write(&path))?;
        let mut images = BufWriter::with_capacity(1 << 20, file);
        images.write_all(&[b' '; HEAD]).map_err(DataError::write(&path))?;
        Ok(Writer {
            folder: folder.into(),
            origin: origin.into(),
            height,
            width,
            images,
            rows: Vec::new(),
            rejected: Vec::new(),
            formats: BTreeMap::new(),
            sizes: BTreeMap::new(),
            all: Sums::default(),
            train: Sums::default(),
        })
    }

    /// Appends an image of H×W×3 bytes.
    pub fn push(&mut self, row: Row, pixels: &[u8]) -> Result<(), DataError> {
        self.push_summed(row, pixels, &Sums::of(pixels))
    }

    /// As [`Writer::push`], for callers that have summed the pixels elsewhere, in parallel.
    pub(super) fn push_summed(
        &mut self,
        row: Row,
        pixels: &[u8],
        sums: &Sums,
    ) -> Result<(), DataError> {
        debug_assert_eq!(pixels.len(), self.height * self.width * 3);
        self.all.add(sums);
        if row.split == Some(Split::Train) {
            self.train.add(sums);
        }
        self.rows.push(row);
        self.images.write_all(pixels).map_err(DataError::write(&self.folder.join(IMAGES)))
    }

    /// Counts an image by what its file was: its format and mode, its height and width in pixels.
    pub(super) fn count(&mut self, format: String, (height, width): (usize, usize)) {
        *self.formats.entry(format).or_default() += 1;
        *self.sizes.entry(format!("{width}×{height}")).or_default() += 1;
    }

    /// Says of all images what was counted of them in an earlier data set.
    pub(super) fn pass_on(&mut self, earlier: &Info) {
        self.formats.clone_from(&earlier.formats);
        self.sizes.clone_from(&earlier.sizes);
    }

    /// Lists an image that is left out, with the reason.
    pub fn reject(&mut self, rejected: Rejected) {
        self.rejected.push(rejected);
    }

    /// Writes what is known only at the end, and opens the data set.
    pub fn finish(mut self, normalize: &Normalize) -> Result<Dataset, DataError> {
        let path = self.folder.join(IMAGES);
        self.finish_images().map_err(DataError::write(&path))?;
        let info = self.info(normalize);
        write_json(&self.folder.join(INFO), &info)?;
        write_csv(
            &self.folder.join(INDEX),
            &["id", "label", "group", "split", "source", "origin"],
            &self.rows,
        )?;
        write_csv(&self.folder.join(REJECTED), &["path", "problem"], &self.rejected)?;
        let folder = self.folder;
        drop(self.images);
        Dataset::open(&|name| folder.join(name))
    }

    fn finish_images(&mut self) -> std::io::Result<()> {
        let labels: Vec<u8> = self.rows.iter().map(|row| row.label.unwrap_or(NO_LABEL)).collect();
        self.images.write_all(&labels)?;
        let (n, h, w) = (self.rows.len(), self.height, self.width);
        let bytes = n * h * w * 3;
        let json = format!(
            r#"{{"images":{{"dtype":"U8","shape":[{n},{h},{w},3],"data_offsets":[0,{bytes}]}},"labels":{{"dtype":"U8","shape":[{n}],"data_offsets":[{bytes},{}]}}}}"#,
            bytes + n
        );
        self.images.seek(SeekFrom::Start(0))?;
        self.images.write_all(&(HEAD as u64 - 8).to_le_bytes())?;
        self.images.write_all(json.as_bytes())?;
        self.images.flush()
    }

    fn info(&self, normalize: &Normalize) -> Info {
        let sums = if self.train.is_empty() { &self.all } else { &self.train };
        let measured = sums.moments();
        let all = SplitInfo::of(self.rows.iter());
        Info {
            origin: self.origin.clone(),
            images: self.rows.len(),
            height: self.height,
            width: self.width,
            rejected: self.rejected.len(),
            formats: self.formats.clone(),
            sizes: most_frequent(&self.sizes),
            groups: all.groups,
            labels: all.labels,
            splits: SplitInfo::of_each(&self.rows),
            mean: measured.mean,
            sd: measured.sd,
            normalization: normalize.given(measured),
        }
    }
}

/// How many sizes are told apart.
const SIZES: usize = 32;

/// The word for those that are not told apart.
const OTHER: &str = "other";

/// The most frequent of what was counted; the rest together is `other`.
fn most_frequent(counts: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let named = counts.iter().filter(|(name, _)| *name != OTHER);
    let mut ranked: Vec<(&String, usize)> = named.map(|(name, &n)| (name, n)).collect();
    ranked.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let rest: usize = ranked.iter().skip(SIZES).map(|(_, count)| count).sum();
    let rest = rest + counts.get(OTHER).copied().unwrap_or(0);
    let other = (rest > 0).then(|| (OTHER.to_string(), rest));
    let kept = ranked.into_iter().take(SIZES).map(|(name, count)| (name.clone(), count));
    kept.chain(other).collect()
}

pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), DataError> {
    let error = |e: serde_json::Error| DataError::write(path)(e.into());
    let mut text = serde_json::to_vec_pretty(value).map_err(error)?;
    text.push(b'\n');
    std::fs::write(path, text).map_err(DataError::write(path))
}

/// The header is written by us, so that it is there when there are no rows.
pub(super) fn write_csv<T: Serialize>(
    path: &Path,
    header: &[&str],
    rows: &[T],
) -> Result<(), DataError> {
    let error = |e: csv::Error| DataError::write(path)(e.into());
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_path(path).map_err(error)?;
    writer.write_record(header).map_err(error)?;
    for row in rows {
        writer.serialize(row).map_err(error)?;
    }
    writer.flush().map_err(DataError::write(path))
}
