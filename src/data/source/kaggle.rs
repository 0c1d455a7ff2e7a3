//! The folder of Kaggle's histopathologic-cancer-detection competition: `train/<id>.tif` and a CSV
//! of labels. Its `test` folder has no labels and is left alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::files::{SourceFiles, has_extension, is_inside, plain};
use super::{Listing, read};
use crate::data::dataset::Row;
use crate::data::decode::Picture;
use crate::data::error::DataError;
use crate::data::problem::Problem;
use crate::data::table::{self, Values, in_order_of_lines};

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

/// How the CSV file names images and labels.
const LABELS: Values<u8> = Values {
    what: "labels",
    expected: "a label is 0 or 1",
    // Some people list the files instead of the ids.
    id: |id| id.strip_suffix(".tif").unwrap_or(id).to_string(),
    parse: |value| match value {
        "0" => Some(0),
        "1" => Some(1),
        _ => None,
    },
};

impl Kaggle {
    pub(super) fn problems(&self) -> Vec<Problem> {
        is_inside("labels", &self.labels).into_iter().collect()
    }

    pub(super) fn files(&self) -> SourceFiles {
        let labels = plain(&self.labels);
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| path == labels || is_patch(path)),
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
        let mut paths = self.files().list()?;
        let name = plain(&self.labels);
        let table = self.dir.join(&name);
        let Some(at) = paths.iter().position(|path| Path::new(path) == name) else {
            return Err(DataError::MissingTable { path: table, what: "labels", key: "labels" });
        };
        paths.remove(at);
        let labels = table::read_values(&table, ["id", "label"], &LABELS)?;
        if paths.is_empty() {
            let expected = "it must hold the patches as <id>.tif".into();
            return Err(DataError::Empty { path: train, expected });
        }
        let rows: Vec<Row> = paths.into_iter().map(|path| row(path, &labels)).collect();
        self.check(table, train, labels, &rows)?;
        Ok(Listing { rows, picture: Box::new(|_, row| self.picture(row)) })
    }

    /// Every label has an image, and every image a label unless it may go without.
    fn check(
        &self,
        path: PathBuf,
        folder: PathBuf,
        mut labels: BTreeMap<String, (u64, u8)>,
        rows: &[Row],
    ) -> Result<(), DataError> {
        rows.iter().for_each(|row| _ = labels.remove(&row.id));
        if !labels.is_empty() {
            return Err(DataError::NoSuchImages { path, folder, ids: in_order_of_lines(labels) });
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
            let digest = sha1_hex(pixels);
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
    path.starts_with(TRAIN) && has_extension(path, &EXTENSIONS)
}

fn row(source: String, labels: &BTreeMap<String, (u64, u8)>) -> Row {
    let name = source.strip_prefix(TRAIN).map_or(&*source, |name| name.trim_start_matches('/'));
    let id = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_string();
    let label = labels.get(&id).map(|&(_, label)| label);
    Row { label, group: id.clone(), split: None, source, id }
}

/// The id of a patch.
pub(in crate::data) fn sha1_hex(pixels: &[u8]) -> String {
    Sha1::digest(pixels).iter().map(|byte| format!("{byte:02x}")).collect()
}
