//! Files of the Hugging Face hub in its cache, which they are brought into once. The only place
//! that speaks HTTP; built in by the feature `hub`.

use super::weights::Address;
use crate::engine::StageError;
use std::path::PathBuf;

/// Why this build cannot follow addresses, and what to do.
#[cfg(not(feature = "hub"))]
pub(super) const UNABLE: Option<(&str, &str)> = Some((
    "this build does not fetch weights from the Hugging Face hub",
    "build it with `--features hub`, or download the file and give its path",
));
#[cfg(feature = "hub")]
pub(super) const UNABLE: Option<(&str, &str)> = None;

/// The path of a file in the hub's cache.
///
/// # Errors
/// That this build cannot do it; `check` has said so before.
#[cfg(not(feature = "hub"))]
pub(super) fn fetch(address: &Address) -> Result<PathBuf, StageError> {
    let (message, help) = UNABLE.unwrap_or_default();
    let Address { repository, revision, file } = address;
    let message = format!("{message} (`{file}` of `{repository}` at `{revision}`)");
    Err(StageError::new(message).with_help(help))
}

#[cfg(feature = "hub")]
pub(super) use fetching::fetch;

#[cfg(feature = "hub")]
mod fetching {
    use super::*;
    use hf_hub::{
        Cache, Repo, RepoType,
        api::{
            Progress,
            sync::{ApiBuilder, ApiError},
        },
    };
    use std::fs;

    /// The path of a file in the hub's cache, where `HF_HOME` says. What is there is taken without
    /// asking the hub, so that a run needs no network and a branch that moves on changes nothing;
    /// what is not is fetched from where `HF_ENDPOINT` says.
    ///
    /// # Errors
    /// The repository and the file, why it could not be fetched, and what to do.
    pub fn fetch(address: &Address) -> Result<PathBuf, StageError> {
        let Address { repository, revision, file } = address;
        let repo = Repo::with_revision(repository.clone(), RepoType::Model, revision.clone());
        if let Some(path) = Cache::from_env().repo(repo.clone()).get(file) {
            return Ok(path);
        }
        let mut size = Size(0);
        let api = ApiBuilder::from_env().build().map_err(|error| failed(address, &error))?;
        let path = api
            .repo(repo)
            .download_with_progress(file, &mut size)
            .map_err(|error| failed(address, &error))?;
        check_size(address, path, size)
    }

    /// How long the hub says that the file is.
    struct Size(u64);
    impl Progress for &mut Size {
        fn init(&mut self, size: usize, _: &str) {
            self.0 = size as u64;
        }
        fn update(&mut self, _: usize) {}
        fn finish(&mut self) {}
    }

    /// An earlier attempt that is gone on with may leave too much; hf-hub does not look.
    fn check_size(address: &Address, path: PathBuf, size: Size) -> Result<PathBuf, StageError> {
        let unreadable = |error| failed(address, &ApiError::IoError(error));
        let found = fs::metadata(&path).map_err(unreadable)?.len();
        if found == size.0 {
            return Ok(path);
        }
        // The blob, and then the link to it.
        let blob = fs::canonicalize(&path).map_err(unreadable)?;
        fs::remove_file(blob).and_then(|()| fs::remove_file(&path)).map_err(unreadable)?;
        let Address { repository, file, .. } = address;
        let message =
            format!("`{file}` of `{repository}` came with {found} bytes, and has {}", size.0);
        Err(StageError::new(message).with_help("what came was thrown away: run again"))
    }

    fn failed(address: &Address, error: &ApiError) -> StageError {
        let Address { repository, revision, file } = address;
        let status = match error {
            ApiError::RequestError(error) => match **error {
                ureq::Error::StatusCode(status) => Some(status),
                _ => None,
            },
            _ => None,
        };
        let (message, help) = match (status, error) {
            (Some(404), _) => (
                format!("the Hugging Face hub has no `{file}` in `{repository}` at `{revision}`"),
                "look for the file's name, and its branch or tag, on the repository's page",
            ),
            (Some(status @ (401 | 403)), _) => (
                format!(
                    "the Hugging Face hub does not give out `{file}` of `{repository}` (HTTP {status}): there is no such repository, or it is private, or has terms to accept"
                ),
                "check its name; if it is right, log in with `hf auth login`",
            ),
            (Some(status), _) => (
                format!(
                    "the Hugging Face hub answered HTTP {status} when asked for `{file}` of `{repository}`"
                ),
                "try again later, or download the file and give its path",
            ),
            (None, ApiError::LockAcquisition(_)) => (
                format!("another process is fetching `{file}` of `{repository}`"),
                "run again when it has",
            ),
            (None, error) => (
                format!(
                    "cannot fetch `{file}` of `{repository}` from the Hugging Face hub: {error}"
                ),
                "check the network and `HF_ENDPOINT`; a file that is in the hub's cache (`HF_HOME`) needs no network",
            ),
        };
        StageError::new(message).with_help(help)
    }
}
