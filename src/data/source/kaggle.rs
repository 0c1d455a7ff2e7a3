//! Kaggle's histopathologic-cancer-detection competition: `train/<id>.tif` and a CSV of labels, in a
//! folder or in the zip file as downloaded. Its `test` has no labels and is left alone unless asked
//! for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::files::{SourceFiles, has_extension, is_inside, plain};
use super::hex;
use super::listing::{Listing, Pictures};
use super::packed::Packed;
use super::store::Store;
use crate::data::dataset::Row;
use crate::data::decode::{Decoded, Picture, decode_and_tell};
use crate::data::error::DataError;
use crate::data::problem::Problem;
use crate::data::table::{self, Values, in_order_of_lines};

/// Height and width of a PatchCamelyon patch in pixels.
pub(super) const SIDE: usize = 96;

const TRAIN: &str = "train";
const TEST: &str = "test";
const SUBMISSION: &str = "sample_submission.csv";
const EXTENSIONS: [&str; 2] = ["tif", "tiff"];

/// Kaggle's histopathologic-cancer-detection competition, as a folder or as the zip file that one
/// downloads.
///
/// Kaggle does not say which slide a patch is from, so each image is a group of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Kaggle {
    /// The folder that holds `train/` and the labels, or the zip file that holds them.
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
    /// What to do with the images in `test/`, which have no label.
    #[serde(default)]
    pub test: Test,
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

/// What to do with the images in `test/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// They are left alone.
    #[default]
    Leave,
    /// They are read without a label. `sample_submission.csv` must list the same images, if it is
    /// there.
    Keep,
}

fn train_labels() -> String {
    "train_labels.csv".into()
}

fn yes() -> bool {
    true
}

/// How the CSV files name images: some people list the files instead of the ids.
fn id(id: &str) -> String {
    let ending = EXTENSIONS.iter().find(|ending| has_extension(Path::new(id), &[ending]));
    ending.map_or(id, |ending| &id[..id.len() - ending.len() - 1]).to_string()
}

/// How the CSV file of labels is read.
const LABELS: Values<u8> = Values {
    what: "labels",
    expected: "a label is 0 or 1",
    id,
    parse: |value| match value {
        "0" => Some(0),
        "1" => Some(1),
        _ => None,
    },
};

/// Where an image's label stands, and what it is.
type Labels = BTreeMap<String, (u64, u8)>;

impl Kaggle {
    pub(super) fn problems(&self) -> Vec<Problem> {
        is_inside("labels", &self.labels).into_iter().collect()
    }

    pub(super) fn files(&self) -> SourceFiles {
        let labels = plain(&self.labels);
        let test = self.test;
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| {
                path == labels
                    || is_patch(path, TRAIN)
                    || test == Test::Keep && (is_patch(path, TEST) || path == Path::new(SUBMISSION))
            }),
        }
    }

    pub(super) fn list(&self) -> Result<Listing<'_>, DataError> {
        let store = self.store()?;
        let mut paths = store.list(&self.files())?;
        let name = plain(&self.labels);
        let table = paths.iter().position(|path| Path::new(path) == name);
        let table = table.map(|at| paths.remove(at)).ok_or_else(|| DataError::MissingTable {
            path: store.path(&name.to_string_lossy()),
            what: "labels",
            key: "labels",
        })?;
        let submission = paths.iter().position(|path| path == SUBMISSION);
        let submission = submission.map(|at| paths.remove(at));
        let path = store.path(&table);
        let labels = table::read_values(&path, &store.table(&table)?, ["id", "label"], &LABELS)?;
        let (test, train): (Vec<Row>, Vec<Row>) =
            paths.into_iter().map(|path| row(path, &labels)).partition(|row| is_test(&row.source));
        if train.is_empty() {
            let expected = "it must hold the patches as <id>.tif".into();
            return Err(DataError::Empty { path: store.path(TRAIN), expected });
        }
        self.check(path, store.path(TRAIN), labels, &train)?;
        if let Some(submission) = submission {
            check_submission(&store, &submission, &test)?;
        }
        let rows = train.into_iter().chain(test).collect();
        let picture = move |_, row: &Row| self.picture(&store, row);
        Ok(Listing { rows, pictures: Pictures::Any(Box::new(picture)) })
    }

    fn store(&self) -> Result<Store, DataError> {
        if self.dir.is_file() {
            return Ok(Store::Zip(Packed::open(&self.dir, &self.labels)?));
        }
        for folder in [&self.dir, &self.dir.join(TRAIN)] {
            if !folder.is_dir() {
                return Err(DataError::MissingFolder {
                    path: folder.clone(),
                    expected: "the folder of Kaggle's histopathologic-cancer-detection data, \
                               which holds train/ and train_labels.csv",
                });
            }
        }
        Ok(Store::Folder(self.dir.clone()))
    }

    /// Every label has an image, and every image a label unless it may go without.
    fn check(
        &self,
        path: PathBuf,
        folder: PathBuf,
        mut labels: Labels,
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

    fn picture(&self, store: &Store, row: &Row) -> Result<Decoded, String> {
        let decoded = decode_and_tell(&store.image(&row.source)?)?;
        let Picture { height, width, pixels } = &decoded.picture;
        if (*height, *width) != (SIDE, SIDE) {
            return Err(format!("it is {width}×{height} pixels, and Kaggle's patches are 96×96"));
        }
        if self.check_ids {
            let digest = sha1_hex(pixels);
            if digest != stem(&row.source) {
                return Err(format!(
                    "its pixels have the SHA-1 {digest}, which should be its id: the patch was \
                     changed or renamed; get it again, or set `check_ids = false`"
                ));
            }
        }
        Ok(decoded)
    }
}

/// The sample submission lists the images of `test/` and no others.
fn check_submission(store: &Store, submission: &str, test: &[Row]) -> Result<(), DataError> {
    let path = store.path(submission);
    let lines = table::read(&path, &store.table(submission)?, &["id"])?;
    let listed: Vec<String> = lines.iter().map(|(_, fields)| id(&fields[0])).collect();
    let there: BTreeSet<&str> = test.iter().map(|row| row.id.as_str()).collect();
    let lost = listed.iter().filter(|id| !there.contains(id.as_str()));
    let ids: Vec<String> = lost.cloned().collect();
    if !ids.is_empty() {
        return Err(DataError::NoSuchImages { path, folder: store.path(TEST), ids });
    }
    let listed: BTreeSet<String> = listed.into_iter().collect();
    let more = test.iter().filter(|row| !listed.contains(&row.id));
    let ids: Vec<String> = more.map(|row| row.source.clone()).collect();
    match ids.is_empty() {
        true => Ok(()),
        false => Err(DataError::Unlisted { path, ids, advice: "remove the images" }),
    }
}

fn is_patch(path: &Path, folder: &str) -> bool {
    path.starts_with(folder) && has_extension(path, &EXTENSIONS)
}

fn is_test(source: &str) -> bool {
    is_patch(Path::new(source), TEST)
}

fn row(source: String, labels: &Labels) -> Row {
    let id = stem(&source).to_string();
    let label = labels.get(&id).map(|&(_, label)| label).filter(|_| !is_test(&source));
    Row { label, group: id.clone(), split: None, source, id, origin: "kaggle".into() }
}

/// An image's id in the competition: its path below `train/` or `test/`, without the ending.
fn stem(source: &str) -> &str {
    let name = source.split_once('/').map_or(source, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The SHA-1 of bytes in hexadecimal digits; of its pixels, the id of a patch.
pub(crate) fn sha1_hex(pixels: &[u8]) -> String {
    hex(&Sha1::digest(pixels))
}
