//! What can go wrong with a network, said so that the reader knows what to do.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::kernels::isa::IsaProblem;
use super::model::ShapeProblem;
use super::shape::Shape;

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
    /// The train split cannot teach a difference.
    #[error(
        "the train split has {zeros} images of class 0 and {ones} of class 1: a classifier needs both; look at the labels that `ingest` found, or split again with `stratify = true`"
    )]
    OneClass {
        /// Images of class 0.
        zeros: usize,
        /// Images of class 1.
        ones: usize,
    },
    /// The loss is no longer a number.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch}: the training diverged; try a lower learning rate than {lr:?} (a tenth of it), `warmup = {{ epochs = 1 }}`, `clip = {{ norm = 1.0 }}`, or \"batch_norm\" after the convolutions{kept}"
    )]
    Diverged {
        /// NaN or infinite.
        loss: f64,
        /// From 1.
        epoch: usize,
        /// From 1, in its epoch.
        batch: usize,
        /// The learning rate it happened with.
        lr: f64,
        /// What is left of the training.
        kept: Kept,
    },
    /// A setting that cannot be.
    #[error("{}: {}", .0.place, .0.message)]
    Setting(Fault),
    /// What is watched is not defined.
    #[error(
        "{watcher} watches val_auc, which needs images of both classes, but the valid split has only one: use `monitor = \"val_loss\"`, or split again"
    )]
    NoAuc {
        /// `early stopping` or `reduce_on_plateau`.
        watcher: &'static str,
    },
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
    /// Networks that cannot be averaged.
    #[error("these networks have no mean: {problem}")]
    Members {
        /// Why not.
        problem: String,
    },
    /// Features of other images or of another network.
    #[error("features of {rows} images, {shape} each, are not those of this data set and network")]
    Features {
        /// Images that there are features of.
        rows: usize,
        /// Those of one image.
        shape: Shape,
    },
    /// A file could not be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
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

/// What is left of a training that diverged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nothing that could be gone on from.
    #[default]
    Nothing,
    /// The checkpoint of the last whole epoch.
    Checkpoint {
        /// From 1.
        epoch: usize,
        /// The file.
        path: PathBuf,
    },
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kept::Nothing => Ok(()),
            Kept::Checkpoint { epoch, path } => {
                write!(
                    f,
                    "; the network as it was after epoch {epoch} is kept in {}",
                    path.display()
                )
            }
        }
    }
}

impl From<dfdx::tensor::CpuError> for NnError {
    fn from(error: dfdx::tensor::CpuError) -> NnError {
        NnError::Memory(error.to_string())
    }
}

impl NnError {
    /// A loss that is not finite, in a step from 0 of an epoch from 0.
    pub(crate) fn diverged(loss: f64, epoch: usize, step: usize, lr: f64) -> NnError {
        // Six digits: a schedule gives rates that nobody would write.
        let lr = format!("{lr:.5e}").parse().unwrap_or(lr);
        NnError::Diverged { loss, epoch: epoch + 1, batch: step + 1, lr, kept: Kept::Nothing }
    }

    /// The same error, which tells of the checkpoint at `path` if the training diverged after
    /// `epochs` whole epochs.
    pub(crate) fn keeping(mut self, epochs: usize, path: &Path) -> NnError {
        if let NnError::Diverged { kept, .. } = &mut self
            && epochs > 0
        {
            *kept = Kept::Checkpoint { epoch: epochs, path: path.to_owned() };
        }
        self
    }

    /// An error while writing `path`.
    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> NnError {
        let path = path.into();
        |source| NnError::Write { path, source }
    }

    /// An error while reading `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> NnError {
        let path = path.into();
        |source| NnError::Io { path, source }
    }

    /// A problem with what is in `path`.
    pub(crate) fn content(path: impl Into<PathBuf>, problem: impl std::fmt::Display) -> NnError {
        NnError::Content { path: path.into(), problem: problem.to_string() }
    }
}
