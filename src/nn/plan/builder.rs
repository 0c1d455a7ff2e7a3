//! Builds a plan one operation at a time; each is refused, in words, where shapes do not fit.

use super::{Declared, Node, Norm, Op, Plan, Role, Start, Statistics, Value};
use crate::nn::kernels::After;
use crate::nn::kernels::geometry::Geometry;
use crate::nn::layer::{Conv, Dense, Padding, Pool};
use crate::nn::parameter::Layout;
use crate::nn::shape::Shape;

/// A plan that grows. Names are PyTorch's, without `.weight` and the like.
pub(crate) struct Builder {
    plan: Plan,
    block: usize,
}

impl Builder {
    /// A plan without operations, for images of shape `input`.
    pub fn new(input: Shape) -> Builder {
        let plan =
            Plan { input, nodes: Vec::new(), parameters: Vec::new(), statistics: Vec::new() };
        Builder { plan, block: 0 }
    }

    pub fn finish(self) -> Plan {
        self.plan
    }

    /// What follows belongs to the next block.
    pub fn next_block(&mut self) {
        self.block += 1;
    }

    pub fn shape(&self, value: Value) -> Shape {
        value.0.checked_sub(1).map_or(self.plan.input, |node| self.plan.nodes[node].shape)
    }

    /// Trained floats so far.
    pub fn parameter_count(&self) -> usize {
        self.plan.parameters.iter().map(|p| p.shape.iter().product::<usize>()).sum()
    }

    pub fn conv(&mut self, name: &str, x: Value, conv: &Conv) -> Result<Value, String> {
        let from = self.shape(x);
        let to = conv.infer(from)?;
        let geometry = conv.geometry(from, to);
        let shape = vec![conv.filters, geometry.depth(), conv.kernel, conv.kernel];
        Ok(self.product(name, x, geometry, shape, conv.bias, to))
    }

    pub fn dense(&mut self, name: &str, x: Value, dense: &Dense) -> Result<Value, String> {
        let from = self.shape(x);
        let to = dense.infer(from)?;
        let geometry = window(from, to, (1, 1), 1, 0);
        Ok(self.product(name, x, geometry, vec![dense.units, from.channels], dense.bias, to))
    }

    pub fn norm(&mut self, name: &str, x: Value, epsilon: f32) -> Value {
        let shape = self.shape(x);
        let channels = shape.channels;
        let block = self.block;
        self.plan.statistics.push(Statistics { name: name.to_owned(), channels, block });
        let norm = Norm {
            weight: self.offset(format!("{name}.weight"), channels, Start::Constant(1.0)),
            bias: self.offset(format!("{name}.bias"), channels, Start::Constant(0.0)),
            statistics: self.plan.statistics.len() - 1,
            epsilon,
        };
        self.push(Op::Norm { norm, after: After::Nothing }, vec![x], shape)
    }

    pub fn activation(&mut self, after: After, x: Value) -> Value {
        self.push(Op::Activation(after), vec![x], self.shape(x))
    }

    pub fn max_pool(&mut self, x: Value, pool: &Pool) -> Result<Value, String> {
        let (from, to) = (self.shape(x), pool.infer(self.shape(x))?);
        Ok(self.push(Op::MaxPool(pool.geometry(from, to)), vec![x], to))
    }

    pub fn avg_pool(&mut self, x: Value, pool: &Pool) -> Result<Value, String> {
        let (from, to) = (self.shape(x), pool.infer(self.shape(x))?);
        Ok(self.push(Op::AvgPool(pool.geometry(from, to)), vec![x], to))
    }

    pub fn global_avg_pool(&mut self, x: Value) -> Value {
        let from = self.shape(x);
        let to = Shape::new(1, 1, from.channels);
        self.push(Op::AvgPool(window(from, to, (from.height, from.width), 1, 0)), vec![x], to)
    }

    /// A map of `side` × `side`; one that has this size already stays as it is.
    pub fn adaptive_avg_pool(&mut self, x: Value, side: usize) -> Result<Value, String> {
        if side == 0 {
            return Err("would leave no pixel: give at least 1".to_owned());
        }
        let from = self.shape(x);
        let to = Shape::new(side, side, from.channels);
        Ok(if from == to { x } else { self.push(Op::AdaptiveAvgPool, vec![x], to) })
    }

    pub fn flatten(&mut self, x: Value) -> Value {
        self.push(Op::Flatten, vec![x], Shape::new(1, 1, self.shape(x).len()))
    }

    pub fn dropout(&mut self, x: Value, rate: f64) -> Result<Value, String> {
        if !(0.0..1.0).contains(&rate) {
            return Err("has no such rate: give at least 0 and less than 1".to_owned());
        }
        let key = self.plan.nodes.len();
        Ok(self.push(Op::Dropout { key, rate }, vec![x], self.shape(x)))
    }

    pub fn add(&mut self, a: Value, b: Value) -> Result<Value, String> {
        let (shape, other) = (self.shape(a), self.shape(b));
        if shape != other {
            return Err(format!(
                "adds {shape} to {other}: give it a `shortcut` that changes the input alike, such as [{{ conv = {{ filters = {}, kernel = 1, stride = {} }} }}]",
                shape.channels,
                other.height.div_ceil(shape.height.max(1)),
            ));
        }
        Ok(self.push(Op::Add(After::Nothing), vec![a, b], shape))
    }

    pub fn concat(&mut self, parts: Vec<Value>) -> Result<Value, String> {
        let shapes: Vec<Shape> = parts.iter().map(|part| self.shape(*part)).collect();
        let Some(first) = shapes.first() else {
            return Err("has no branches: list at least one".to_owned());
        };
        let side = |shape: &Shape| (shape.height, shape.width);
        if let Some(other) = shapes.iter().find(|other| side(other) != side(first)) {
            return Err(format!(
                "has branches that give {first} and {other}: height and width must be equal"
            ));
        }
        let channels = shapes.iter().map(|shape| shape.channels).sum();
        Ok(self.push(Op::Concat, parts, Shape::new(first.height, first.width, channels)))
    }

    /// Channels of zeros before and after those of `x`.
    pub fn pad_channels(&mut self, x: Value, before: usize, after: usize) -> Value {
        let from = self.shape(x);
        let to = Shape::new(from.height, from.width, before + from.channels + after);
        self.push(Op::PadChannels { before }, vec![x], to)
    }

    fn product(
        &mut self,
        name: &str,
        x: Value,
        geometry: Geometry,
        shape: Vec<usize>,
        bias: bool,
        to: Shape,
    ) -> Value {
        let (taps, channels, filters) = (geometry.taps(), geometry.depth(), geometry.filters);
        let start = Start::Uniform { fan_in: taps * channels };
        self.plan.parameters.push(Declared {
            name: format!("{name}.weight"),
            shape,
            layout: Layout::Weights { taps, channels, filters },
            start,
            block: self.block,
            role: Role::Weight,
        });
        let weight = self.plan.parameters.len() - 1;
        let bias = bias.then(|| self.offset(format!("{name}.bias"), filters, start));
        let op = Op::Conv { geometry, weight, bias, norm: None, after: After::Nothing };
        self.push(op, vec![x], to)
    }

    fn offset(&mut self, name: String, len: usize, start: Start) -> usize {
        self.plan.parameters.push(Declared {
            name,
            shape: vec![len],
            layout: Layout::Plain,
            start,
            block: self.block,
            role: Role::Offset,
        });
        self.plan.parameters.len() - 1
    }

    fn push(&mut self, op: Op, inputs: Vec<Value>, shape: Shape) -> Value {
        let value = Value(self.plan.nodes.len() + 1);
        self.plan.nodes.push(Node { op, inputs, value, shape, block: self.block });
        value
    }
}

impl Conv {
    fn geometry(&self, from: Shape, to: Shape) -> Geometry {
        let extent = self.dilation * (self.kernel - 1);
        let lead = match self.padding {
            Padding::Same => extent / 2,
            // Rows and columns are padded alike: the sides of the map are, or the strides' rests.
            Padding::TfSame => {
                ((to.height - 1) * self.stride + extent + 1).saturating_sub(from.height) / 2
            }
            Padding::Pixels(pixels) => pixels,
        };
        let groups = self.groups;
        let kernel = (self.kernel, self.kernel);
        Geometry { dilation: self.dilation, groups, ..window(from, to, kernel, self.stride, lead) }
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
