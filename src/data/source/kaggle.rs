//! The folder of Kaggle's histopathologic-cancer-detection competition: `train/<id>.tif` and a CSV
//! of labels. Its `test` folder has no labels and is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::{Listing, SourceFiles, has_extension, read, walk};
use crate::data::dataset::Row;
use crate::data::decode::Picture;
use crate::data::error::DataError;
use crate::data::table;

/// Height and width of a PatchCamelyon patch in pixels.
pub(super) const SIDE: usize = 96;

const TRAIN: &str = "train";
const EXTENSIONS: [&str; 2] = ["tif", "tiff"];

/// The folder of Kaggle's histopathologic-cancer-detection competition.
///
/// Kaggle does not say which slide a patch is from, so each image is a group of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Kaggle {
    /// The folder that holds `train/` and the labels.
    #[serde(skip_serializing)]
    pub dir: PathBuf,
    /// The CSV file of labels in it, with the columns `id` and `label`.
    #[serde(default = "train_labels")]
    pub labels: String,
    /// Whether each id must be the SHA-1 of its patch's 96·96·3 bytes, as Kaggle's ids are.
    #[serde(default = "yes")]
    pub check_ids: bool,
    /// What to do with images in `train/` that the CSV file does not list.
    #[serde(default)]
    pub unlabelled: Unlabelled,
}

/// What to do with an image that has no label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unlabelled {
    /// It is an error.
    #[default]
    Deny,
    /// It is kept without a label: described and split, but neither trained on nor scored.
    Keep,
}

fn train_labels() -> String {
    "train_labels.csv".into()
}

fn yes() -> bool {
    true
}

impl Kaggle {
    pub(super) fn files(&self) -> SourceFiles {
        let labels = PathBuf::from(&self.labels);
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| {
                path == labels || (path.starts_with(TRAIN) && is_patch(path))
            }),
        }
    }

    pub(super) fn list(&self) -> Result<Listing<'_>, DataError> {
        let train = self.dir.join(TRAIN);
        for folder in [&self.dir, &train] {
            if !folder.is_dir() {
                return Err(DataError::MissingFolder {
                    path: folder.clone(),
                    expected: "the folder of Kaggle's histopathologic-cancer-detection data, \
                               which holds train/ and train_labels.csv",
                });
            }
        }
        let labels = self.read_labels()?;
        let paths = walk(&train, &is_patch)?;
        if paths.is_empty() {
            let expected = "it must hold the patches as <id>.tif".into();
            return Err(DataError::Empty { path: train, expected });
        }
        let rows: Vec<Row> = paths.iter().map(|path| row(path, &labels)).collect();
        self.check(&train, &labels, &rows)?;
        Ok(Listing { rows, picture: Box::new(|_, row| self.picture(row)) })
    }

    fn read_labels(&self) -> Result<BTreeMap<String, (u64, u8)>, DataError> {
        let path = self.dir.join(&self.labels);
        if !path.is_file() {
            return Err(DataError::MissingTable { path, what: "labels", key: "labels" });
        }
        let mut labels = BTreeMap::new();
        for (line, [id, value]) in table::read(&path, ["id", "label"])? {
            // Some people list the files instead of the ids.
            let id = id.strip_suffix(".tif").unwrap_or(&id).to_string();
            let label = match value.as_str() {
                "0" => 0,
                "1" => 1,
                _ => return Err(DataError::BadLabel { path, line, id, value }),
            };
            if let Some((first, _)) = labels.insert(id.clone(), (line, label)) {
                return Err(DataError::Twice { path, id, first, second: line });
            }
        }
        Ok(labels)
    }

    fn check(
        &self,
        train: &Path,
        labels: &BTreeMap<String, (u64, u8)>,
        rows: &[Row],
    ) -> Result<(), DataError> {
        let path = self.dir.join(&self.labels);
        let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let mut lost: Vec<(&u64, &String)> = labels
            .iter()
            .filter(|(id, _)| !known.contains(id.as_str()))
            .map(|(id, (line, _))| (line, id))
            .collect();
        if !lost.is_empty() {
            lost.sort_unstable();
            let ids = lost.into_iter().map(|(_, id)| id.clone()).collect();
            return Err(DataError::NoSuchImages { path, folder: train.into(), ids });
        }
        let bare = rows.iter().filter(|row| row.label.is_none());
        let ids: Vec<String> = bare.map(|row| row.source.clone()).collect();
        if self.unlabelled == Unlabelled::Deny && !ids.is_empty() {
            return Err(DataError::Unlabelled { path, ids });
        }
        Ok(())
    }

    fn picture(&self, row: &Row) -> Result<Picture, String> {
        let picture = read(&self.dir.join(&row.source), None)?;
        let Picture { height, width, pixels } = &picture;
        if (*height, *width) != (SIDE, SIDE) {
            return Err(format!("it is {width}×{height} pixels, and Kaggle's patches are 96×96"));
        }
        if self.check_ids {
            let digest = hex(&Sha1::digest(pixels));
            if digest != row.id {
                return Err(format!(
                    "its pixels have the SHA-1 {digest}, which should be its id: the patch was \
                     changed or renamed; get it again, or set `check_ids = false`"
                ));
            }
        }
        Ok(picture)
    }
}

fn is_patch(path: &Path) -> bool {
    has_extension(path, &EXTENSIONS)
}

fn row(path: &str, labels: &BTreeMap<String, (u64, u8)>) -> Row {
    let id = path.rsplit_once('.').map_or(path, |(stem, _)| stem).to_string();
    Row {
        label: labels.get(&id).map(|&(_, label)| label),
        group: id.clone(),
        split: None,
        source: format!("{TRAIN}/{path}"),
        id,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
