//! A model turned into a graph of operations, and what it needs: parameters and statistics. Must
//! not know their values.

mod builder;
mod fuse;

pub(crate) use builder::Builder;
pub(crate) use fuse::Purpose;

use super::kernels::After;
use super::kernels::geometry::Geometry;
use super::parameter::Layout;
use super::shape::Shape;

/// A network as operations in an order in which they can be computed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub input: Shape,
    pub nodes: Vec<Node>,
    pub parameters: Vec<Declared>,
    pub statistics: Vec<Statistics>,
}

/// One operation and what it reads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub op: Op,
    pub inputs: Vec<Value>,
    /// What this operation gives.
    pub value: Value,
    /// Of what it gives, for one image.
    pub shape: Shape,
    /// Blocks are counted from the images on; the head is the last.
    pub block: usize,
}

/// Something that flows through the network: the images, or what an operation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Value(pub usize);

impl Value {
    /// The images themselves.
    pub const IMAGES: Value = Value(0);
}

/// An operation; parameters and statistics are named by their place in the plan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// A convolution or a dense layer (a 1 × 1 map and window). A second input is added before
    /// `after`.
    Conv {
        geometry: Geometry,
        weight: usize,
        bias: Option<usize>,
        norm: Option<Norm>,
        after: After,
    },
    /// A batch norm that is not part of a convolution. A second input is added before `after`.
    Norm {
        norm: Norm,
        after: After,
    },
    Activation(After),
    MaxPool(Geometry),
    AvgPool(Geometry),
    /// To the size that the node gives, whatever the map's.
    AdaptiveAvgPool,
    Flatten,
    /// `key` tells the masks of one network apart.
    Dropout {
        key: usize,
        rate: f64,
    },
    /// The sum of two inputs.
    Add(After),
    /// All inputs, channel after channel.
    Concat,
    /// Zeros for channels before and after those of the input.
    PadChannels {
        before: usize,
    },
}

/// A batch norm's parameters and statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Norm {
    pub weight: usize,
    pub bias: usize,
    pub statistics: usize,
    pub epsilon: f32,
}

/// What a parameter is like before it has values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declared {
    /// PyTorch's name: `layer1.0.conv1.weight`.
    pub name: String,
    /// PyTorch's.
    pub shape: Vec<usize>,
    pub layout: Layout,
    pub start: Start,
    pub block: usize,
    pub role: Role,
}

/// What a parameter does, for weight decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Weight,
    /// A bias, or the scale or shift of a norm.
    Offset,
}

/// First values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Start {
    Uniform { fan_in: usize },
    Constant(f32),
}

/// The running mean and variance of a batch norm.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistics {
    /// PyTorch's name of the layer: `layer1.0.bn1`.
    pub name: String,
    pub channels: usize,
    pub block: usize,
}

impl Plan {
    /// What the network gives: a logit an image.
    pub fn output(&self) -> Value {
        self.nodes.last().map_or(Value::IMAGES, |node| node.value)
    }

    /// How many blocks there are before the head.
    pub fn head(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.block)
    }

    /// What the head reads, for one image.
    pub fn features(&self) -> Shape {
        let last = self.nodes.iter().rfind(|node| node.block < self.head());
        last.map_or(self.input, |node| node.shape)
    }

    /// Values of the first `blocks` blocks that later ones read.
    pub fn frontier(&self, blocks: usize) -> Vec<Value> {
        let early = |value: &Value| match value.0.checked_sub(1) {
            Some(node) => self.nodes[node].block < blocks,
            None => true,
        };
        let late = self.nodes.iter().filter(|node| node.block >= blocks);
        let mut values: Vec<Value> = late.flat_map(|n| n.inputs.clone()).filter(early).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}
