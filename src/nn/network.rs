//! A network with its weights: forward in training and in inference.

use dfdx::tensor::{Cpu, CpuError, NoneTape};

use super::error::NnError;
use super::kernels::geometry::Geometry;
use super::model::Model;
use super::ops::conv::{InputGrad, conv};
use super::ops::norm::{self, Running};
use super::ops::{dropout, flatten, pool, relu};
use super::parameter::{Parameter, kaiming_uniform};
use super::plan::{Block, Declared, Plan, Start};
use super::shape::Shape;
use super::tensor::{Activation, Compute, Tape};
use crate::data::random::Random;

/// The tensors of a model: what is trained, saved and opened again.
pub(crate) struct Layers {
    pub cx: Compute,
    blocks: Vec<Block>,
    pub parameters: Vec<Parameter>,
    pub running: Vec<Running>,
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

/// The two ways to go through a network.
enum Mode<'a> {
    Train { running: &'a mut [Running], moment: Moment },
    Infer { running: &'a [Running] },
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
        let plan = Plan::of(model, input)?;
        let mut parameters = Vec::with_capacity(plan.parameters.len());
        for (index, declared) in plan.parameters.into_iter().enumerate() {
            let values = values(index, &declared)?;
            parameters.push(Parameter::new(
                &cx,
                declared.name,
                declared.shape,
                declared.layout,
                &values,
            )?);
        }
        let running = plan
            .running
            .into_iter()
            .map(|(layer, channels)| Running::new(layer, channels))
            .collect();
        Ok(Layers { cx, blocks: plan.blocks, parameters, running })
    }

    /// How many floats are trained.
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
        let mut mode = Mode::Train { running: &mut self.running, moment };
        forward(&self.cx, &self.blocks, &self.parameters, tape, x, &mut mode)
    }

    /// Logits of a batch. An image's logit does not depend on what else is in the batch.
    pub fn infer(&self, x: Activation) -> Result<Activation, CpuError> {
        let mut mode = Mode::Infer { running: &self.running };
        forward(&self.cx, &self.blocks, &self.parameters, &mut NoneTape, x, &mut mode)
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

/// All blocks in order.
fn forward<T: dfdx::tensor::Tape<f32, Cpu>>(
    cx: &Compute,
    blocks: &[Block],
    parameters: &[Parameter],
    tape: &mut T,
    mut x: Activation,
    mode: &mut Mode<'_>,
) -> Result<Activation, CpuError> {
    let images = x.images;
    let batched = |geometry: &Geometry| Geometry { images, ..*geometry };
    for (index, block) in blocks.iter().enumerate() {
        x = match block {
            Block::Conv { geometry, weight, bias, after } => {
                let of = (&parameters[*weight], bias.map(|bias| &parameters[bias]));
                let input_grad = if index == 0 { InputGrad::Unused } else { InputGrad::Wanted };
                conv(tape, cx, batched(geometry), &x, of, *after, input_grad)?
            }
            Block::Norm { weight, bias, running: at, after } => {
                let of = (&parameters[*weight], &parameters[*bias]);
                match mode {
                    Mode::Train { running, .. } => {
                        norm::train(tape, cx, &x, of, *after, &mut running[*at])?
                    }
                    Mode::Infer { running } => norm::infer(cx, &x, of, *after, &running[*at])?,
                }
            }
            Block::Relu => relu::relu(tape, cx, &x)?,
            Block::MaxPool(geometry) => pool::max(tape, cx, batched(geometry), &x)?,
            Block::AvgPool(geometry) => pool::average(tape, cx, batched(geometry), &x)?,
            Block::Flatten => flatten::flatten(tape, cx, &x)?,
            Block::Dropout { layer, rate } => match mode {
                Mode::Train { moment, .. } => {
                    dropout::dropout(tape, cx, &x, moment.key(*layer), *rate)?
                }
                Mode::Infer { .. } => x,
            },
        };
    }
    Ok(x)
}

impl Moment {
    /// The key of a layer's dropout mask.
    pub fn key(self, layer: usize) -> u64 {
        // Layers of a step are 2³² apart: no two (step, layer) share a stream.
        let index = self.step << 32 | layer as u64;
        Random::new(self.seed, "dropout", self.epoch, index).below(u64::MAX)
    }
}
