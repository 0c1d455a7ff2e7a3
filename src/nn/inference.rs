//! A network that only gives logits: batch norms are folded into convolutions, weights packed once,
//! and nothing is kept for a way back.

use std::ops::Range;

use dfdx::tensor::{CpuError, NoneTape};

use super::kernels::buffer::Buffer;
use super::kernels::convolution::{self, Algorithm, Packed};
use super::kernels::geometry::Geometry;
use super::kernels::{Epilogue, pack};
use super::network::{Layers, Values};
use super::ops::norm::{Fold, fold};
use super::ops::{add, concat, flatten, norm, pool, relu};
use super::plan::{Node, Norm, Op, Purpose, Value};
use super::shape::Shape;
use super::tensor::{Activation, Compute};

/// Some blocks of a network, counted from the images, ready to be run.
pub(crate) struct Inference {
    nodes: Vec<Node>,
    /// One for each node.
    ready: Vec<Ready>,
    wanted: Vec<Value>,
}

/// What an operation needs of the weights.
enum Ready {
    Nothing,
    Conv { packed: Packed, bias: Option<Buffer> },
    Norm(Fold),
}

impl Inference {
    /// The first `blocks` blocks of a network, as its weights are now, up to the `wanted` values.
    pub fn new(layers: &Layers, blocks: usize, wanted: &[Value]) -> Inference {
        Inference::of(layers, 0..blocks, wanted)
    }

    /// All blocks but the head; what it gives is what the head reads.
    pub fn backbone(layers: &Layers) -> Inference {
        let head = layers.plan.head();
        Inference::new(layers, head, &layers.plan.frontier(head))
    }

    /// The head, to be given what it reads.
    pub fn head(layers: &Layers) -> Inference {
        let head = layers.plan.head();
        Inference::of(layers, head..head + 1, &[layers.plan.output()])
    }

    /// All operations up to the one that gives `last`; later ones read the `wanted` values.
    pub fn until(layers: &Layers, last: Value, wanted: &[Value]) -> Inference {
        let all = layers.plan.head() + 1;
        let mut nodes = layers.plan.merged(0, all, wanted, Purpose::Inference);
        nodes.retain(|node| node.value <= last);
        Inference::ready(layers, nodes, wanted)
    }

    fn of(layers: &Layers, blocks: Range<usize>, wanted: &[Value]) -> Inference {
        let nodes = layers.plan.merged(blocks.start, blocks.end, wanted, Purpose::Inference);
        Inference::ready(layers, nodes, wanted)
    }

    fn ready(layers: &Layers, nodes: Vec<Node>, wanted: &[Value]) -> Inference {
        let nodes = without_dropout(nodes, wanted);
        let ready = nodes.iter().map(|node| ready(layers, node)).collect();
        Inference { nodes, ready, wanted: wanted.to_vec() }
    }

    /// The wanted values of a batch.
    pub fn run(&self, cx: &Compute, x: Activation) -> Result<Vec<(Value, Activation)>, CpuError> {
        self.run_from(cx, vec![(Value::IMAGES, x)])
    }

    /// The wanted values, from others than the images.
    pub fn run_from(
        &self,
        cx: &Compute,
        given: Vec<(Value, Activation)>,
    ) -> Result<Vec<(Value, Activation)>, CpuError> {
        let mut values = Values::new(&self.nodes, given, &self.wanted);
        for (node, ready) in self.nodes.iter().zip(&self.ready) {
            let y = compute(cx, node, ready, &values)?;
            values.put(node, y);
        }
        Ok(self.wanted.iter().map(|value| (*value, values.take(*value))).collect())
    }

    /// Logits of a batch, where they are what is wanted.
    pub fn logits(&self, cx: &Compute, x: Activation) -> Result<Activation, CpuError> {
        let mut values = self.run(cx, x)?;
        Ok(values.remove(0).1)
    }
}

/// Whoever reads a dropout reads what it reads, as it does nothing here.
fn without_dropout(nodes: Vec<Node>, wanted: &[Value]) -> Vec<Node> {
    let mut instead: Vec<(Value, Value)> = Vec::new();
    let mut rest = Vec::with_capacity(nodes.len());
    for mut node in nodes {
        for input in &mut node.inputs {
            if let Some((_, other)) = instead.iter().find(|(value, _)| value == input) {
                *input = *other;
            }
        }
        if matches!(node.op, Op::Dropout { .. }) && !wanted.contains(&node.value) {
            instead.push((node.value, node.inputs[0]));
        } else {
            rest.push(node);
        }
    }
    rest
}

fn ready(layers: &Layers, node: &Node) -> Ready {
    match &node.op {
        Op::Conv { geometry, weight, bias, norm, .. } => {
            let fold = norm.map(|norm| folded(layers, norm));
            conv_ready(layers, geometry, (*weight, *bias), fold)
        }
        Op::Norm { norm, .. } => Ready::Norm(folded(layers, *norm)),
        _ => Ready::Nothing,
    }
}

fn folded(layers: &Layers, norm: Norm) -> Fold {
    let running = &layers.running[norm.statistics];
    let (gamma, beta) = (&layers.parameters[norm.weight], &layers.parameters[norm.bias]);
    fold(&layers.cx, (&running.mean, &running.variance), (gamma, beta), norm.epsilon)
}

/// `scale · (w ∗ x + b) + shift` is `(scale · w) ∗ x + (scale · b + shift)`.
fn conv_ready(
    layers: &Layers,
    g: &Geometry,
    (weight, bias): (usize, Option<usize>),
    fold: Option<Fold>,
) -> Ready {
    let cx = &layers.cx;
    let mut weights = cx.buffers.copy(&layers.parameters[weight].read(cx));
    let mut start = bias.map(|bias| layers.parameters[bias].values());
    if let Some(Fold { scale, shift }) = fold {
        for row in weights.chunks_exact_mut(g.filters) {
            row.iter_mut().zip(&scale).for_each(|(weight, scale)| *weight *= scale);
        }
        let bias = start.unwrap_or_else(|| vec![0.0; g.filters]);
        let one = |((bias, scale), shift): ((&f32, &f32), &f32)| bias.mul_add(*scale, *shift);
        start = Some(bias.iter().zip(&scale).zip(&shift).map(one).collect());
    }
    let algorithm = Algorithm::of_any_batch(g);
    let packed = convolution::pack_forward(cx.isa, algorithm, g, &weights, &cx.buffers);
    let bias = start.map(|start| {
        let mut padded = cx.buffers.zeros(pack::padded(g.filters));
        padded[..g.filters].copy_from_slice(&start);
        padded
    });
    Ready::Conv { packed, bias }
}

fn compute(
    cx: &Compute,
    node: &Node,
    ready: &Ready,
    values: &Values,
) -> Result<Activation, CpuError> {
    let x = values.get(node.inputs[0]);
    let second = node.inputs.get(1).map(|value| values.get(*value));
    let batched = |geometry: &Geometry| Geometry { images: x.images, ..*geometry };
    let tape = &mut NoneTape;
    match (&node.op, ready) {
        (Op::Conv { geometry, after, .. }, Ready::Conv { packed, bias }) => {
            let g = batched(geometry);
            let mut y = cx.buffers.take(g.output_len());
            let epilogue = Epilogue {
                bias: bias.as_deref(),
                residual: second.as_ref().map(|second| &**second.values),
                after: *after,
            };
            convolution::forward(cx.isa, &g, &x.values, packed, epilogue, &cx.buffers, &mut y);
            Activation::new(cx, y, g.images, Shape::new(g.output.0, g.output.1, g.filters))
        }
        (Op::Norm { after, .. }, Ready::Norm(fold)) => {
            norm::infer(cx, &x, fold, second.as_ref(), *after)
        }
        (Op::Activation(after), _) => relu::relu(tape, cx, &x, *after),
        (Op::MaxPool(geometry), _) => pool::max(tape, cx, batched(geometry), &x),
        (Op::AvgPool(geometry), _) => pool::average(tape, cx, batched(geometry), &x),
        (Op::AdaptiveAvgPool, _) => pool::adaptive(tape, cx, node.shape, &x),
        (Op::Flatten, _) => flatten::flatten(tape, cx, &x),
        (Op::Add(after), _) => add::add(tape, cx, &x, second.as_ref().unwrap_or(&x), *after),
        (Op::Concat, _) => {
            let parts: Vec<_> = node.inputs.iter().map(|value| values.get(*value)).collect();
            concat::concat(tape, cx, &parts)
        }
        (Op::PadChannels { before }, _) => concat::pad(tape, cx, &x, *before, node.shape.channels),
        // A dropout that is itself wanted hands its input on; the rest cannot be.
        (Op::Dropout { .. } | Op::Conv { .. } | Op::Norm { .. }, _) => Ok(x),
    }
}
