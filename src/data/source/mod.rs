//! Where images come from: Kaggle's files, PatchCamelyon's, a folder of classes, parquet shards, our
//! own generator, or several of these.

mod classes;
mod columns;
mod files;
mod folder;
mod kaggle;
mod listing;
mod mix;
mod packed;
mod parquet;
mod part;
mod patterns;
mod pcam;
mod store;
mod synthetic;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::DataError;
use super::problem::Problem;

pub use columns::Columns;
pub use files::SourceFiles;
pub(super) use files::has_extension;
pub use folder::Folder;
pub(super) use folder::image_extensions;
pub(crate) use kaggle::sha1_hex;
pub use kaggle::{Kaggle, Test, Unlabelled};
pub(super) use listing::{Listing, Pictures, Surroundings};
pub(super) use packed::Packed;
pub use parquet::Parquet;
pub use part::Part;
pub use pcam::Pcam;
pub(super) use store::Store;
pub use synthetic::Synthetic;

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Source {
    /// Kaggle's histopathologic-cancer-detection competition, as a folder or a zip file.
    Kaggle(Kaggle),
    /// The official HDF5 files of PatchCamelyon.
    Pcam(Pcam),
    /// A folder of images whose class is in their path or in a CSV file.
    Folder(Box<Folder>),
    /// Parquet shards with a row for each image, as the Hugging Face hub has data sets.
    Parquet(Box<Parquet>),
    /// Tissue drawn by our own generator.
    Synthetic(Synthetic),
    /// Several sources in one data set, each under a name of its own. Ids and groups begin with the
    /// name of their source, which `index.csv` also has in the column `origin`.
    Mix(BTreeMap<String, Source>),
}

impl Source {
    /// The files it depends on, each with the parameter that names them; none for the generator.
    pub fn files(&self) -> Vec<(String, SourceFiles)> {
        match self {
            Source::Kaggle(kaggle) => vec![("kaggle.dir".into(), kaggle.files())],
            Source::Pcam(pcam) => vec![("pcam.dir".into(), pcam.files())],
            Source::Folder(folder) => vec![("folder.dir".into(), folder.files())],
            Source::Parquet(parquet) => {
                vec![(format!("parquet.{}", parquet.key()), parquet.files())]
            }
            Source::Synthetic(_) => Vec::new(),
            Source::Mix(sources) => mix::files(sources),
        }
    }

    /// Height and width in pixels, where they are known before an image is read.
    pub fn image_size(&self) -> Option<(usize, usize)> {
        match self {
            Source::Kaggle(_) | Source::Pcam(_) => Some((kaggle::SIDE, kaggle::SIDE)),
            Source::Folder(folder) => folder.size.map(|size| (size as usize, size as usize)),
            Source::Parquet(parquet) => parquet.size.map(|size| (size as usize, size as usize)),
            Source::Synthetic(synthetic) => {
                Some((synthetic.size as usize, synthetic.size as usize))
            }
            Source::Mix(sources) => sources.values().find_map(Source::image_size),
        }
    }

    /// The word for it in `dataset.json`.
    pub(super) fn origin(&self) -> &'static str {
        match self {
            Source::Kaggle(_) => "kaggle",
            Source::Pcam(_) => "pcam",
            Source::Folder(_) => "folder",
            Source::Parquet(_) => "parquet",
            Source::Synthetic(_) => "synthetic",
            Source::Mix(_) => "mix",
        }
    }

    /// What is wrong with its parameters; places are relative to its table.
    pub(super) fn problems(&self) -> Vec<Problem> {
        match self {
            Source::Kaggle(kaggle) => kaggle.problems(),
            Source::Pcam(_) => Vec::new(),
            Source::Folder(folder) => folder.problems(),
            Source::Parquet(parquet) => parquet.problems(),
            Source::Synthetic(synthetic) => synthetic.problems(),
            Source::Mix(sources) => mix::problems(sources),
        }
    }

    /// The rows and where their images come from, one listing for each source that is not a mix; the
    /// parameters must be without problems.
    pub(super) fn list<'a>(
        &'a self,
        around: Surroundings<'a>,
    ) -> Result<Vec<Listing<'a>>, DataError> {
        let listing = match self {
            Source::Kaggle(kaggle) => kaggle.list()?,
            Source::Pcam(pcam) => pcam.list(around)?,
            Source::Folder(folder) => folder.list()?,
            Source::Parquet(parquet) => parquet.list()?,
            Source::Synthetic(synthetic) => synthetic.list(around.seed),
            Source::Mix(sources) => return mix::list(sources, around),
        };
        Ok(vec![listing])
    }
}

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
