//! The official files of PatchCamelyon: HDF5 with one file of images and one of labels a split.

mod images;
mod sums;
mod unpack;

use std::path::{Path, PathBuf};

use hdf5_reader::Hdf5File;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::SourceFiles;
use super::kaggle::SIDE;
use super::listing::{Listing, Pictures, Surroundings};
use super::store::Store;
use crate::data::dataset::Row;
use crate::data::decode::{Decoded, Picture};
use crate::data::error::DataError;
use crate::data::split::Split;
use crate::data::table;
use images::Images;

/// The official files of PatchCamelyon, `camelyonpatch_level_2_split_train_x.h5` and so on.
///
/// Files may be as published (`.h5.gz`) or unpacked (`.h5`, which goes before). Splits are kept as
/// they are; one that is not there is left out. Where `…_meta.csv` is there, the slide is the group
/// of an image; without it, each image is a group of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Pcam {
    /// The folder that holds the files.
    #[serde(skip_serializing)]
    pub dir: PathBuf,
    /// Whether the MD5 of each `.h5.gz` file must be the published one. None are published for
    /// unpacked files.
    #[serde(default = "yes")]
    pub check_sums: bool,
}

fn yes() -> bool {
    true
}

/// What the official names begin with; a split and what is in the file follow.
const NAME: &str = "camelyonpatch_level_2_split_";

/// The files of a split, by their names in the folder.
struct Part {
    split: Split,
    images: String,
    labels: String,
    slides: Option<String>,
}

impl Pcam {
    pub(super) fn files(&self) -> SourceFiles {
        let file = |split: Split| {
            let base = format!("{NAME}{}_", split.name());
            ["x.h5", "x.h5.gz", "y.h5", "y.h5.gz", "meta.csv"].map(|end| format!("{base}{end}"))
        };
        let names: Vec<String> = Split::ALL.into_iter().flat_map(file).collect();
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| names.iter().any(|name| Path::new(name) == path)),
        }
    }

    pub(super) fn list<'a>(&'a self, around: Surroundings<'a>) -> Result<Listing<'a>, DataError> {
        let expected =
            "the folder that holds camelyonpatch_level_2_split_train_x.h5.gz and its like";
        if !self.dir.is_dir() {
            return Err(DataError::MissingFolder { path: self.dir.clone(), expected });
        }
        let parts = self.parts(&self.files().list()?)?;
        if parts.is_empty() {
            let expected = format!("set `dir` to {expected}");
            return Err(DataError::Empty { path: self.dir.clone(), expected });
        }
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        for part in &parts {
            rows.extend(self.rows(part, around)?);
            ends.push(rows.len());
        }
        let mut open: Option<(usize, Images)> = None;
        let fetch = move |at: usize| {
            let part = ends.partition_point(|&end| end <= at);
            let first = if part == 0 { 0 } else { ends[part - 1] };
            let images = match &mut open {
                Some((number, images)) if *number == part => images,
                slot => {
                    // The unpacked file of the split before goes before the next one comes.
                    *slot = None;
                    let images = self.images(&parts[part].images, ends[part] - first, around)?;
                    &mut slot.insert((part, images)).1
                }
            };
            let path = || self.dir.join(&parts[part].images);
            let pixels = images.get(at - first);
            pixels.map(Ok).map_err(|problem| DataError::BadFile { path: path(), problem })
        };
        let decode = |_, pixels| {
            let picture = Picture { height: SIDE, width: SIDE, pixels };
            Ok(Decoded { picture, format: "HDF5 rgb8".into(), size: (SIDE, SIDE) })
        };
        let pictures = Pictures::InOrder { fetch: Box::new(fetch), decode: Box::new(decode) };
        Ok(Listing { rows, pictures })
    }

    /// The splits that are there.
    fn parts(&self, names: &[String]) -> Result<Vec<Part>, DataError> {
        let mut parts = Vec::new();
        for split in Split::ALL {
            let base = format!("{NAME}{}_", split.name());
            let there =
                |end: &str| names.iter().find(|name| **name == format!("{base}{end}")).cloned();
            let file = |what: &str| {
                there(&format!("{what}.h5")).or_else(|| there(&format!("{what}.h5.gz")))
            };
            match (file("x"), file("y")) {
                (Some(images), Some(labels)) => {
                    parts.push(Part { split, images, labels, slides: there("meta.csv") });
                }
                (None, None) => {}
                (images, labels) => {
                    let missing = if images.is_none() { "x" } else { "y" };
                    let path = self.dir.join(format!("{base}{missing}.h5.gz"));
                    let beside = images.or(labels).unwrap_or_default();
                    let problem = format!("it is missing, and {beside} is there; get it, too");
                    return Err(DataError::BadFile { path, problem });
                }
            }
        }
        Ok(parts)
    }

    fn rows(&self, part: &Part, around: Surroundings) -> Result<Vec<Row>, DataError> {
        let labels = self.labels(&part.labels, around)?;
        let slides: Option<Vec<String>> = match &part.slides {
            Some(name) => Some(self.slides(name, &labels)?),
            None => None,
        };
        let source = part.images.strip_suffix(".gz").unwrap_or(&part.images);
        let row = |(at, label): (usize, u8)| {
            let id = format!("{}-{at:06}", part.split.name());
            Row {
                label: Some(label),
                group: slides.as_ref().map_or_else(|| id.clone(), |slides| slides[at].clone()),
                split: Some(part.split),
                source: source.into(),
                origin: "pcam".into(),
                id,
            }
        };
        Ok(labels.into_iter().enumerate().map(row).collect())
    }

    /// The labels of a split, N×1×1×1.
    fn labels(&self, name: &str, around: Surroundings) -> Result<Vec<u8>, DataError> {
        let file = self.open(name, around)?;
        let read = images::labels(&file);
        read.map_err(|problem| DataError::BadFile { path: self.dir.join(name), problem })
    }

    /// The images of a split, N×96×96×3.
    fn images(&self, name: &str, count: usize, around: Surroundings) -> Result<Images, DataError> {
        let file = self.open(name, around)?;
        let images = Images::open(&file, count);
        images.map_err(|problem| DataError::BadFile { path: self.dir.join(name), problem })
    }

    fn open(&self, name: &str, around: Surroundings) -> Result<Hdf5File, DataError> {
        let path = self.dir.join(name);
        let file = if name.ends_with(".gz") {
            let (file, md5) = unpack::unpack(&path, around)?;
            let bad = |problem| DataError::BadFile { path: path.clone(), problem };
            if self.check_sums {
                sums::check(name.strip_prefix(NAME).unwrap_or(name), &md5).map_err(bad)?;
            }
            file
        } else {
            std::fs::File::open(&path).map_err(DataError::read(&path))?
        };
        images::file(file).map_err(|problem| DataError::BadFile { path, problem })
    }

    /// The slide of each image; its labels must be those of the images, or it is of another split.
    fn slides(&self, name: &str, labels: &[u8]) -> Result<Vec<String>, DataError> {
        let path = self.dir.join(name);
        let bytes = Store::Folder(self.dir.clone()).table(name)?;
        let lines = table::read(&path, &bytes, &["wsi", "center_tumor_patch"])?;
        let advice = "is it that of another split? put the right one there, or remove it to do \
                      without slides";
        if lines.len() != labels.len() {
            let (have, want) = (lines.len(), labels.len());
            let problem = format!("it has {have} lines for {want} images; {advice}");
            return Err(DataError::BadFile { path, problem });
        }
        let mut slides = Vec::with_capacity(lines.len());
        for ((line, fields), label) in lines.into_iter().zip(labels) {
            let found = match fields[1].to_ascii_lowercase().as_str() {
                "true" | "1" => Some(1),
                "false" | "0" => Some(0),
                _ => None,
            };
            if found != Some(*label) {
                let found = &fields[1];
                let problem = format!(
                    "line {line}: `center_tumor_patch` is `{found}`, but the image's label is \
                     {label}; {advice}"
                );
                return Err(DataError::BadFile { path, problem });
            }
            slides.push(fields[0].clone());
        }
        Ok(slides)
    }
}
