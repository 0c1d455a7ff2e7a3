//! The images that are to be predicted: loose files, or those of a packed data set.

use crate::{
    data::{Dataset, Loose, Picture, stem},
    engine::StageError,
};
use std::path::{Path, PathBuf};

/// What the ids of images are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// The file's name without its ending, as Kaggle's are.
    Stem,
    /// The path below the folder that was named; in a data set the image's own id.
    Path,
}

pub(super) enum Images {
    Packed(Box<Dataset>),
    Loose(Loose),
}

/// The file by which the folder of a packed data set is known.
const DATASET: &str = "dataset.json";

impl Images {
    /// Opens a packed data set, or lists image files.
    pub fn open(paths: &[PathBuf]) -> Result<Images, StageError> {
        let packed = |path: &&PathBuf| path.join(DATASET).is_file();
        match (paths, paths.iter().find(packed)) {
            ([only], Some(_)) => {
                let data = Dataset::open(&|name| Path::new(only).join(name))?;
                Ok(Images::Packed(Box::new(data)))
            }
            (_, Some(one)) => Err(StageError::new(format!(
                "{} is a packed data set, and other images are named beside it",
                one.display()
            ))
            .with_help("predict a data set by itself")),
            (_, None) => Ok(Images::Loose(Loose::list(paths)?)),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Images::Packed(data) => data.len(),
            Images::Loose(loose) => loose.len(),
        }
    }

    /// The id of an image; by default that of a data set, or the stem of a file's name.
    pub fn id(&self, image: usize, ids: Option<Ids>) -> String {
        let path = match self {
            Images::Packed(data) => &data.rows()[image].id,
            Images::Loose(loose) => loose.path(image),
        };
        let default = if matches!(self, Images::Packed(_)) { Ids::Path } else { Ids::Stem };
        match ids.unwrap_or(default) {
            Ids::Path => path.into(),
            Ids::Stem => stem(path).into(),
        }
    }

    /// The file's name without folders and ending, by which a tile tells its place.
    pub fn name(&self, image: usize) -> &str {
        match self {
            Images::Packed(data) => stem(&data.rows()[image].id),
            Images::Loose(loose) => stem(loose.path(image)),
        }
    }

    /// Where an image lies, for messages.
    pub fn place(&self, image: usize) -> String {
        match self {
            Images::Packed(data) => data.rows()[image].id.clone(),
            Images::Loose(loose) => loose.place(image),
        }
    }

    /// Some images, in parallel, or for each a phrase that says why it cannot be read.
    pub fn pictures(&self, images: &[usize]) -> Vec<Result<Picture, String>> {
        match self {
            Images::Packed(data) => {
                let (height, width) = (data.height(), data.width());
                let picture =
                    |&at: &usize| Ok(Picture { height, width, pixels: data.image(at).to_vec() });
                images.iter().map(picture).collect()
            }
            Images::Loose(loose) => loose.pictures(images),
        }
    }
}
