//! Addresses of files and repositories on the Hugging Face hub. Must not know how they are fetched.

use crate::engine::StageError;
use std::{fmt, path::PathBuf};

/// How addresses on the hub begin.
pub(super) const HUB: &str = "hf://";
/// How those of data sets go on; models have nothing there.
const DATA: &str = "datasets/";
/// The revision of an address that names none: the branch that the hub's repositories begin with.
const MAIN: &str = "main";

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Models,
    Data,
}

/// A repository on the hub, at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repository {
    pub holds: Holds,
    /// `owner/repo`.
    pub name: String,
    /// A branch, a tag, or a commit.
    pub revision: String,
}

/// A file on the hub: `hf://owner/repo/file`, or `hf://owner/repo@revision/file` as the hub's own
/// tools write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub repository: Repository,
    /// Its path in the repository.
    pub file: String,
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}` at `{}`", self.name, self.revision)
    }
}

/// What is no plain name would lead out of the repository's folder in the cache.
pub(super) fn is_plain(part: &str) -> bool {
    !["", ".", ".."].contains(&part) && !part.contains(['@', '\\'])
}

impl Address {
    /// A file of a repository of models; `None` if it is none.
    pub fn of(weights: &str) -> Option<Address> {
        let mut parts = weights.strip_prefix(HUB)?.splitn(3, '/');
        let (owner, name, file) = (parts.next()?, parts.next()?, parts.next()?);
        let (name, revision) = name.split_once('@').unwrap_or((name, MAIN));
        let all = [owner, name, revision].into_iter().chain(file.split('/')).all(is_plain);
        all.then(|| Address {
            repository: Repository {
                holds: Holds::Models,
                name: format!("{owner}/{name}"),
                revision: revision.to_owned(),
            },
            file: file.to_owned(),
        })
    }
}

impl Repository {
    /// A data set, `hf://datasets/owner/name` or `hf://datasets/owner/name@revision`, where the
    /// revision may have slashes in it; `None` if it is none.
    pub fn of_data(address: &str) -> Option<Repository> {
        let path = address.strip_prefix(HUB)?.strip_prefix(DATA)?;
        let (name, revision) = path.split_once('@').unwrap_or((path, MAIN));
        let two = name.split('/').count() == 2;
        let all = name.split('/').chain(revision.split('/')).all(is_plain);
        (two && all).then(|| Repository {
            holds: Holds::Data,
            name: name.to_owned(),
            revision: revision.to_owned(),
        })
    }
}

/// A path as parameters hold it.
pub(super) fn as_text(path: PathBuf) -> Result<String, StageError> {
    path.into_os_string().into_string().map_err(|path| {
        StageError::new(format!("{} is not Unicode", path.display()))
            .with_help("set `HF_HOME` to a folder whose path is")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files() {
        let read = |weights: &str| {
            let Address { repository, file } = Address::of(weights)?;
            Some([repository.name, repository.revision, file].join(" "))
        };
        for (weights, expected) in [
            ("hf://timm/resnet18/model.safetensors", Some("timm/resnet18 main model.safetensors")),
            ("hf://o/r@v1.0/a/b.safetensors", Some("o/r v1.0 a/b.safetensors")),
            ("hf://o/r", None),
            ("hf://o//f", None),
            ("hf://o/r@/f", None),
            ("hf://o/r/f@v1", None),
            ("hf://../r/f", None),
            ("hf://o/r/../../f", None),
            ("hf://o/r@../f", None),
            ("hf://o/r/", None),
            ("o/r/f", None),
        ] {
            assert_eq!(read(weights).as_deref(), expected, "{weights}");
        }
    }

    #[test]
    fn addresses_of_data() {
        let read = |data: &str| {
            let Repository { name, revision, .. } = Repository::of_data(data)?;
            Some([name, revision].join(" "))
        };
        for (data, expected) in [
            ("hf://datasets/1aurent/PatchCamelyon", Some("1aurent/PatchCamelyon main")),
            ("hf://datasets/o/n@v2", Some("o/n v2")),
            ("hf://datasets/o/n@refs/convert/parquet", Some("o/n refs/convert/parquet")),
            ("hf://datasets/o/n@../x", None),
            ("hf://datasets/o/n@", None),
            ("hf://datasets/o", None),
            ("hf://datasets/o/n/data", None),
            ("hf://datasets/../n", None),
            ("hf://o/n", None),
            ("datasets/o/n", None),
        ] {
            assert_eq!(read(data).as_deref(), expected, "{data}");
        }
    }
}
