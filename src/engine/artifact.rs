//! An artifact is a tree of named files of one type; the engine sees names, digests and sizes only.

use super::{
    digest::{Digest, Domain},
    stage::StageError,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::path::{Component, Path, PathBuf};

/// One file of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Relative to the artifact, with `/` between its parts.
    #[serde(deserialize_with = "name_within")]
    pub name: String,
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

/// A record that somebody tampered with must not lead links out of their folder.
fn name_within<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let plain = |part| matches!(part, Component::Normal(_));
    if name.is_empty() || !Path::new(&name).components().all(plain) {
        return Err(D::Error::custom("the name of a file that leads out of its artifact"));
    }
    Ok(name)
}

/// The files of an artifact, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree(Vec<File>);

impl Tree {
    pub fn new(mut files: Vec<File>) -> Tree {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Tree(files)
    }

    pub fn files(&self) -> &[File] {
        &self.0
    }

    /// The content digest of the whole: what a reader's recipe holds.
    pub fn digest(&self) -> Digest {
        // Names are written as JSON strings, so that no file name can pass for a line of another.
        let line = |f: &File| format!("{} {}\n", f.digest, serde_json::Value::from(&*f.name));
        Digest::of_text(Domain::Tree, &self.0.iter().map(line).collect::<String>())
    }
}

/// A typed result: what one stage writes and others open.
pub trait Artifact: Sized + 'static {
    /// The name of the type, by which edges are checked before anything runs.
    const TYPE: &'static str;

    /// Reads the artifact from its files.
    fn open(files: &Files) -> Result<Self, StageError>;

    /// The figure that matters, for the closing table: `val_auc 0.913`.
    fn headline(&self) -> Option<String> {
        None
    }

    /// What the result falls short of, by demands that its stage's user made, such as a score that
    /// was to be reached; each in words. The result is kept and its readers run, so that it can be
    /// looked at, and every run that holds it fails.
    fn shortfalls(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Where the files of one artifact lie, and which stage made them.
#[derive(Clone, Debug)]
pub struct Files {
    /// The producing stage's name.
    pub stage: String,
    /// The artifact's type.
    pub artifact: &'static str,
    /// Names and the paths of their contents; blobs have no extension.
    pub paths: Vec<(String, PathBuf)>,
}

impl Files {
    /// The path of a file's contents.
    ///
    /// # Errors
    /// Names the stage and the file when the artifact has no such file.
    pub fn path(&self, name: &str) -> Result<PathBuf, StageError> {
        self.find(name).ok_or_else(|| {
            StageError::new(format!(
                "the {} of `{}` has no file `{name}`",
                self.artifact, self.stage
            ))
        })
    }

    /// The path of a file's contents, if the artifact has it.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.paths.iter().find(|(n, _)| n == name).map(|(_, path)| path.clone())
    }
}
