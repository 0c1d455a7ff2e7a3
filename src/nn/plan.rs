//! A model turned into the operations that compute it, and the parameters that these need.

use super::kernels::After;
use super::kernels::geometry::Geometry;
use super::layer::{Conv, Layer, Padding, Pool};
use super::model::{Model, ShapeProblem};
use super::parameter::Layout;
use super::shape::Shape;

/// One operation; parameters and running statistics are named by their place in the network.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// A convolution or a dense layer (a 1 × 1 map and window).
    Conv {
        geometry: Geometry,
        weight: usize,
        bias: Option<usize>,
        after: After,
    },
    Norm {
        weight: usize,
        bias: usize,
        running: usize,
        after: After,
    },
    Relu,
    MaxPool(Geometry),
    AvgPool(Geometry),
    Flatten,
    Dropout {
        layer: usize,
        rate: f64,
    },
}

/// What a parameter is like before it has values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declared {
    pub name: String,
    /// PyTorch's.
    pub shape: Vec<usize>,
    pub layout: Layout,
    pub start: Start,
}

/// First values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Start {
    Uniform { fan_in: usize },
    Constant(f32),
}

/// The operations of a network, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub blocks: Vec<Block>,
    pub parameters: Vec<Declared>,
    /// (layer, channels) of each pair of running statistics.
    pub running: Vec<(usize, usize)>,
}

impl Plan {
    /// Plans `model` for images of shape `input`. Geometries are for one image; a ReLU that
    /// follows a convolution, a dense layer or a batch norm becomes part of it.
    pub fn of(model: &Model, input: Shape) -> Result<Plan, ShapeProblem> {
        let shapes = model.infer(input)?;
        let layers = model.layers();
        let mut plan = Plan::default();
        let mut before = input;
        let mut fused = false;
        for (index, (layer, shape)) in layers.iter().zip(shapes).enumerate() {
            if !std::mem::take(&mut fused) {
                let relu = layers.get(index + 1) == Some(&Layer::Relu);
                let after = if relu { After::Relu } else { After::Nothing };
                plan.push(index, layer, before, shape, after);
                fused =
                    relu && matches!(layer, Layer::Conv(_) | Layer::Dense(_) | Layer::BatchNorm);
            }
            before = shape;
        }
        Ok(plan)
    }

    fn push(&mut self, index: usize, layer: &Layer, from: Shape, to: Shape, after: After) {
        let block = match layer {
            Layer::Conv(conv) => {
                let geometry = conv.geometry(from, to);
                let shape = vec![conv.filters, from.channels, conv.kernel, conv.kernel];
                self.conv(index, geometry, shape, conv.bias, after)
            }
            Layer::Dense(dense) => {
                let geometry = window(from, to, (1, 1), 1, 0);
                self.conv(index, geometry, vec![dense.units, from.channels], dense.bias, after)
            }
            Layer::BatchNorm => {
                self.running.push((index, from.channels));
                Block::Norm {
                    weight: self.plain(index, "weight", from.channels, Start::Constant(1.0)),
                    bias: self.plain(index, "bias", from.channels, Start::Constant(0.0)),
                    running: self.running.len() - 1,
                    after,
                }
            }
            Layer::Relu => Block::Relu,
            Layer::MaxPool(pool) => Block::MaxPool(pool.geometry(from, to)),
            Layer::AvgPool(pool) => Block::AvgPool(pool.geometry(from, to)),
            Layer::GlobalAvgPool => {
                Block::AvgPool(window(from, to, (from.height, from.width), 1, 0))
            }
            Layer::Flatten => Block::Flatten,
            Layer::Dropout(rate) => Block::Dropout { layer: index, rate: *rate },
        };
        self.blocks.push(block);
    }

    fn conv(
        &mut self,
        index: usize,
        geometry: Geometry,
        shape: Vec<usize>,
        bias: bool,
        after: After,
    ) -> Block {
        let (taps, channels, filters) = (geometry.taps(), geometry.channels, geometry.filters);
        let start = Start::Uniform { fan_in: taps * channels };
        let layout = Layout::Weights { taps, channels, filters };
        self.parameters.push(Declared { name: format!("{index}.weight"), shape, layout, start });
        let weight = self.parameters.len() - 1;
        let bias = bias.then(|| self.plain(index, "bias", filters, start));
        Block::Conv { geometry, weight, bias, after }
    }

    fn plain(&mut self, index: usize, name: &str, len: usize, start: Start) -> usize {
        self.parameters.push(Declared {
            name: format!("{index}.{name}"),
            shape: vec![len],
            layout: Layout::Plain,
            start,
        });
        self.parameters.len() - 1
    }
}

impl Conv {
    fn geometry(&self, from: Shape, to: Shape) -> Geometry {
        let lead = match self.padding {
            Padding::Same => (self.kernel - 1) / 2,
            Padding::Pixels(pixels) => pixels,
        };
        window(from, to, (self.kernel, self.kernel), self.stride, lead)
    }
}

impl Pool {
    fn geometry(&self, from: Shape, to: Shape) -> Geometry {
        window(from, to, (self.size, self.size), self.stride, self.padding)
    }
}

fn window(from: Shape, to: Shape, kernel: (usize, usize), stride: usize, lead: usize) -> Geometry {
    Geometry {
        images: 1,
        input: (from.height, from.width),
        channels: from.channels,
        output: (to.height, to.width),
        filters: to.channels,
        kernel,
        stride,
        dilation: 1,
        groups: 1,
        lead,
    }
}
