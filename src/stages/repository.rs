//! Where the shards of a data set lie: in a local folder, or in a repository of the Hugging Face hub,
//! which is brought into its cache. Must not know what is in them, nor how they are brought.

use super::{
    address::{HUB, Repository, as_text},
    hub,
};
use crate::{
    data::{Ingest, Parquet, Source},
    engine::{
        Complaint, StageError,
        source::{Keep, Reach, Root},
    },
};
use std::{path::Path, sync::Arc};

/// A folder of source files, which may be an address.
pub(super) fn root(folder: &Path, keep: Keep) -> Root {
    match folder.to_str().filter(|address| address.starts_with(HUB)) {
        Some(address) => {
            let (address, kept) = (address.to_owned(), keep.clone());
            Root::DistantFolder(Arc::new(move |reach| fetch(&address, &kept, reach)), keep)
        }
        None => Root::Folder(folder.into(), keep),
    }
}

fn fetch(address: &str, keep: &Keep, reach: Reach) -> Result<std::path::PathBuf, StageError> {
    match Repository::of_data(address) {
        Some(repository) => hub::fetch_all(&repository, keep, reach),
        None => Err(StageError::new(no_address(address)).with_help(HOW)),
    }
}

/// The same parameters with all shards on this machine.
pub(super) fn with_local(ingest: &Ingest) -> Result<Ingest, StageError> {
    let mut ingest = ingest.clone();
    for (_, shards) in distant(&mut ingest.source) {
        let keep = Arc::from(shards.files().keep);
        if let Some(repo) = &mut shards.repo {
            *repo = as_text(fetch(repo, &keep, Reach::Network)?)?;
        }
    }
    Ok(ingest)
}

/// The sources that are on the hub, and where their tables are.
fn distant(source: &mut Source) -> Vec<(String, &mut Parquet)> {
    match source {
        Source::Parquet(shards) if shards.repo.iter().any(|repo| repo.starts_with(HUB)) => {
            vec![("parquet".into(), shards)]
        }
        Source::Mix(sources) => {
            let of = |(name, source)| {
                let found: Vec<(String, &mut Parquet)> = distant(source);
                found.into_iter().map(move |(place, it)| (format!("mix.{name}.{place}"), it))
            };
            sources.iter_mut().flat_map(of).collect()
        }
        _ => Vec::new(),
    }
}

/// What is wrong with addresses before anything is read: one that is none, or one that this build
/// cannot follow.
pub(super) fn complaints(ingest: &Ingest) -> Vec<Complaint> {
    let wrong = |(place, shards): (String, &mut Parquet)| {
        let repo = shards.repo.as_deref().unwrap_or_default();
        let (message, help) = match Repository::of_data(repo) {
            None => (no_address(repo), HOW),
            Some(_) => hub::UNABLE.map(|(message, help)| (message.to_owned(), help))?,
        };
        let place = format!("source.{place}.repo");
        Some(Complaint { place, message, help: Some(help.into()) })
    };
    distant(&mut ingest.source.clone()).into_iter().filter_map(wrong).collect()
}

const HOW: &str = "write `hf://datasets/owner/name`, or `hf://datasets/owner/name@revision` for a branch, a tag or a commit";

fn no_address(address: &str) -> String {
    format!("`{address}` names no data set of the Hugging Face hub")
}
