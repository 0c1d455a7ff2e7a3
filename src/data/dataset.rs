//! A packed data set, mapped into memory: equal-sized patches with their labels, groups and
//! splits. Knows nothing of where they came from.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::error::DataError;
use super::map::map;
use super::normalize::Normalization;
use super::split::Split;

/// The names of the files a data set is made of.
pub(super) const IMAGES: &str = "images.safetensors";
pub(super) const INDEX: &str = "index.csv";
pub(super) const INFO: &str = "dataset.json";
pub(super) const REJECTED: &str = "rejected.csv";

/// The byte that stands for "no label" in the `labels` tensor.
pub(super) const NO_LABEL: u8 = 255;

/// What is known of an image besides its pixels; a line of `index.csv`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Unique in the data set.
    pub id: String,
    /// 1 = tumour, 0 = none, absent = unknown.
    pub label: Option<u8>,
    /// The patient or slide; images of one group are never independent.
    pub group: String,
    /// The split the data came with, or that was drawn.
    pub split: Option<Split>,
    /// The file it was read from, relative to the source's folder.
    pub source: String,
    /// The source it came from: its name in a mix, else the kind of source.
    #[serde(default)]
    pub origin: String,
}

/// An image that was left out; a line of `rejected.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// Relative to the source's folder.
    pub path: String,
    pub problem: String,
}

/// What `dataset.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// `kaggle`, `pcam`, `folder`, `parquet`, `synthetic` or `mix`. Nothing more is said of the source, so that
    /// equal images stay an equal data set.
    pub origin: String,
    pub images: usize,
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    /// Images left out because they could not be used.
    pub rejected: usize,
    /// Images by the format and colour mode of the files that they were read from, such as
    /// `TIFF rgb8`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub formats: BTreeMap<String, usize>,
    /// Images by their width and height before resizing, such as `96×96`; beyond 32 different
    /// sizes the rarer ones are counted as `other`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sizes: BTreeMap<String, usize>,
    /// Distinct groups (patients, slides).
    pub groups: usize,
    /// Images of class `0`, of class `1`, and with label `none`.
    pub labels: BTreeMap<String, usize>,
    /// The same for `train`, `valid`, `test` and `none`, those that occur.
    pub splits: BTreeMap<String, SplitInfo>,
    /// Over the train split, or over all images where there is none; scale 0 to 1.
    pub mean: [f32; 3],
    /// Over the train split, or over all images where there is none; scale 0 to 1.
    pub sd: [f32; 3],
    /// What networks are to do with pixels before they look at them.
    pub normalization: Option<Normalization>,
}

/// The size of a split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitInfo {
    pub images: usize,
    pub groups: usize,
    /// Images of class `0`, of class `1`, and with label `none`.
    pub labels: BTreeMap<String, usize>,
}

impl SplitInfo {
    /// Counts rows, their groups and their labels.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> SplitInfo {
        let mut info = SplitInfo::default();
        for label in ["0", "1", "none"] {
            info.labels.insert(label.into(), 0);
        }
        let mut groups = BTreeSet::new();
        for row in rows {
            info.images += 1;
            groups.insert(row.group.as_str());
            *info.labels.entry(label_name(row.label)).or_default() += 1;
        }
        info.groups = groups.len();
        info
    }

    /// The same for every split that occurs, `none` among them.
    pub(super) fn of_each(rows: &[Row]) -> BTreeMap<String, SplitInfo> {
        let named = Split::ALL.map(|split| (split.name(), Some(split)));
        named
            .into_iter()
            .chain([("none", None)])
            .map(|(name, split)| {
                (name.to_string(), SplitInfo::of(rows.iter().filter(|row| row.split == split)))
            })
            .filter(|(_, info)| info.images > 0)
            .collect()
    }
}

fn label_name(label: Option<u8>) -> String {
    label.map_or("none".into(), |label| label.to_string())
}

/// Equal-sized RGB patches, memory-mapped: N×H×W×3 bytes, with what is known of each.
#[derive(Debug)]
pub struct Dataset {
    file: Mmap,
    pixels: Range<usize>,
    info: Info,
    rows: Vec<Row>,
    rejected: Vec<Rejected>,
}

impl Dataset {
    /// Opens the data set whose file called `name` lies at `files(name)`.
    pub fn open(files: &dyn Fn(&str) -> PathBuf) -> Result<Dataset, DataError> {
        let info = files(INFO);
        let text = std::fs::read(&info).map_err(DataError::read(&info))?;
        let info: Info = serde_json::from_slice(&text).map_err(|e| DataError::damaged(&info, e))?;
        let path = files(IMAGES);
        let file = map(&path).map_err(DataError::read(&path))?;
        let shape = [info.images, info.height, info.width, 3];
        let pixels = find(&file, &shape).map_err(|problem| DataError::damaged(&path, problem))?;
        let index = files(INDEX);
        let rows: Vec<Row> = read_csv(&index)?;
        if rows.len() != info.images {
            let problem = format!("{} lines for {} images", rows.len(), info.images);
            return Err(DataError::damaged(&index, problem));
        }
        Ok(Dataset { file, pixels, info, rows, rejected: read_csv(&files(REJECTED))? })
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Height of each image in pixels.
    pub fn height(&self) -> usize {
        self.info.height
    }

    /// Width of each image in pixels.
    pub fn width(&self) -> usize {
        self.info.width
    }

    /// The pixels of image `i`: H×W×3 bytes, row by row, red first.
    pub fn image(&self, i: usize) -> &[u8] {
        let bytes = self.height() * self.width() * 3;
        &self.file[self.pixels.clone()][i * bytes..][..bytes]
    }

    /// 1 = tumour, 0 = none, absent = unknown.
    pub fn label(&self, i: usize) -> Option<u8> {
        self.rows[i].label
    }

    /// The labelled images of a split, in the order of the data set.
    pub fn indices(&self, split: Split) -> Vec<usize> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.split == Some(split) && row.label.is_some())
            .map(|(i, _)| i)
            .collect()
    }

    /// What networks are to do with pixels: `x = (byte / 255 - mean) / sd`.
    pub fn normalization(&self) -> Option<Normalization> {
        self.info.normalization
    }

    /// What is known of each image, in the order of the images.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The numbers of `dataset.json`.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The images that were left out.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }
}

/// Where the tensor `images` lies in the file; `labels` must be there too.
fn find(file: &[u8], shape: &[usize; 4]) -> Result<Range<usize>, String> {
    let tensors = SafeTensors::deserialize(file).map_err(|e| e.to_string())?;
    let images = tensors.tensor("images").map_err(|e| e.to_string())?;
    let labels = tensors.tensor("labels").map_err(|e| e.to_string())?;
    for (name, tensor, shape) in [("images", &images, &shape[..]), ("labels", &labels, &shape[..1])]
    {
        if tensor.dtype() != Dtype::U8 || tensor.shape() != shape {
            let (dtype, found) = (tensor.dtype(), tensor.shape());
            return Err(format!("`{name}` is {dtype} {found:?}, not U8 {shape:?}"));
        }
    }
    let start = images.data().as_ptr().addr() - file.as_ptr().addr();
    Ok(start..start + images.data().len())
}

fn read_csv<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, DataError> {
    let damaged = |e: csv::Error| DataError::damaged(path, e);
    let mut reader = csv::Reader::from_path(path).map_err(damaged)?;
    reader.deserialize().collect::<Result<_, _>>().map_err(damaged)
}
