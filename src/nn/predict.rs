//! A trained network, opened to be used.

use std::ops::ControlFlow;
use std::path::Path;

use super::description::Description;
use super::error::NnError;
use super::images::Loader;
use super::inference::Inference;
use super::kernels::isa::Isa;
use super::network::Layers;
use super::ops::loss::sigmoid;
use super::shape::Shape;
use super::tensor::{Activation, Compute};
use crate::data::{Batches, Dataset};

/// A trained network and what is known of it.
pub struct Network {
    layers: Layers,
    ready: Inference,
    loader: Loader,
    description: Description,
}

impl Network {
    /// Opens `model.safetensors` and `model.json`.
    ///
    /// # Errors
    /// [`NnError::Io`] and [`NnError::Content`] name the file; also a wrong `MICROTOME_ISA`.
    pub fn open(weights: &Path, description: &Path) -> Result<Network, NnError> {
        let description = Description::read(description)?;
        let cx = Compute::new(Isa::chosen()?);
        let layers =
            Layers::read_weights(cx, &description.architecture, description.input, weights)?;
        Ok(Network::new(layers, description))
    }

    pub(crate) fn new(layers: Layers, description: Description) -> Network {
        let loader = Loader::new(description.input, description.normalization);
        Network { ready: layers.inference(), layers, loader, description }
    }

    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }

    /// What is known of it.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The probability of class 1 for each of `rows` (indices into `data`), in their order.
    /// It does not depend on `batch_size`. `progress` is told how many images are done, and may
    /// stop the work.
    ///
    /// # Errors
    /// [`NnError::Size`] if the images are of another size; [`NnError::Interrupted`].
    pub fn predict(
        &self,
        data: &Dataset,
        rows: &[usize],
        batch_size: usize,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<f32>, NnError> {
        self.check_size(data)?;
        let mut probabilities = Vec::with_capacity(rows.len());
        for batch in Batches::in_order(data, rows.to_vec(), batch_size).epoch(0) {
            probabilities.extend(self.probabilities(&batch.pixels)?);
            if progress(probabilities.len()).is_break() {
                return Err(NnError::Interrupted);
            }
        }
        Ok(probabilities)
    }

    /// The images that it takes.
    pub fn input(&self) -> Shape {
        self.description.input
    }

    /// The probability of class 1 for each of n images, n×H×W×3 bytes of the size that it takes.
    ///
    /// # Errors
    /// [`NnError::Memory`].
    pub fn probabilities(&self, pixels: &[u8]) -> Result<Vec<f32>, NnError> {
        Ok(self.logits(pixels)?.into_iter().map(sigmoid).collect())
    }

    /// What the probabilities are the sigmoids of.
    pub(super) fn logits(&self, pixels: &[u8]) -> Result<Vec<f32>, NnError> {
        let logits = self.ready.logits(&self.layers.cx, self.load(pixels)?)?; // (1, 1, n, 1)
        Ok(logits.values.to_vec())
    }

    /// Images as the network takes them, (h, w, n, 3).
    pub(super) fn load(&self, pixels: &[u8]) -> Result<Activation, NnError> {
        Ok(self.loader.load_bytes(&self.layers.cx, pixels)?)
    }

    pub(super) fn check_size(&self, data: &Dataset) -> Result<(), NnError> {
        let input = self.input();
        if (data.height(), data.width()) == (input.height, input.width) {
            return Ok(());
        }
        Err(NnError::Size {
            takes: format!("{}×{}", input.height, input.width),
            has: format!("{}×{}", data.height(), data.width()),
            size: input.height,
        })
    }
}
