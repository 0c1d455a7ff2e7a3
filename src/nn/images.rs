//! Batches of bytes become the first activation of a network.

use dfdx::tensor::CpuError;

use super::kernels::elementwise::load_images;
use super::shape::Shape;
use super::tensor::{Activation, Compute};
use crate::data::{Batch, Normalization};

/// Red, green, blue.
pub(crate) const CHANNELS: usize = 3;

/// Turns bytes into normalised floats.
pub(crate) struct Loader {
    input: Shape,
    /// `(byte / 255 − mean) / sd` for each byte and channel.
    table: Vec<f32>,
}

impl Loader {
    /// Images of shape `input`; without a normalisation bytes are scaled to 0..1.
    pub fn new(input: Shape, normalization: Option<Normalization>) -> Loader {
        let Normalization { mean, sd } =
            normalization.unwrap_or(Normalization { mean: [0.0; 3], sd: [1.0; 3] });
        let value = |byte: usize, c: usize| (byte as f32 / 255.0 - mean[c]) / sd[c];
        let table = (0..256).flat_map(|byte| (0..CHANNELS).map(move |c| value(byte, c))).collect();
        Loader { input, table }
    }

    /// The pixels of a batch, `(h, w, n, 3)`.
    pub fn load(&self, cx: &Compute, batch: &Batch) -> Result<Activation, CpuError> {
        self.load_bytes(cx, &batch.pixels)
    }

    /// The pixels of n images, n×H×W×3 bytes, as `(h, w, n, 3)`.
    pub fn load_bytes(&self, cx: &Compute, pixels: &[u8]) -> Result<Activation, CpuError> {
        let images = pixels.len() / self.input.len();
        let mut x = cx.buffers.take(images * self.input.len());
        load_images(pixels, self.input.height * self.input.width, CHANNELS, &self.table, &mut x);
        Activation::new(cx, x, images, self.input)
    }
}
