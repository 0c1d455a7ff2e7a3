//! Files of the Hugging Face hub in its cache, which they are brought into once. The only place
//! that speaks HTTP; built in by the feature `hub`.

use super::address::{Address, Repository};
use crate::engine::{
    StageError,
    source::{Keep, Reach},
};
use std::path::PathBuf;

/// Why this build cannot follow addresses, and what to do.
#[cfg(not(feature = "hub"))]
pub(super) const UNABLE: Option<(&str, &str)> = Some((
    "this build does not fetch files from the Hugging Face hub",
    "build it with `--features hub`, or download them and give their path",
));
#[cfg(feature = "hub")]
pub(super) const UNABLE: Option<(&str, &str)> = None;

/// The path of a file in the hub's cache.
///
/// # Errors
/// That this build cannot do it; `check` has said so before.
#[cfg(not(feature = "hub"))]
pub(super) fn fetch(address: &Address, _: Reach) -> Result<PathBuf, StageError> {
    let (message, help) = UNABLE.unwrap_or_default();
    let Address { repository, file } = address;
    Err(StageError::new(format!("{message} (`{file}` of {repository})")).with_help(help))
}

/// The folder in the hub's cache that holds the files of a repository that are kept.
///
/// # Errors
/// That this build cannot do it; `check` has said so before.
#[cfg(not(feature = "hub"))]
pub(super) fn fetch_all(
    repository: &Repository,
    _: &Keep,
    _: Reach,
) -> Result<PathBuf, StageError> {
    let (message, help) = UNABLE.unwrap_or_default();
    Err(StageError::new(format!("{message} ({repository})")).with_help(help))
}

#[cfg(feature = "hub")]
pub(super) use fetching::{fetch, fetch_all};

#[cfg(feature = "hub")]
mod fetching {
    use super::*;
    use crate::stages::address::{self, Holds};
    use hf_hub::{
        Cache, Repo, RepoType,
        api::{
            Progress,
            sync::{ApiBuilder, ApiError},
        },
    };
    use serde::{Deserialize, Serialize};
    use std::{fmt, fs, path::Path};

    /// The path of a file in the hub's cache, where `HF_HOME` says. What is there is taken without
    /// asking the hub, so that a run needs no network and a branch that moves on changes nothing;
    /// what is not is fetched from where `HF_ENDPOINT` says.
    ///
    /// # Errors
    /// The repository and the file, why it could not be fetched, and what to do.
    pub fn fetch(address: &Address, reach: Reach) -> Result<PathBuf, StageError> {
        let Address { repository, file } = address;
        let repo = repo(repository);
        if let Some(path) = Cache::from_env().repo(repo.clone()).get(file) {
            return Ok(path);
        }
        stay(Asked::File(address), reach)?;
        let mut size = Size(0);
        let api =
            ApiBuilder::from_env().build().map_err(|error| failed(Asked::File(address), &error))?;
        let path = api
            .repo(repo)
            .download_with_progress(file, &mut size)
            .map_err(|error| failed(Asked::File(address), &error))?;
        check_size(address, path, size)
    }

    /// Which files a repository has at a commit. It is kept beside the repository's snapshots, for
    /// its branches move on and the hub cannot always be asked.
    #[derive(Serialize, Deserialize)]
    struct Contents {
        commit: String,
        files: Vec<String>,
    }

    /// The folder in the hub's cache that holds the files of a repository that are kept. As with a
    /// single file, the hub is asked only for what is not there.
    ///
    /// # Errors
    /// The repository, the file if it is about one, why it could not be fetched, and what to do.
    pub fn fetch_all(
        repository: &Repository,
        keep: &Keep,
        reach: Reach,
    ) -> Result<PathBuf, StageError> {
        let contents = contents(repository, reach)?;
        // Of the commit that was listed, and not of one that the branch has come to since.
        let at = Repository { revision: contents.commit.clone(), ..repository.clone() };
        let kept: Vec<_> = contents.files.iter().filter(|file| keep(Path::new(file))).collect();
        if kept.is_empty() {
            let message =
                format!("{repository} has no such file as `files` of the source asks for");
            let there: Vec<_> = contents.files.iter().take(5).map(|it| format!("`{it}`")).collect();
            let help =
                format!("it has {} files, such as {}", contents.files.len(), there.join(", "));
            return Err(StageError::new(message).with_help(help));
        }
        for file in kept {
            fetch(&Address { repository: at.clone(), file: file.clone() }, reach)?;
        }
        Ok(Cache::from_env().repo(repo(repository)).pointer_path(&contents.commit))
    }

    /// What a repository holds, as it was when it was first asked for.
    fn contents(repository: &Repository, reach: Reach) -> Result<Contents, StageError> {
        let cache = Cache::from_env();
        let folder = cache.path().join(repo(repository).folder_name()).join("microtome");
        let known = folder.join(format!("{}.json", repository.revision.replace('/', "--")));
        if let Ok(bytes) = fs::read(&known)
            && let Ok(contents) = serde_json::from_slice(&bytes)
        {
            return Ok(contents);
        }
        let asked = Asked::All(repository);
        stay(asked, reach)?;
        let api = ApiBuilder::from_env().build().map_err(|error| failed(asked, &error))?;
        let info = api.repo(repo(repository)).info().map_err(|error| failed(asked, &error))?;
        let plain = |file: &str| file.split('/').all(address::is_plain);
        let mut files: Vec<String> = info.siblings.into_iter().map(|it| it.rfilename).collect();
        files.retain(|file| plain(file));
        let contents = Contents { commit: info.sha, files };
        if !address::is_plain(&contents.commit) {
            let message = format!("the Hugging Face hub names no commit of {repository}");
            return Err(StageError::new(message).with_help("check `HF_ENDPOINT`"));
        }
        let unwritable = |error| failed(asked, &ApiError::IoError(error));
        let text = serde_json::to_vec_pretty(&contents).unwrap_or_default();
        fs::create_dir_all(&folder).map_err(unwritable)?;
        fs::write(&known, text).map_err(unwritable)?;
        Ok(contents)
    }

    /// What is not here stays where it is if the network is out of reach.
    fn stay(asked: Asked, reach: Reach) -> Result<(), StageError> {
        match reach {
            Reach::Network => Ok(()),
            Reach::Machine => {
                let message = format!("the Hugging Face hub's cache on this machine lacks {asked}");
                Err(StageError::new(message)
                    .with_help("a run without `--frozen` fetches what is missing"))
            }
        }
    }

    fn repo(repository: &Repository) -> Repo {
        let kind = match repository.holds {
            Holds::Models => RepoType::Model,
            Holds::Data => RepoType::Dataset,
        };
        Repo::with_revision(repository.name.clone(), kind, repository.revision.clone())
    }

    /// What the hub was asked for.
    #[derive(Clone, Copy)]
    enum Asked<'a> {
        File(&'a Address),
        /// The names of all files.
        All(&'a Repository),
    }

    impl fmt::Display for Asked<'_> {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            match self {
                Asked::File(it) => write!(f, "`{}` of `{}`", it.file, it.repository.name),
                Asked::All(repository) => write!(f, "the files of `{}`", repository.name),
            }
        }
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
        let unreadable = |error| failed(Asked::File(address), &ApiError::IoError(error));
        let found = fs::metadata(&path).map_err(unreadable)?.len();
        if found == size.0 {
            return Ok(path);
        }
        // The blob, and then the link to it.
        let blob = fs::canonicalize(&path).map_err(unreadable)?;
        fs::remove_file(blob).and_then(|()| fs::remove_file(&path)).map_err(unreadable)?;
        let asked = Asked::File(address);
        let message = format!("{asked} came with {found} bytes, and has {}", size.0);
        Err(StageError::new(message).with_help("what came was thrown away: run again"))
    }

    fn failed(asked: Asked, error: &ApiError) -> StageError {
        let status = match error {
            ApiError::RequestError(error) => match **error {
                ureq::Error::StatusCode(status) => Some(status),
                _ => None,
            },
            _ => None,
        };
        let (message, help) = match (status, error) {
            (Some(404), _) => absent(asked),
            (Some(status @ (401 | 403)), _) => (
                format!(
                    "the Hugging Face hub does not give out {asked} (HTTP {status}): there is no such repository, or it is private, or has terms to accept"
                ),
                "check its name; if it is right, log in with `hf auth login`",
            ),
            (Some(status), _) => (
                format!("the Hugging Face hub answered HTTP {status} when asked for {asked}"),
                "try again later, or download it and give its path",
            ),
            (None, ApiError::LockAcquisition(_)) => {
                (format!("another process is fetching {asked}"), "run again when it has")
            }
            (None, error) => (
                format!("cannot fetch {asked} from the Hugging Face hub: {error}"),
                "check the network and `HF_ENDPOINT`; what is in the hub's cache (`HF_HOME`) needs no network",
            ),
        };
        StageError::new(message).with_help(help)
    }

    fn absent(asked: Asked) -> (String, &'static str) {
        match asked {
            Asked::File(Address { repository, file }) => (
                format!("the Hugging Face hub has no `{file}` in {repository}"),
                "look for the file's name, and its branch or tag, on the repository's page",
            ),
            Asked::All(repository) => (
                format!("the Hugging Face hub has no {repository}"),
                "look for its name, and its branch or tag, on the hub",
            ),
        }
    }
}
