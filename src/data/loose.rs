//! Images that are named one by one, without labels: files, folders that are walked, zip files.
//! Knows nothing of data sets or of what is done with the images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::decode::{Picture, decode};
use super::error::DataError;
use super::source::{Packed, SourceFiles, Store, has_extension, image_extensions};
use super::table;

/// The images that some paths name, in the order of the paths and in each of the files' names.
pub struct Loose {
    stores: Vec<Store>,
    images: Vec<Found>,
}

/// An image file that was found.
struct Found {
    store: usize,
    /// Its path in its store.
    name: String,
    /// As one would look for it: its path below what was named, or just as it was named.
    path: String,
}

/// No file of an archive is called so, which is how all of them are asked for.
const NO_LANDMARK: &str = "\0";

impl Loose {
    /// Lists image files; a folder is walked for files with the endings of images, a zip file is
    /// read where it lies. No image is read yet.
    ///
    /// # Errors
    /// A path that is not there or cannot be read, a folder or archive without images.
    pub fn list(paths: &[PathBuf]) -> Result<Loose, DataError> {
        let mut loose = Loose { stores: Vec::new(), images: Vec::new() };
        for path in paths {
            loose.add(path)?;
        }
        Ok(loose)
    }

    fn add(&mut self, path: &Path) -> Result<(), DataError> {
        let about = std::fs::metadata(path).map_err(DataError::read(path))?;
        let endings = image_extensions();
        let files = SourceFiles {
            root: path.into(),
            keep: Box::new(move |name| has_extension(name, &endings)),
        };
        let store = if about.is_dir() {
            Store::Folder(path.into())
        } else if has_extension(path, &["zip"]) {
            Store::Zip(Packed::open(path, NO_LANDMARK)?)
        } else {
            return self.add_file(path);
        };
        let names = store.list(&files)?;
        if names.is_empty() {
            let expected = format!("files ending in {} are read", image_extensions().join(", "));
            return Err(DataError::Empty { path: path.into(), expected });
        }
        let at = self.stores.len();
        self.stores.push(store);
        let found = |name: String| Found { store: at, path: name.clone(), name };
        self.images.extend(names.into_iter().map(found));
        Ok(())
    }

    /// A file that was named itself is read whatever its ending.
    fn add_file(&mut self, path: &Path) -> Result<(), DataError> {
        let bad = |path: &Path| DataError::BadNames {
            folder: path.parent().unwrap_or(path).into(),
            bad: vec![format!("{path:?}: its name is not UTF-8: rename it")],
        };
        let (Some(whole), Some(name)) = (path.to_str(), path.file_name()) else {
            return Err(bad(path));
        };
        let name = name.to_string_lossy().into_owned();
        self.stores.push(Store::Folder(path.parent().unwrap_or(Path::new("")).into()));
        self.images.push(Found { store: self.stores.len() - 1, name, path: whole.into() });
        Ok(())
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The path of an image below the folder or in the archive that was named; as it was named, if
    /// it was named itself.
    pub fn path(&self, image: usize) -> &str {
        &self.images[image].path
    }

    /// Where an image lies, for messages.
    pub fn place(&self, image: usize) -> String {
        let found = &self.images[image];
        self.stores[found.store].path(&found.name).display().to_string()
    }

    /// Some images, read in parallel, or for each why it cannot be: a phrase that can follow its
    /// name and a colon.
    pub fn pictures(&self, images: &[usize]) -> Vec<Result<Picture, String>> {
        let picture = |&image: &usize| {
            let Found { store, name, .. } = &self.images[image];
            decode(&self.stores[*store].image(name)?)
        };
        images.par_iter().map(picture).collect()
    }
}

/// The last part of an image's path, without the ending of an image file: a Kaggle id.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if has_extension(Path::new(name), &image_extensions()) => stem,
        _ => name,
    }
}

/// The column `id` of a CSV file, such as Kaggle's `sample_submission.csv`, in the order of its
/// lines. Where it lists files, their endings are left out.
///
/// # Errors
/// A file that cannot be read or has no such column, an id that is listed twice.
pub fn listed_ids(path: &Path) -> Result<Vec<String>, DataError> {
    let bytes = std::fs::read(path).map_err(DataError::read(path))?;
    let (mut ids, mut lines) = (Vec::new(), BTreeMap::new());
    for (line, mut fields) in table::read(path, &bytes, &["id"])? {
        let id = fields.swap_remove(0);
        let id = id.strip_suffix(".tif").map_or(id.clone(), String::from);
        if let Some(first) = lines.insert(id.clone(), line) {
            return Err(DataError::Twice { path: path.into(), id, first, second: line });
        }
        ids.push(id);
    }
    Ok(ids)
}
