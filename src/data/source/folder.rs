//! A folder of images whose class, and perhaps patient, can be told from their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::{SourceFiles, has_extension, is_inside, plain};
use super::part::Part;
use super::{Listing, read};
use crate::data::dataset::Row;
use crate::data::error::{DataError, first};
use crate::data::problem::{Problem, of_size};
use crate::data::split::Split;
use crate::data::table::{self, Values, in_order_of_lines};

/// A folder of images whose class is in their path, such as `<patient>/<class>/<name>.png`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Folder {
    /// The folder; everything below it is searched.
    #[serde(skip_serializing)]
    pub dir: PathBuf,
    /// The part of an image's path that names its class; the folder it lies in by default.
    #[serde(default = "parent")]
    pub label: Part,
    /// The part of an image's path that names its patient or slide; without it, every image is a
    /// group of its own.
    #[serde(default)]
    pub group: Option<Part>,
    /// The names of the classes that count as positive.
    #[serde(default = "one")]
    pub positive: Vec<String>,
    /// The names of the classes that count as negative.
    #[serde(default = "zero")]
    pub negative: Vec<String>,
    /// A CSV file in the folder with the columns `path` and `split` (train, valid or test).
    #[serde(default)]
    pub splits: Option<String>,
    /// The endings of the files to read, without the dot; upper and lower case are alike.
    #[serde(default = "image_extensions")]
    pub extensions: Vec<String>,
    /// Resizes every image to this many pixels in height and width when it is read; needed where
    /// images differ in size.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4096))]
    pub size: Option<u32>,
}

fn parent() -> Part {
    Part::Component(-2)
}

fn one() -> Vec<String> {
    vec!["1".into()]
}

fn zero() -> Vec<String> {
    vec!["0".into()]
}

fn image_extensions() -> Vec<String> {
    ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp"].map(String::from).to_vec()
}

/// How the CSV file names images and splits.
const SPLITS: Values<Split> = Values {
    what: "splits",
    expected: "a split is train, valid (or val, validation) or test",
    id: |id| id.replace('\\', "/"),
    parse: Split::parse,
};

impl Folder {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let groups = self.group.as_ref().and_then(|part| part.problem("group"));
        let both = self.positive.iter().find(|class| self.negative.contains(class));
        let both = both.map(|class| {
            let message = format!("the class `{class}` is in both `positive` and `negative`");
            Problem::new("positive", message, "keep one of the two")
        });
        let splits = self.splits.as_ref().and_then(|name| is_inside("splits", name));
        let dot = self.extensions.iter().find(|ending| ending.starts_with('.'));
        let dot = dot.map(|ending| {
            let message = format!("`extensions` holds `{ending}`");
            Problem::new("extensions", message, "write endings without the dot")
        });
        let label = self.label.problem("label");
        [label, groups, both, splits, dot, of_size(self.size)].into_iter().flatten().collect()
    }

    pub(super) fn files(&self) -> SourceFiles {
        let extensions = self.extensions.clone();
        let splits = self.splits.as_deref().map(plain);
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| {
                splits.as_deref() == Some(path) || has_extension(path, &extensions)
            }),
        }
    }

    pub(super) fn list(&self) -> Result<Listing<'_>, DataError> {
        if !self.dir.is_dir() {
            let expected = "the folder that holds the images";
            return Err(DataError::MissingFolder { path: self.dir.clone(), expected });
        }
        let mut paths = self.files().list()?;
        let splits = self.splits.as_deref().map(plain);
        let table = paths.iter().position(|path| splits.as_deref() == Some(Path::new(path)));
        let table = table.map(|at| paths.remove(at));
        if paths.is_empty() {
            let endings = self.extensions.join(", ");
            let expected = format!("files ending in {endings} are searched in it and below it");
            return Err(DataError::Empty { path: self.dir.clone(), expected });
        }
        let splits = match splits {
            Some(name) if table.is_none() => {
                let path = self.dir.join(name);
                return Err(DataError::MissingTable { path, what: "splits", key: "splits" });
            }
            Some(name) => self.read_splits(&self.dir.join(name), &paths)?,
            None => BTreeMap::new(),
        };
        let rows = self.rows(&paths, &splits)?;
        let picture = |_, row: &Row| read(&self.dir.join(&row.source), self.size);
        Ok(Listing { rows, picture: Box::new(picture) })
    }

    fn rows(
        &self,
        paths: &[String],
        splits: &BTreeMap<String, Split>,
    ) -> Result<Vec<Row>, DataError> {
        let classes = self.label.of("label", paths)?;
        let labels = self.labels(paths, &classes)?;
        let groups = match &self.group {
            Some(part) => part.of("group", paths)?,
            None => paths.iter().map(String::as_str).collect(),
        };
        let row = |((path, label), group): ((&String, u8), &str)| Row {
            id: path.clone(),
            label: Some(label),
            group: group.into(),
            split: splits.get(path).copied(),
            source: path.clone(),
        };
        Ok(paths.iter().zip(labels).zip(groups).map(row).collect())
    }

    fn labels(&self, paths: &[String], classes: &[&str]) -> Result<Vec<u8>, DataError> {
        let among = |names: &[String], class: &str| names.iter().any(|name| name == class);
        let label = |class: &str| match among(&self.positive, class) {
            true => Some(1),
            false => among(&self.negative, class).then_some(0),
        };
        let unknown = paths.iter().zip(classes).filter(|(_, class)| label(class).is_none());
        let (ids, unknown): (Vec<String>, BTreeSet<&str>) =
            unknown.map(|(path, &class)| (path.clone(), class)).unzip();
        if !ids.is_empty() {
            return Err(DataError::UnknownClass {
                ids,
                classes: first(unknown.into_iter()),
                positive: self.positive.join(", "),
                negative: self.negative.join(", "),
            });
        }
        Ok(classes.iter().filter_map(|class| label(class)).collect())
    }

    /// The split of each image, as the CSV file says.
    fn read_splits(
        &self,
        path: &Path,
        paths: &[String],
    ) -> Result<BTreeMap<String, Split>, DataError> {
        let known: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
        let (splits, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            table::read_values(path, ["path", "split"], &SPLITS)?
                .into_iter()
                .partition(|(id, _)| known.contains(id.as_str()));
        let path = path.to_path_buf();
        if !lost.is_empty() {
            let ids = in_order_of_lines(lost);
            return Err(DataError::NoSuchImages { path, folder: self.dir.clone(), ids });
        }
        let ids: Vec<String> =
            paths.iter().filter(|path| !splits.contains_key(*path)).cloned().collect();
        if !ids.is_empty() {
            return Err(DataError::Unsplit { path, ids });
        }
        Ok(splits.into_iter().map(|(id, (_, split))| (id, split)).collect())
    }
}
