//! Where pretrained weights lie: in a local file, or on the Hugging Face hub, whose files are
//! brought into its cache. Must not know what is in them, nor how they are brought.

use super::hub;
use crate::{
    engine::{
        Complaint, StageError,
        source::{Root, SourceFiles},
    },
    nn::{Model, Training},
};
use std::{path::PathBuf, sync::Arc};

/// How addresses on the hub begin.
const HUB: &str = "hf://";
/// The revision of an address that names none: the branch that the hub's repositories begin with.
const MAIN: &str = "main";

/// A file on the hub: `hf://owner/repo/file`, or `hf://owner/repo@revision/file` as the hub's own
/// tools write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `owner/repo`.
    pub repository: String,
    /// A branch, a tag, or a commit.
    pub revision: String,
    /// Its path in the repository.
    pub file: String,
}

impl Address {
    /// `None` if it is none.
    fn of(weights: &str) -> Option<Address> {
        let mut parts = weights.strip_prefix(HUB)?.splitn(3, '/');
        let (owner, name, file) = (parts.next()?, parts.next()?, parts.next()?);
        let (name, revision) = name.split_once('@').unwrap_or((name, MAIN));
        // What is no plain name would lead out of the repository's folder in the cache.
        let plain = |part: &str| !["", ".", ".."].contains(&part) && !part.contains(['@', '\\']);
        let all = [owner, name, revision].into_iter().chain(file.split('/')).all(plain);
        all.then(|| Address {
            repository: format!("{owner}/{name}"),
            revision: revision.to_owned(),
            file: file.to_owned(),
        })
    }
}

/// What a stage depends on that reads `weights`, the value of its parameter `name`.
pub(super) fn source(name: String, weights: &str) -> SourceFiles {
    let root = if weights.starts_with(HUB) {
        let weights = weights.to_owned();
        Root::Distant(Arc::new(move || local(&weights)))
    } else {
        Root::File(PathBuf::from(weights))
    };
    SourceFiles { name, root }
}

/// The file on this machine, brought here if it is not yet.
pub(super) fn local(weights: &str) -> Result<PathBuf, StageError> {
    if !weights.starts_with(HUB) {
        return Ok(PathBuf::from(weights));
    }
    match Address::of(weights) {
        Some(address) => hub::fetch(&address),
        None => Err(StageError::new(no_address(weights)).with_help(HOW)),
    }
}

/// The same training with its weights in a file on this machine.
pub(super) fn with_local(training: &Training) -> Result<Training, StageError> {
    let mut training = training.clone();
    if let Model::Preset(preset) = &mut training.model
        && let Some(weights) = &mut preset.settings.weights
    {
        *weights = as_text(local(weights)?)?;
    }
    Ok(training)
}

/// A path as parameters hold it.
pub(super) fn as_text(path: PathBuf) -> Result<String, StageError> {
    path.into_os_string().into_string().map_err(|path| {
        StageError::new(format!("{} is not Unicode", path.display()))
            .with_help("set `HF_HOME` to a folder whose path is")
    })
}

/// What is wrong with weights before anything is read: an address that is none, or one that this
/// build cannot follow.
pub(super) fn complaint(training: &Training) -> Option<Complaint> {
    let weights = training.model.preset()?.settings.weights.as_ref()?;
    let (message, help) = match Address::of(weights) {
        _ if !weights.starts_with(HUB) => return None,
        None => (no_address(weights), HOW),
        Some(_) => hub::UNABLE.map(|(message, help)| (message.to_owned(), help))?,
    };
    let place = format!("model.{}.weights", training.model.name());
    Some(Complaint { place, message, help: Some(help.into()) })
}

const HOW: &str = "write `hf://owner/repository/file`, or `hf://owner/repository@revision/file` for a branch, a tag or a commit";

fn no_address(weights: &str) -> String {
    format!("`{weights}` names no file of the Hugging Face hub")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |weights: &str| {
            Address::of(weights).map(|it| [it.repository, it.revision, it.file].join(" "))
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
}
