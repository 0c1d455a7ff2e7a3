//! Trainable weights in the kernels' layout, read and written in PyTorch's. They are shared buffers
//! that a dfdx tag stands for, as activations are: dfdx 0.13 lends no slice of a tensor, so that each
//! step would copy every weight once to read it and twice to move it.

use std::sync::Arc;

use dfdx::tensor::CpuError;

use super::kernels::buffer::Buffer;
use super::tensor::{Compute, Vector};
use crate::data::random::Random;

/// One trainable tensor.
#[derive(Clone)]
pub(crate) struct Parameter {
    /// PyTorch's name: `0.weight`.
    pub name: String,
    /// PyTorch's shape: `[out, in, kh, kw]`, `[out, in]` or `[length]`.
    pub shape: Vec<usize>,
    pub layout: Layout,
    /// In the kernels' order.
    values: Arc<Buffer>,
    /// The key of its gradient.
    pub tag: Vector,
}

/// Where an element of PyTorch's order lies in ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The same.
    Plain,
    /// PyTorch's `[filter][channel][tap]` is our `[tap][channel][filter]`. A dense layer is the
    /// convolution as large as its map: `[out][channel · tap]` is the same order.
    Weights { taps: usize, channels: usize, filters: usize },
}

impl Layout {
    fn len(self, plain: usize) -> usize {
        match self {
            Layout::Plain => plain,
            Layout::Weights { taps, channels, filters } => taps * channels * filters,
        }
    }

    /// From PyTorch's order to the kernels'.
    pub fn to_ours(self, values: &[f32]) -> Vec<f32> {
        let mut ours = vec![0.0; self.len(values.len())];
        self.pairs(|torch, our| ours[our] = values[torch], values.len());
        ours
    }

    /// From the kernels' order to PyTorch's.
    pub fn to_torch(self, values: &[f32]) -> Vec<f32> {
        let mut torch_order = vec![0.0; self.len(values.len())];
        self.pairs(|torch, our| torch_order[torch] = values[our], values.len());
        torch_order
    }

    fn pairs(self, mut each: impl FnMut(usize, usize), plain: usize) {
        match self {
            Layout::Plain => (0..plain).for_each(|i| each(i, i)),
            Layout::Weights { taps, channels, filters } => {
                let mut torch = 0;
                for filter in 0..filters {
                    for channel in 0..channels {
                        for tap in 0..taps {
                            each(torch, (tap * channels + channel) * filters + filter);
                            torch += 1;
                        }
                    }
                }
            }
        }
    }
}

impl Parameter {
    /// A parameter with the given values, in PyTorch's order.
    pub fn new(
        cx: &Compute,
        name: String,
        shape: Vec<usize>,
        layout: Layout,
        torch: &[f32],
    ) -> Result<Parameter, CpuError> {
        let values = Arc::new(cx.buffers.copy(&layout.to_ours(torch)));
        Ok(Parameter { name, shape, layout, values, tag: cx.tag()? })
    }

    /// How many floats it has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its values in the kernels' order, shared for as long as a step needs them.
    pub fn read(&self, _: &Compute) -> Arc<Buffer> {
        Arc::clone(&self.values)
    }

    /// Its values in the kernels' order, to be changed. Nothing is copied once the tape of the
    /// last step is gone.
    pub fn write(&mut self) -> &mut [f32] {
        let values: &mut Buffer = Arc::make_mut(&mut self.values);
        values
    }

    /// A copy of its values in the kernels' order.
    pub fn values(&self) -> Vec<f32> {
        self.values.to_vec()
    }

    /// Sets its values, given in the kernels' order.
    pub fn set(&mut self, values: &[f32]) {
        self.write().copy_from_slice(values);
    }
}

/// PyTorch's first weights of convolutions and linear layers, and their biases: uniform within
/// ±1/√fan_in, which is Kaiming-uniform with a = √5 (<https://arxiv.org/abs/1502.01852>).
/// Drawn in PyTorch's order from (`seed`, "init", `index`).
pub(crate) fn kaiming_uniform(seed: u64, index: usize, fan_in: usize, len: usize) -> Vec<f32> {
    let bound = 1.0 / (fan_in as f32).sqrt();
    let mut random = Random::new(seed, "init", 0, index as u64);
    (0..len).map(|_| (2.0 * random.unit() - 1.0) * bound).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Filter, channel, tap as digits: 2 filters, 3 channels, 2 taps.
    #[test]
    fn pytorchs_order_and_ours() {
        let layout = Layout::Weights { taps: 2, channels: 3, filters: 2 };
        let torch = [0., 1., 10., 11., 20., 21., 100., 101., 110., 111., 120., 121.];
        let ours = [0., 100., 10., 110., 20., 120., 1., 101., 11., 111., 21., 121.];
        assert_eq!(layout.to_ours(&torch), ours);
        assert_eq!(layout.to_torch(&ours), torch);
        assert_eq!(Layout::Plain.to_ours(&torch), torch);
    }

    #[test]
    fn first_weights_fill_their_bounds() {
        let values = kaiming_uniform(1, 0, 25, 10_000);
        let largest = values.iter().fold(0f32, |largest, v| largest.max(v.abs()));
        let mean = values.iter().sum::<f32>() / 10_000.0;
        assert!(largest <= 0.2 && largest > 0.199, "{largest}");
        assert!(mean.abs() < 0.004, "{mean}");
        assert_ne!(values, kaiming_uniform(1, 1, 25, 10_000), "parameters differ");
        assert_ne!(values, kaiming_uniform(2, 0, 25, 10_000), "seeds differ");
    }
}
