//! A folder of images whose class, and perhaps patient, can be told from their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Listing, SourceFiles, has_extension, read, walk};
use crate::data::dataset::Row;
use crate::data::error::{DataError, first};
use crate::data::split::Split;
use crate::data::table;

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

/// A part of an image's path, relative to the source's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// One component: 0 is the first, -1 the file's name, -2 the folder it lies in.
    Component(i32),
    /// What the first group of a regular expression matches in the path, written with `/`.
    Regex(String),
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

impl Folder {
    pub(super) fn files(&self) -> SourceFiles {
        let extensions = self.extensions.clone();
        let splits = self.splits.as_ref().map(PathBuf::from);
        SourceFiles {
            root: self.dir.clone(),
            keep: Box::new(move |path| {
                splits.as_deref() == Some(path) || has_extension(path, &extensions)
            }),
        }
    }

    pub(super) fn list(&self) -> Result<Listing<'_>, DataError> {
        if let Some(class) = self.positive.iter().find(|class| self.negative.contains(class)) {
            return Err(DataError::AmbiguousClass { class: class.clone() });
        }
        if let Some(0) = self.size {
            let expected = "give the number of pixels, at least 1";
            return Err(DataError::BadParameter { what: "`size`", value: "0".into(), expected });
        }
        if !self.dir.is_dir() {
            let expected = "the folder that holds the images";
            return Err(DataError::MissingFolder { path: self.dir.clone(), expected });
        }
        let paths = walk(&self.dir, &|path| has_extension(path, &self.extensions))?;
        if paths.is_empty() {
            let endings = self.extensions.join(", ");
            let expected = format!("files ending in {endings} are searched in it and below it");
            return Err(DataError::Empty { path: self.dir.clone(), expected });
        }
        let rows = self.rows(&paths)?;
        let picture = |_, row: &Row| read(&self.dir.join(&row.source), self.size);
        Ok(Listing { rows, picture: Box::new(picture) })
    }

    fn rows(&self, paths: &[String]) -> Result<Vec<Row>, DataError> {
        let classes = self.label.of("label", paths)?;
        let labels = self.labels(paths, &classes)?;
        let groups = match &self.group {
            Some(part) => part.of("group", paths)?,
            None => paths.iter().map(String::as_str).collect(),
        };
        let splits = self.read_splits(paths)?;
        let row = |((path, label), group): ((&String, u8), &str)| Row {
            id: path.clone(),
            label: Some(label),
            group: group.into(),
            split: splits.as_ref().and_then(|splits| splits.get(path)).copied(),
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

    fn read_splits(&self, paths: &[String]) -> Result<Option<BTreeMap<String, Split>>, DataError> {
        let Some(name) = &self.splits else { return Ok(None) };
        let path = self.dir.join(name);
        if !path.is_file() {
            return Err(DataError::MissingTable { path, what: "splits", key: "splits" });
        }
        let known: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
        let mut lines = BTreeMap::new();
        let mut splits = BTreeMap::new();
        let mut lost = Vec::new();
        for (line, [id, value]) in table::read(&path, ["path", "split"])? {
            let id = id.replace('\\', "/");
            let Some(split) = Split::parse(&value) else {
                return Err(DataError::BadSplit { path, line, value });
            };
            if let Some(first) = lines.insert(id.clone(), line) {
                return Err(DataError::Twice { path, id, first, second: line });
            }
            if known.contains(id.as_str()) {
                splits.insert(id, split);
            } else {
                lost.push(id);
            }
        }
        if !lost.is_empty() {
            return Err(DataError::NoSuchImages { path, folder: self.dir.clone(), ids: lost });
        }
        let ids: Vec<String> =
            paths.iter().filter(|path| !splits.contains_key(*path)).cloned().collect();
        if !ids.is_empty() {
            return Err(DataError::Unsplit { path, ids });
        }
        Ok(Some(splits))
    }
}

impl Part {
    /// The part of each path; `what` is the parameter's name in messages.
    fn of<'a>(&self, what: &'static str, paths: &'a [String]) -> Result<Vec<&'a str>, DataError> {
        match self {
            Part::Component(component) => {
                paths.iter().map(|path| part(what, path, *component)).collect()
            }
            Part::Regex(regex) => matched(what, regex, paths),
        }
    }
}

fn part<'a>(what: &'static str, path: &'a str, component: i32) -> Result<&'a str, DataError> {
    let parts: Vec<&str> = path.split('/').collect();
    let from_start = if component < 0 { component + parts.len() as i32 } else { component };
    let found = usize::try_from(from_start).ok().and_then(|at| parts.get(at));
    found.copied().ok_or_else(|| DataError::NoComponent {
        what,
        component,
        id: path.into(),
        have: parts.len(),
    })
}

fn matched<'a>(
    what: &'static str,
    regex: &str,
    paths: &'a [String],
) -> Result<Vec<&'a str>, DataError> {
    let bad = |problem: String| DataError::BadRegex { what, problem };
    let compiled = Regex::new(regex).map_err(|e| bad(e.to_string()))?;
    if compiled.captures_len() < 2 {
        return Err(bad(format!(
            "`{regex}` has no group; put round brackets around the part that is wanted"
        )));
    }
    let capture = |path: &'a String| Some(compiled.captures(path)?.get(1)?.as_str());
    let unmatched = paths.iter().filter(|path| capture(path).is_none());
    let ids: Vec<String> = unmatched.cloned().collect();
    if !ids.is_empty() {
        return Err(DataError::NoMatch { what, regex: regex.into(), ids });
    }
    Ok(paths.iter().filter_map(capture).collect())
}
