//! Where images come from: a Kaggle folder, a folder of classes, or our own generator.

mod folder;
mod kaggle;
mod synthetic;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::dataset::Row;
use super::decode::{Picture, decode};
use super::error::DataError;
use super::resize::resize;

pub use folder::{Folder, Part};
pub use kaggle::{Kaggle, Unlabelled};
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

/// The files that a source depends on.
pub struct SourceFiles {
    /// The folder they lie in.
    pub root: PathBuf,
    /// Whether the file with this path, relative to `root`, belongs to the source.
    pub keep: Box<dyn Fn(&Path) -> bool + Send + Sync>,
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

    pub(super) fn list(&self, seed: u64) -> Result<Listing<'_>, DataError> {
        match self {
            Source::Kaggle(kaggle) => kaggle.list(),
            Source::Folder(folder) => folder.list(),
            Source::Synthetic(synthetic) => synthetic.list(seed),
        }
    }
}

/// The files under `root` that `keep` wants, as paths relative to it with `/` between the parts,
/// in the order of these.
fn walk(root: &Path, keep: &dyn Fn(&Path) -> bool) -> Result<Vec<String>, DataError> {
    let mut paths = Vec::new();
    for entry in WalkDir::new(root).follow_links(true) {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(root).to_path_buf();
            DataError::Read { path, source: e.into() }
        })?;
        let Ok(relative) = entry.path().strip_prefix(root) else { continue };
        if entry.file_type().is_file() && keep(relative) {
            paths.push(slashed(relative));
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

/// A relative path as it is written in data sets on every system.
fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn has_extension(path: &Path, extensions: &[impl AsRef<str>]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| extensions.iter().any(|e| found.eq_ignore_ascii_case(e.as_ref())))
}

/// Reads an image file as it is, or resized to a square.
fn read(path: &Path, side: Option<u32>) -> Result<Picture, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("the file cannot be read: {e}"))?;
    let picture = decode(&bytes)?;
    Ok(match side {
        Some(side) => resize(picture, side as usize, side as usize),
        None => picture,
    })
}
