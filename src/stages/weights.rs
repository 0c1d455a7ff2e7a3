//! Where pretrained weights lie: in a local file, or on the Hugging Face hub, whose files are
//! brought into its cache. Must not know what is in them, nor how they are brought.

use super::{
    address::{Address, HUB, as_text},
    hub,
};
use crate::{
    engine::{
        Complaint, StageError,
        source::{Reach, Root, SourceFiles},
    },
    nn::{Model, Training},
};
use std::{path::PathBuf, sync::Arc};

/// What a stage depends on that reads `weights`, the value of its parameter `name`.
pub(super) fn source(name: String, weights: &str) -> SourceFiles {
    let root = if weights.starts_with(HUB) {
        let weights = weights.to_owned();
        Root::Distant(Arc::new(move |reach| local(&weights, reach)))
    } else {
        Root::File(PathBuf::from(weights))
    };
    SourceFiles { name, root }
}

/// The file on this machine, brought here if it is not yet.
pub(super) fn local(weights: &str, reach: Reach) -> Result<PathBuf, StageError> {
    if !weights.starts_with(HUB) {
        return Ok(PathBuf::from(weights));
    }
    match Address::of(weights) {
        Some(address) => hub::fetch(&address, reach),
        None => Err(StageError::new(no_address(weights)).with_help(HOW)),
    }
}

/// The same training with its weights in a file on this machine.
pub(super) fn with_local(training: &Training) -> Result<Training, StageError> {
    let mut training = training.clone();
    if let Model::Preset(preset) = &mut training.model
        && let Some(weights) = &mut preset.settings.weights
    {
        *weights = as_text(local(weights, Reach::Network)?)?;
    }
    Ok(training)
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
