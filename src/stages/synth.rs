//! `microtome synth`: drawn tissue in files of others' layout. It is no stage: nothing reads it.

pub use crate::data::KaggleFolder;
use crate::engine::StageError;
use std::{ops::ControlFlow, path::Path};

/// Draws `train` labelled and `test` unlabelled patches into a folder of Kaggle's layout, and tells
/// how many of how many are there.
///
/// # Errors
/// The folder that is not empty, the file that cannot be written.
pub fn write_kaggle(
    folder: &Path,
    patches: KaggleFolder,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), StageError> {
    let tell = |done, total| {
        progress(done, total);
        ControlFlow::Continue(())
    };
    Ok(patches.write(folder, &tell)?)
}
