//! Where images come from: a Kaggle folder, a folder of classes, or our own generator.

mod files;
mod folder;
mod kaggle;
mod part;
mod synthetic;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::Row;
use super::decode::{Picture, decode};
use super::error::DataError;
use super::problem::Problem;
use super::resize::resize;

pub use files::SourceFiles;
pub use folder::Folder;
pub(super) use kaggle::sha1_hex;
pub use kaggle::{Kaggle, Unlabelled};
pub use part::Part;
pub use synthetic::Synthetic;

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Source {
    /// The folder of Kaggle's histopathologic-cancer-detection competition.
    Kaggle(Kaggle),
    /// A folder of images whose class is in their path.
    Folder(Folder),
    /// Tissue drawn by our own generator.
    Synthetic(Synthetic),
}

/// Gives the image of a row, or the reason why it cannot be used.
type Pictures<'a> = dyn Fn(usize, &Row) -> Result<Picture, String> + Sync + 'a;

/// The images of a source, known by name but not yet read.
pub(super) struct Listing<'a> {
    /// In the order of the data set.
    pub rows: Vec<Row>,
    /// Reads or draws them, one at a time.
    pub picture: Box<Pictures<'a>>,
}

impl Source {
    /// The files it depends on; none for the generator.
    pub fn files(&self) -> Option<SourceFiles> {
        match self {
            Source::Kaggle(kaggle) => Some(kaggle.files()),
            Source::Folder(folder) => Some(folder.files()),
            Source::Synthetic(_) => None,
        }
    }

    /// Height and width in pixels, where they are known before an image is read.
    pub fn image_size(&self) -> Option<(usize, usize)> {
        match self {
            Source::Kaggle(_) => Some((kaggle::SIDE, kaggle::SIDE)),
            Source::Folder(folder) => folder.size.map(|size| (size as usize, size as usize)),
            Source::Synthetic(synthetic) => {
                Some((synthetic.size as usize, synthetic.size as usize))
            }
        }
    }

    /// The word for it in `dataset.json`.
    pub(super) fn origin(&self) -> &'static str {
        match self {
            Source::Kaggle(_) => "kaggle",
            Source::Folder(_) => "folder",
            Source::Synthetic(_) => "synthetic",
        }
    }

    /// What is wrong with its parameters; places are relative to its table.
    pub(super) fn problems(&self) -> Vec<Problem> {
        match self {
            Source::Kaggle(kaggle) => kaggle.problems(),
            Source::Folder(folder) => folder.problems(),
            Source::Synthetic(synthetic) => synthetic.problems(),
        }
    }

    /// The rows and where their images come from; the parameters must be without problems.
    pub(super) fn list(&self, seed: u64) -> Result<Listing<'_>, DataError> {
        match self {
            Source::Kaggle(kaggle) => kaggle.list(),
            Source::Folder(folder) => folder.list(),
            Source::Synthetic(synthetic) => Ok(synthetic.list(seed)),
        }
    }
}

/// Reads an image file as it is, or resized to a square.
fn read(path: &Path, side: Option<u32>) -> Result<Picture, String> {
    let bytes = std::fs::read(path).map_err(|error| match path.is_symlink() && !path.exists() {
        true => "it is a link to nowhere".to_string(),
        false => format!("the file cannot be read: {error}"),
    })?;
    let picture = decode(&bytes)?;
    Ok(match side {
        Some(side) => resize(picture, side as usize, side as usize),
        None => picture,
    })
}
