//! `microtome export`: a model's folder becomes a file for others. It is no stage: nothing reads it.

use super::artifacts::unwritten;
use crate::{
    engine::StageError,
    nn::{Network, Shape},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exported {
    /// The images that the network takes.
    pub input: Shape,
    /// Trained floats.
    pub parameters: usize,
    /// Of the file.
    pub bytes: usize,
}

/// Opens the model in a folder, such as `out/<pipeline>/<stage>`; a search's folder holds its best.
///
/// # Errors
/// What is missing or damaged there, and what to give instead.
pub fn open_model(folder: &Path) -> Result<Network, StageError> {
    if folder.join(super::ensemble::ENSEMBLE).is_file() {
        let message = format!("{} is an ensemble, not one network", folder.display());
        return Err(StageError::new(message).with_help(
            "give one of the folders below its `members/`, each of which is a network",
        ));
    }
    let files = ["model.safetensors", "model.json"].map(|name| folder.join(name));
    if let Some(missing) = files.iter().find(|file| !file.is_file()) {
        let file = missing.file_name().unwrap_or_default().display();
        let message = match fs::metadata(folder) {
            Ok(found) if found.is_dir() => format!("{} holds no {file}", folder.display()),
            Ok(_) => format!("{} is a file, not a model's folder", folder.display()),
            Err(error) => format!("{}: {error}", folder.display()),
        };
        return Err(StageError::new(message).with_help(
            "give the folder of a `train` or `tune` stage: `out/<pipeline>/<stage>`, which holds model.safetensors and model.json",
        ));
    }
    let [weights, description] = &files;
    Ok(Network::open(weights, description)?)
}

/// Writes a network as an ONNX file. There is a whole file at every moment: the old one or the new.
///
/// # Errors
/// The file that cannot be written.
pub fn write_onnx(network: &Network, file: &Path) -> Result<Exported, StageError> {
    let bytes = network.to_onnx();
    replace(file, &mut |to| to.write_all(&bytes))?;
    let description = network.description();
    let (input, parameters) = (description.input, description.parameters);
    Ok(Exported { input, parameters, bytes: bytes.len() })
}

/// Writes a file under another name first, so that there is a whole one at every moment: the old
/// one or the new.
pub(super) fn replace(
    file: &Path,
    write: &mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), StageError> {
    let failed = |error: io::Error| {
        unwritten(file, &error)
            .with_help("give the name of a file in a folder that is there and may be written to")
    };
    let temporary = beside(file).ok_or_else(|| failed(io::ErrorKind::IsADirectory.into()))?;
    let written = write_synced(&temporary, write).and_then(|()| fs::rename(&temporary, file));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(failed(error));
    }
    Ok(())
}

/// A name in the same folder that two exports at once do not share.
fn beside(file: &Path) -> Option<PathBuf> {
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name()?);
    name.push(format!(".{}.new", std::process::id()));
    Some(file.with_file_name(name))
}

fn write_synced(
    path: &Path,
    write: &mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = io::BufWriter::new(fs::File::create(path)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}
