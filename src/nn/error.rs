//! What can go wrong with a network, said so that the reader knows what to do.

use std::path::PathBuf;

use super::kernels::isa::IsaProblem;
use super::model::ShapeProblem;

/// Why a network could not be trained, saved, opened or used.
#[derive(Debug, thiserror::Error)]
pub enum NnError {
    /// The model's layers do not fit together or do not fit the images.
    #[error(transparent)]
    Shape(#[from] ShapeProblem),
    /// `MICROTOME_ISA` cannot be followed.
    #[error(transparent)]
    Isa(#[from] IsaProblem),
    /// A split that is needed is empty.
    #[error(
        "the {split} split has no labelled images: give it a share in the preprocess stage's `split`"
    )]
    NoImages {
        /// `train` or `valid`.
        split: &'static str,
    },
    /// The loss is no longer a number.
    #[error(
        "the loss became {loss} in epoch {epoch}, step {step}: the training diverged; try a lower learning rate than {lr:?} (a tenth of it), or put \"batch_norm\" after the convolutions"
    )]
    Diverged {
        /// NaN or infinite.
        loss: f64,
        /// From 1.
        epoch: usize,
        /// From 1, in its epoch.
        step: usize,
        /// The learning rate it happened with.
        lr: f64,
    },
    /// What early stopping watches is not defined.
    #[error(
        "early stopping watches val_auc, which needs images of both classes, but the valid split has only one: use `monitor = \"val_loss\"`, or split again"
    )]
    NoAuc,
    /// The watcher asked to stop.
    #[error("interrupted; run it again to go on from the last whole epoch")]
    Interrupted,
    /// The images do not have the size that the network was trained for.
    #[error(
        "the network takes images of {takes} pixels, the data set has {has}: preprocess it with `size = {size}`"
    )]
    Size {
        /// Height × width.
        takes: String,
        /// Height × width.
        has: String,
        /// The height that is wanted.
        size: usize,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// dfdx could not allocate a tensor.
    #[error("not enough memory for the tensors of this network: use a smaller `batch_size` ({0})")]
    Memory(String),
}

impl From<dfdx::tensor::CpuError> for NnError {
    fn from(error: dfdx::tensor::CpuError) -> NnError {
        NnError::Memory(error.to_string())
    }
}

impl NnError {
    /// An input or output error at `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> NnError {
        let path = path.into();
        |source| NnError::Io { path, source }
    }

    /// A problem with what is in `path`.
    pub(crate) fn content(path: impl Into<PathBuf>, problem: impl std::fmt::Display) -> NnError {
        NnError::Content { path: path.into(), problem: problem.to_string() }
    }
}
