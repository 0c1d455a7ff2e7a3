//! Parquet shards with a row for each image, as the Hugging Face hub has data sets. Knows nothing of
//! the hub, nor of how a shard is read.

mod rows;
#[cfg(feature = "parquet")]
mod shard;
#[cfg(not(feature = "parquet"))]
#[path = "unable.rs"]
mod shard;

use std::path::{Path, PathBuf};

use glob::Pattern;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::classes::Classes;
use super::files::SourceFiles;
use super::listing::{Listing, Pictures};
use super::patterns::Patterns;
use crate::data::decode::decode_and_tell;
use crate::data::error::DataError;
use crate::data::problem::{Problem, of_size};
use shard::Images;

/// Parquet shards with a row for each image: image files in a column, labels in another.
///
/// The id of an image is the path that is written beside it, without the ending; where paths are
/// missing or not all different, ids are made of the shard's name and the row's number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Parquet {
    /// The shards: a folder, for all files ending in `.parquet` in it and below it, one file, or a
    /// pattern such as `data/*.parquet`. With `repo`, a pattern of paths in it.
    #[serde(default, skip_serializing)]
    pub files: Option<PathBuf>,
    /// A data set of the Hugging Face hub, `hf://datasets/owner/name`, with `@revision` for a branch,
    /// a tag or a commit; or the folder of a copy of one.
    #[serde(default, skip_serializing)]
    pub repo: Option<String>,
    /// The column of images: a struct of `bytes` and `path` as the hub's libraries write it, or bytes.
    #[serde(default = "image")]
    pub image: String,
    /// The column of classes, whole numbers, booleans or text, which `positive` and `negative` tell
    /// apart. A row without one has no label.
    #[serde(default = "label")]
    pub label: String,
    /// The column of patients or slides; without it, every image is a group of its own.
    #[serde(default)]
    pub group: Option<String>,
    /// The column of splits: train, valid or test. Without it, what the name of the shard or of its
    /// folder begins with tells the split, as in `train-00000-of-00002.parquet`.
    #[serde(default)]
    pub split: Option<String>,
    /// The names of the classes that count as positive.
    #[serde(default = "positive")]
    pub positive: Vec<String>,
    /// The names of the classes that count as negative.
    #[serde(default = "negative")]
    pub negative: Vec<String>,
    /// Resizes every image to this many pixels in height and width when it is read; needed where
    /// images differ in size.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4096))]
    pub size: Option<u32>,
}

fn image() -> String {
    "image".into()
}

fn label() -> String {
    "label".into()
}

fn positive() -> Vec<String> {
    ["1", "true"].map(String::from).to_vec()
}

fn negative() -> Vec<String> {
    ["0", "false"].map(String::from).to_vec()
}

/// All shards of a folder.
const ALL: &str = "**/*.parquet";

impl Parquet {
    /// The parameter that says where the shards are.
    pub(super) fn key(&self) -> &'static str {
        if self.repo.is_some() { "repo" } else { "files" }
    }

    fn classes(&self) -> Classes<'_> {
        Classes { positive: &self.positive, negative: &self.negative }
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let nowhere = (self.repo.is_none() && self.files.is_none()).then(|| {
            let help =
                "give `files = \"data/*.parquet\"`, or `repo = \"hf://datasets/owner/name\"`";
            Problem::new("files", "`parquet` names no shards".into(), help)
        });
        let unable =
            shard::UNABLE.map(|(message, help)| Problem::new(self.key(), message.into(), help));
        let (_, pattern) = self.place();
        let pattern = Patterns::new("files", &[pattern]).err();
        let both = self.classes().problem();
        [nowhere, unable, pattern, both, of_size(self.size)].into_iter().flatten().collect()
    }

    /// The folder that the shards' paths begin in, and the pattern of these.
    fn place(&self) -> (PathBuf, String) {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        match (&self.repo, &self.files) {
            (Some(repo), files) => (repo.into(), files.as_ref().map_or(ALL.into(), text)),
            (None, Some(files)) => begin(files),
            (None, None) => (PathBuf::new(), ALL.into()),
        }
    }

    /// The root may be an address on the hub.
    pub(crate) fn files(&self) -> SourceFiles {
        let (root, pattern) = self.place();
        // A pattern with problems matches nothing, and is refused before anything is read.
        let patterns = Patterns::new("files", &[pattern]).unwrap_or_default();
        SourceFiles { root, keep: Box::new(move |path| patterns.fit(path)) }
    }

    pub(super) fn list(&self) -> Result<Listing<'_>, DataError> {
        let (root, pattern) = self.place();
        if !root.is_dir() {
            let problem = "there is no such folder; let `files` name the shards, as in \
                           \"data/*.parquet\""
                .into();
            return Err(DataError::BadFile { path: root, problem });
        }
        let names = self.files().list()?;
        if names.is_empty() {
            let expected = format!("no file in it or below it fits `{pattern}`: set `files`");
            return Err(DataError::Empty { path: root, expected });
        }
        let (rows, ends) = rows::rows(self, &root, &names)?;
        let mut open: Option<(usize, Images)> = None;
        let place = move |at: usize| {
            let shard = ends.partition_point(|&end| end <= at);
            (shard, at - if shard == 0 { 0 } else { ends[shard - 1] })
        };
        let row_of = place.clone();
        let fetch = move |at: usize| {
            let (shard, row) = place(at);
            let images = match &mut open {
                Some((number, images)) if *number == shard => images,
                slot => {
                    let images = Images::open(&root.join(&names[shard]), &self.image)?;
                    &mut slot.insert((shard, images)).1
                }
            };
            Ok(images.get(row)?.map_err(|problem| format!("row {row}: {problem}")))
        };
        let decode = move |at, bytes: Vec<u8>| {
            let decoded = decode_and_tell(&bytes);
            let decoded = decoded.map_err(|problem| format!("row {}: {problem}", row_of(at).1))?;
            Ok(decoded.resized(self.size))
        };
        let pictures = Pictures::InOrder { fetch: Box::new(fetch), decode: Box::new(decode) };
        Ok(Listing { rows, pictures })
    }
}

/// The folder that paths begin in, and a pattern of what follows. What is there is not a pattern,
/// whatever its name. The name of a single file stays in the pattern, since it may say the split.
fn begin(files: &Path) -> (PathBuf, String) {
    if files.is_dir() {
        return (files.into(), ALL.into());
    }
    let (mut root, mut rest) = (PathBuf::new(), files.components().peekable());
    while let Some(part) = rest.next() {
        let below = root.join(part);
        let plain = !part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
        if rest.peek().is_none() && (plain || below.exists()) {
            let name = part.as_os_str().to_string_lossy();
            return (or_here(root), Pattern::escape(&name));
        }
        if !plain && !below.exists() {
            let pattern = [part].into_iter().chain(rest).collect::<PathBuf>();
            return (or_here(root), pattern.to_string_lossy().into_owned());
        }
        root = below;
    }
    (or_here(root), ALL.into())
}

fn or_here(folder: PathBuf) -> PathBuf {
    if folder.as_os_str().is_empty() { ".".into() } else { folder }
}

#[cfg(test)]
mod tests {
    use super::begin;

    #[test]
    fn where_patterns_begin() {
        let split = |files: &str| {
            let (root, pattern) = begin(files.as_ref());
            format!("{} {pattern}", root.display())
        };
        assert_eq!(split("data/*.parquet"), "data *.parquet");
        assert_eq!(split("/a/b-[12]/c/*.parquet"), "/a b-[12]/c/*.parquet");
        assert_eq!(split("*.parquet"), ". *.parquet");
        assert_eq!(split("a/train.parquet"), "a train.parquet");
        assert_eq!(split("src"), "src **/*.parquet");
    }
}
