//! A CSV file that says what is known of the images of a folder, in columns of any name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::is_inside;
use crate::data::error::DataError;
use crate::data::problem::Problem;
use crate::data::split::Split;
use crate::data::table;

/// A CSV file with a line for each image: which column says what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Columns {
    /// The CSV file, in the source's folder.
    pub file: String,
    /// The column that names the images: by their path in the folder, or shorter, without the ending
    /// or without the folders, where that is still just one image.
    #[serde(default = "path")]
    pub path: String,
    /// The column of classes, which `positive` and `negative` tell apart; the path says the class
    /// where there is none.
    #[serde(default)]
    pub label: Option<String>,
    /// The column of patients or slides.
    #[serde(default)]
    pub group: Option<String>,
    /// The column of splits: train, valid or test.
    #[serde(default)]
    pub split: Option<String>,
}

fn path() -> String {
    "path".into()
}

/// What a CSV file says of an image.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub label: Option<String>,
    pub group: Option<String>,
    pub split: Option<Split>,
}

impl Columns {
    /// The CSV file that `splits` names.
    pub(super) fn of_splits(file: &str) -> Columns {
        let split = Some("split".into());
        Columns { file: file.into(), path: path(), label: None, group: None, split }
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let outside = is_inside("table.file", &self.file);
        let nothing = [&self.label, &self.group, &self.split].into_iter().all(Option::is_none);
        let nothing = nothing.then(|| {
            let message = "`table` says nothing of the images".into();
            Problem::new("table", message, "name the column of `label`, `group` or `split`")
        });
        outside.into_iter().chain(nothing).collect()
    }

    /// Adds what the file says to what is known of the images at `paths`.
    pub(super) fn read(
        &self,
        file: &Path,
        bytes: &[u8],
        folder: &Path,
        paths: &[String],
        known: &mut [Known],
    ) -> Result<(), DataError> {
        let wanted = [Some(&self.path), self.label.as_ref(), self.group.as_ref(), self.split.as_ref()];
        let names: Vec<&str> = wanted.into_iter().flatten().map(String::as_str).collect();
        let lines = table::read(file, bytes, &names)?;
        let (path, total) = (file.to_path_buf(), lines.len());
        let index = Index::of(paths);
        let mut seen: Vec<Option<u64>> = vec![None; paths.len()];
        let (mut lost, mut unclear, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        for (line, mut fields) in lines {
            let facts = fields.split_off(1);
            let id = fields.remove(0);
            let at = match index.find(&id) {
                Found::One(at) => at,
                Found::None => {
                    lost.push(id);
                    continue;
                }
                Found::Several(one, two) => {
                    let (one, two) = (&paths[one], &paths[two]);
                    unclear.push(format!("line {line}: `{id}` may be `{one}` or `{two}`"));
                    continue;
                }
            };
            if let Some(first) = seen[at].replace(line) {
                return Err(DataError::Twice { path, id, first, second: line });
            }
            if let Err(value) = self.add(facts, &mut known[at]) {
                bad.push(format!("line {line}: `{value}` for `{}`", paths[at]));
            }
        }
        if !bad.is_empty() {
            let (what, expected) = self.expected();
            return Err(DataError::BadValues { path, what, bad, total, expected });
        }
        if !unclear.is_empty() {
            return Err(DataError::Unclear { path, bad: unclear, total });
        }
        if !lost.is_empty() {
            return Err(DataError::NoSuchImages { path, folder: folder.into(), ids: lost });
        }
        let unlisted = paths.iter().zip(seen).filter(|(_, seen)| seen.is_none());
        self.complete(path, unlisted.map(|(path, _)| path.clone()).collect())
    }

    /// Adds the values of a line to what is known of its image, or gives the one that cannot be.
    fn add(&self, values: Vec<String>, known: &mut Known) -> Result<(), String> {
        let mut values = values.into_iter();
        let mut value = |column: &Option<String>| column.as_ref().and_then(|_| values.next());
        if let Some(label) = value(&self.label) {
            known.label = Some(label);
        }
        if let Some(group) = value(&self.group) {
            if group.is_empty() {
                return Err(group);
            }
            known.group = Some(group);
        }
        if let Some(split) = value(&self.split) {
            known.split = Some(Split::parse(&split).ok_or(split)?);
        }
        Ok(())
    }

    /// Which values there are, for messages.
    fn expected(&self) -> (&'static str, &'static str) {
        match &self.group {
            None => ("splits", "a split is train, valid (or val, validation) or test"),
            Some(_) => (
                "lines",
                "a group has a name, and a split is train, valid (or val, validation) or test",
            ),
        }
    }

    fn complete(&self, path: PathBuf, ids: Vec<String>) -> Result<(), DataError> {
        match (ids.is_empty(), &self.label, &self.group) {
            (true, ..) => Ok(()),
            (false, None, None) => Err(DataError::Unsplit { path, ids }),
            (false, ..) => {
                let advice = "leave the images out by `include` or `exclude`";
                Err(DataError::Unlisted { path, ids, advice })
            }
        }
    }
}

/// The images by the names that a table may have for them.
struct Index<'a> {
    whole: HashMap<&'a str, usize>,
    /// Without the ending, without the folders, or without both; two images at most.
    short: HashMap<&'a str, (usize, Option<usize>)>,
}

enum Found {
    One(usize),
    Several(usize, usize),
    None,
}

impl<'a> Index<'a> {
    fn of(paths: &'a [String]) -> Index<'a> {
        let mut index = Index { whole: HashMap::new(), short: HashMap::new() };
        for (at, path) in paths.iter().enumerate() {
            index.whole.insert(path, at);
            let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
            for long in [path.as_str(), name] {
                let stem = long.rsplit_once('.').map_or(long, |(stem, _)| stem);
                for short in [long, stem] {
                    let entry = index.short.entry(short).or_insert((at, None));
                    if entry.0 != at {
                        entry.1.get_or_insert(at);
                    }
                }
            }
        }
        index
    }

    fn find(&self, name: &str) -> Found {
        let name = name.replace('\\', "/");
        let name = name.strip_prefix("./").unwrap_or(&name);
        if let Some(&at) = self.whole.get(name) {
            return Found::One(at);
        }
        match self.short.get(name) {
            Some(&(at, None)) => Found::One(at),
            Some(&(one, Some(two))) => Found::Several(one, two),
            None => Found::None,
        }
    }
}
