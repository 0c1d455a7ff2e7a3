//! A folder of images whose class, and perhaps patient, can be told from their paths.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::classes::Classes;
use super::columns::{Columns, Known};
use super::files::{SourceFiles, has_extension, is_inside, plain};
use super::listing::{Listing, Pictures};
use super::part::Part;
use super::patterns::Patterns;
use super::store::{self, Store};
use crate::data::dataset::Row;
use crate::data::decode::{Decoded, decode_and_tell};
use crate::data::error::DataError;
use crate::data::problem::{Problem, of_size};

/// A folder of images whose class is in their path, such as `<patient>/<class>/<name>.png`, or in a
/// CSV file.
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
    /// A CSV file in the folder that says class, patient or split of each image, in columns of any
    /// name. What it says goes before what the path says.
    #[serde(default)]
    pub table: Option<Columns>,
    /// Only files whose path matches one of these patterns are read: `*` stands for any name or part
    /// of one, `**` for any folders, `?` for one character, `[ab]` for one of those.
    #[serde(default)]
    pub include: Vec<String>,
    /// Files whose path matches one of these patterns are not read.
    #[serde(default)]
    pub exclude: Vec<String>,
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

/// The endings of the files that can be read.
pub(in crate::data) fn image_extensions() -> Vec<String> {
    ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp"].map(String::from).to_vec()
}

impl Folder {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let groups = self.group.as_ref().and_then(|part| part.problem("group"));
        let both = self.classes().problem();
        let splits = self.splits.as_ref().and_then(|name| is_inside("splits", name));
        let dot = self.extensions.iter().find(|ending| ending.starts_with('.'));
        let dot = dot.map(|ending| {
            let message = format!("`extensions` holds `{ending}`");
            Problem::new("extensions", message, "write endings without the dot")
        });
        let twice = self.table.as_ref().is_some_and(|table| table.split.is_some());
        let twice = (twice && self.splits.is_some()).then(|| {
            let message = "`splits` and `table.split` both say the splits".into();
            Problem::new("splits", message, "keep one of the two")
        });
        let label = self.label.problem("label");
        let mut problems: Vec<Problem> =
            [label, groups, both, splits, twice, dot, of_size(self.size)]
                .into_iter()
                .flatten()
                .collect();
        problems.extend(self.table.iter().flat_map(Columns::problems));
        for (key, patterns) in [("include", &self.include), ("exclude", &self.exclude)] {
            problems.extend(Patterns::new(key, patterns).err());
        }
        problems
    }

    fn classes(&self) -> Classes<'_> {
        Classes { positive: &self.positive, negative: &self.negative }
    }

    /// The CSV files that say something of the images.
    fn tables(&self) -> Vec<Columns> {
        self.splits.iter().map(|file| Columns::of_splits(file)).chain(self.table.clone()).collect()
    }

    pub(super) fn files(&self) -> SourceFiles {
        let extensions = self.extensions.clone();
        let tables: Vec<PathBuf> = self.tables().iter().map(|table| plain(&table.file)).collect();
        // Patterns with problems match nothing, and are refused before anything is read.
        let include = Patterns::new("include", &self.include).unwrap_or_default();
        let exclude = Patterns::new("exclude", &self.exclude).unwrap_or_default();
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| {
                tables.iter().any(|table| table == path)
                    || has_extension(path, &extensions)
                        && (include.is_empty() || include.fit(path))
                        && !exclude.fit(path)
            }),
        }
    }

    pub(super) fn list(&self) -> Result<Listing<'_>, DataError> {
        if !self.dir.is_dir() {
            let expected = "the folder that holds the images";
            return Err(DataError::MissingFolder { path: self.dir.clone(), expected });
        }
        let mut paths = self.files().list()?;
        let mut tables = Vec::new();
        for table in self.tables() {
            let file = plain(&table.file);
            let at = paths.iter().position(|path| Path::new(path) == file);
            tables.push((table, at.map(|at| paths.remove(at))));
        }
        if paths.is_empty() {
            let endings = self.extensions.join(", ");
            let expected = format!("files ending in {endings} are searched in it and below it");
            return Err(DataError::Empty { path: self.dir.clone(), expected });
        }
        let store = Store::Folder(self.dir.clone());
        let mut known = vec![Known::default(); paths.len()];
        for (table, file) in tables {
            let path = self.dir.join(plain(&table.file));
            let Some(file) = file else {
                let (what, key) = if table.label.is_none() && table.group.is_none() {
                    ("splits", "splits")
                } else {
                    ("facts", "table.file")
                };
                return Err(DataError::MissingTable { path, what, key });
            };
            table.read(&path, &store.table(&file)?, &self.dir, &paths, &mut known)?;
        }
        let rows = self.rows(&paths, known)?;
        let picture = |_, row: &Row| self.picture(row);
        Ok(Listing { rows, pictures: Pictures::Any(Box::new(picture)) })
    }

    fn rows(&self, paths: &[String], known: Vec<Known>) -> Result<Vec<Row>, DataError> {
        let listed = self.table.as_ref();
        let classes: Vec<String> = match listed.is_some_and(|table| table.label.is_some()) {
            true => known.iter().map(|known| known.label.clone().unwrap_or_default()).collect(),
            false => self.label.of("label", paths)?.into_iter().map(String::from).collect(),
        };
        let labels =
            self.classes().labels(paths, classes.iter().map(|class| Some(class.as_str())))?;
        let groups: Vec<String> = match (listed, &self.group) {
            (Some(Columns { group: Some(_), .. }), _) => {
                known.iter().map(|known| known.group.clone().unwrap_or_default()).collect()
            }
            (_, Some(part)) => part.of("group", paths)?.into_iter().map(String::from).collect(),
            _ => paths.to_vec(),
        };
        let facts = paths.iter().zip(labels).zip(groups).zip(known);
        let row = |(((path, label), group), known): (((&String, _), String), Known)| Row {
            id: path.clone(),
            label,
            group,
            split: known.split,
            source: path.clone(),
            origin: "folder".into(),
        };
        Ok(facts.map(row).collect())
    }

    /// An image file as it is, or resized to a square.
    fn picture(&self, row: &Row) -> Result<Decoded, String> {
        Ok(decode_and_tell(&store::image(&self.dir.join(&row.source))?)?.resized(self.size))
    }
}
