//! A network with its weights: forward with a way back, and what training changes.

use dfdx::tensor::{Cpu, CpuError};

use super::error::NnError;
use super::inference::Inference;
use super::kernels::geometry::Geometry;
use super::model::Model;
use super::ops::conv::{InputGrad, conv};
use super::ops::norm::{self, Running};
use super::ops::{add, concat, dropout, flatten, pool, relu};
use super::parameter::{Parameter, kaiming_uniform};
use super::plan::{Declared, Node, Op, Plan, Purpose, Start, Value};
use super::shape::Shape;
use super::tensor::{Activation, Compute, Tape};
use crate::data::random::Random;

/// The tensors of a model: what is trained, saved and opened again.
pub(crate) struct Layers {
    pub cx: Compute,
    pub plan: Plan,
    pub parameters: Vec<Parameter>,
    pub running: Vec<Running>,
    course: Course,
}

/// How a step of training goes through the network.
struct Course {
    /// Blocks before this one are frozen.
    from: usize,
    /// The frozen blocks; none if there are none.
    frozen: Option<Inference>,
    /// The operations of all others, merged where that is the same.
    nodes: Vec<Node>,
}

/// When a step of training happens: what its dropout masks depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub seed: u64,
    pub epoch: u64,
    pub step: u64,
}

/// A copy of all that training changes in a network.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    /// In the kernels' order.
    pub parameters: Vec<Vec<f32>>,
    pub running: Vec<Running>,
}

impl Layers {
    /// A network with the weights that training starts from: PyTorch's defaults, drawn from `seed`.
    pub fn new(cx: Compute, model: &Model, input: Shape, seed: u64) -> Result<Layers, NnError> {
        Layers::with(cx, model, input, |index, declared| {
            let len = declared.shape.iter().product();
            Ok(match declared.start {
                Start::Uniform { fan_in } => kaiming_uniform(seed, index, fan_in, len),
                Start::Constant(value) => vec![value; len],
            })
        })
    }

    /// A network whose parameters `values` gives, in PyTorch's order.
    pub fn with(
        cx: Compute,
        model: &Model,
        input: Shape,
        mut values: impl FnMut(usize, &Declared) -> Result<Vec<f32>, NnError>,
    ) -> Result<Layers, NnError> {
        let plan = model.plan(input)?;
        let mut parameters = Vec::with_capacity(plan.parameters.len());
        for (index, declared) in plan.parameters.iter().enumerate() {
            let values = values(index, declared)?;
            let Declared { name, shape, layout, .. } = declared.clone();
            parameters.push(Parameter::new(&cx, name, shape, layout, &values)?);
        }
        let running = plan.statistics.iter().map(|s| Running::new(&s.name, s.channels)).collect();
        let nodes = plan.merged(0, plan.head() + 1, &[plan.output()], Purpose::Training);
        let course = Course { from: 0, frozen: None, nodes };
        Ok(Layers { cx, plan, parameters, running, course })
    }

    /// Freezes the first `blocks` blocks as they are now; 0 lets everything learn. Frozen batch
    /// norms use their running statistics, which stay as they are.
    pub fn freeze(&mut self, blocks: usize) {
        let plan = &self.plan;
        let frontier = plan.frontier(blocks);
        let nodes = plan.merged(blocks, plan.head() + 1, &[plan.output()], Purpose::Training);
        let frozen = (blocks > 0).then(|| Inference::new(self, blocks, &frontier));
        self.course = Course { from: blocks, frozen, nodes };
    }

    /// How many blocks are frozen.
    pub fn frozen(&self) -> usize {
        self.course.from
    }

    /// How many floats there are; running statistics do not count.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }

    /// Logits of a batch, with everything for the way back on the tape; running statistics follow.
    pub fn train(
        &mut self,
        tape: &mut Tape,
        x: Activation,
        moment: Moment,
    ) -> Result<Activation, CpuError> {
        let values = match &self.course.frozen {
            Some(frozen) => frozen.run(&self.cx, x)?,
            None => vec![(Value::IMAGES, x)],
        };
        self.train_from(tape, values, moment)
    }

    /// [`Layers::train`] from what the frozen blocks give.
    pub fn train_from(
        &mut self,
        tape: &mut Tape,
        given: Vec<(Value, Activation)>,
        moment: Moment,
    ) -> Result<Activation, CpuError> {
        let pass = Pass {
            cx: &self.cx,
            parameters: &self.parameters,
            mode: Mode::Training { running: &mut self.running, moment },
            values: Values::new(&self.course.nodes, given, &[self.plan.output()]),
        };
        pass.run(tape, &self.course.nodes, self.plan.output())
    }

    /// Logits from what is given to `nodes`, the last of the network, as in inference, with
    /// everything for the way back to what is given on the tape.
    pub fn infer_from(
        &self,
        tape: &mut Tape,
        nodes: &[Node],
        given: Vec<(Value, Activation)>,
    ) -> Result<Activation, CpuError> {
        let pass = Pass {
            cx: &self.cx,
            parameters: &self.parameters,
            mode: Mode::Inference { running: &self.running },
            values: Values::new(nodes, given, &[self.plan.output()]),
        };
        pass.run(tape, nodes, self.plan.output())
    }

    /// A network that only gives logits, as its weights are now. It is faster than going through
    /// the layers one by one, and an image's logit does not depend on what else is in the batch.
    pub fn inference(&self) -> Inference {
        Inference::new(self, self.plan.head() + 1, &[self.plan.output()])
    }

    /// A copy of what training changes.
    pub fn snapshot(&self) -> Snapshot {
        let parameters = self.parameters.iter().map(Parameter::values).collect();
        Snapshot { parameters, running: self.running.clone() }
    }

    /// Goes back to a copy.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        for (parameter, values) in self.parameters.iter_mut().zip(&snapshot.parameters) {
            parameter.set(values);
        }
        self.running.clone_from(&snapshot.running);
    }
}

/// A way forward through the network, with a way back.
struct Pass<'a> {
    cx: &'a Compute,
    parameters: &'a [Parameter],
    mode: Mode<'a>,
    values: Values,
}

/// What batch norms and dropouts do.
enum Mode<'a> {
    /// Statistics of the batch, which the running ones follow; a mask for this moment.
    Training { running: &'a mut [Running], moment: Moment },
    /// The running statistics; no mask.
    Inference { running: &'a [Running] },
}

impl Pass<'_> {
    /// All operations, up to the value that is wanted.
    fn run(
        mut self,
        tape: &mut Tape,
        nodes: &[Node],
        wanted: Value,
    ) -> Result<Activation, CpuError> {
        for node in nodes {
            let y = self.node(tape, node)?;
            self.values.put(node, y);
        }
        Ok(self.values.take(wanted))
    }

    /// One operation.
    fn node<T: dfdx::tensor::Tape<f32, Cpu>>(
        &mut self,
        tape: &mut T,
        node: &Node,
    ) -> Result<Activation, CpuError> {
        let (cx, x) = (self.cx, self.values.get(node.inputs[0]));
        let batched = |geometry: &Geometry| Geometry { images: x.images, ..*geometry };
        let second = node.inputs.get(1).map(|value| self.values.get(*value));
        match &node.op {
            Op::Conv { geometry, weight, bias, after, .. } => {
                let of = (&self.parameters[*weight], bias.map(|bias| &self.parameters[bias]));
                // In training, nothing that learns stands before what is given.
                let training = matches!(self.mode, Mode::Training { .. });
                let unused = training && self.values.is_given(node.inputs[0]);
                let input_grad = if unused { InputGrad::Unused } else { InputGrad::Wanted };
                conv(tape, cx, batched(geometry), &x, of, *after, input_grad)
            }
            Op::Norm { norm, after } => {
                let of = (&self.parameters[norm.weight], &self.parameters[norm.bias]);
                let (epsilon, second) = (norm.epsilon, second.as_ref());
                match &mut self.mode {
                    Mode::Training { running, .. } => {
                        let running = &mut running[norm.statistics];
                        norm::train(tape, cx, &x, of, epsilon, second, *after, running)
                    }
                    Mode::Inference { running } => {
                        let Running { mean, variance, .. } = &running[norm.statistics];
                        let fold = norm::fold(cx, (mean, variance), of, epsilon);
                        norm::fixed(tape, cx, &x, fold, second, *after)
                    }
                }
            }
            Op::Activation(after) => relu::relu(tape, cx, &x, *after),
            Op::MaxPool(geometry) => pool::max(tape, cx, batched(geometry), &x),
            Op::AvgPool(geometry) => pool::average(tape, cx, batched(geometry), &x),
            Op::AdaptiveAvgPool => pool::adaptive(tape, cx, node.shape, &x),
            Op::Flatten => flatten::flatten(tape, cx, &x),
            Op::Dropout { key, rate } => match &self.mode {
                Mode::Training { moment, .. } => {
                    dropout::dropout(tape, cx, &x, moment.key(*key), *rate)
                }
                Mode::Inference { .. } => Ok(x),
            },
            Op::Add(after) => add::add(tape, cx, &x, second.as_ref().unwrap_or(&x), *after),
            Op::Concat => {
                let parts: Vec<_> = node.inputs.iter().map(|v| self.values.get(*v)).collect();
                concat::concat(tape, cx, &parts)
            }
            Op::PadChannels { before } => concat::pad(tape, cx, &x, *before, node.shape.channels),
        }
    }
}

/// What flows, for as long as someone still reads it.
pub(crate) struct Values {
    /// By value; with how many readers are still to come.
    held: Vec<Option<(Activation, usize)>>,
    readers: Vec<usize>,
    given: Vec<Value>,
}

impl Values {
    /// The values that are `given` to `nodes`; those that are `wanted` are kept to the end.
    pub fn new(nodes: &[Node], given: Vec<(Value, Activation)>, wanted: &[Value]) -> Values {
        let of_nodes = nodes.iter().map(|node| node.value);
        let all = of_nodes.chain(given.iter().map(|(value, _)| *value));
        let len = all.map(|value| value.0 + 1).max().unwrap_or(1);
        let mut readers = vec![0; len];
        for value in nodes.iter().flat_map(|node| &node.inputs).chain(wanted) {
            readers[value.0] += 1;
        }
        let mut values =
            Values { held: Vec::new(), readers, given: given.iter().map(|(v, _)| *v).collect() };
        values.held.resize_with(len, || None);
        for (value, activation) in given {
            values.held[value.0] = Some((activation, values.readers[value.0]));
        }
        values
    }

    /// Whether nothing here made it.
    pub fn is_given(&self, value: Value) -> bool {
        self.given.contains(&value)
    }

    /// A value that some operation before gave.
    pub fn get(&self, value: Value) -> Activation {
        let held = self.held.get(value.0).and_then(Option::as_ref);
        // A plan names only what stands before: there is no other way to build one.
        held.map_or_else(
            || unreachable!("{value:?} is read before it is there"),
            |(a, _)| a.clone(),
        )
    }

    /// Keeps what a node gives, and lets go what it was the last to read.
    pub fn put(&mut self, node: &Node, activation: Activation) {
        for input in &node.inputs {
            if let Some((_, left)) = &mut self.held[input.0] {
                *left -= 1;
                if *left == 0 {
                    self.held[input.0] = None;
                }
            }
        }
        self.held[node.value.0] = Some((activation, self.readers[node.value.0]));
    }

    /// A wanted value.
    pub fn take(&mut self, value: Value) -> Activation {
        self.get(value)
    }
}

impl Moment {
    /// The key of a layer's dropout mask.
    pub fn key(self, layer: usize) -> u64 {
        // Layers of a step are 2³² apart: no two (step, layer) share a stream.
        let index = self.step << 32 | layer as u64;
        Random::new(self.seed, "dropout", self.epoch, index).below(u64::MAX)
    }
}
