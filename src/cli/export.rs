//! `microtome export`: a trained network for others.

use super::{Exit, Failure, failed, print};
use crate::stages::{open_model, write_onnx};
use clap::Args;
use std::path::PathBuf;

/// Write a trained network as ONNX
///
/// The ONNX model takes `images`, uint8 [batch, height, width, 3]: RGB pixels from 0 to 255 as they
/// lie in memory, any number of them at once; their normalisation is inside. It gives `probability`,
/// float32 [batch], of class 1, and `logit`, what that is the sigmoid of. Its metadata hold
/// `threshold` (probabilities from there on mean class 1), `architecture` and `normalization`.
/// Equal models give equal bytes.
#[derive(Args)]
pub struct Export {
    /// A model's folder: out/<pipeline>/<stage> of a `train` stage, or of a `tune` stage for its
    /// best model
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let network = open_model(&self.model).map_err(failed(Exit::Wrong))?;
        let done = write_onnx(&network, &self.onnx).map_err(failed(Exit::Failed))?;
        let (height, width) = (done.input.height, done.input.width);
        print(&format!(
            "wrote {}: {} parameters, {} bytes\n  in   images       uint8   [batch, {height}, {width}, 3]\n  out  probability  float32 [batch]\n       logit        float32 [batch]",
            self.onnx.display(),
            done.parameters,
            done.bytes
        ));
        Ok(Exit::Done)
    }
}
