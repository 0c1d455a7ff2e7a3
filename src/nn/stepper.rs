//! Steps of an optimizer: gathers the gradients, clips them, and moves each parameter by the
//! kernels of [`update`], remembering what the next step needs.

use dfdx::tensor::CpuError;
use rayon::prelude::*;

use super::kernels::buffer::Buffer;
use super::kernels::update::{self, Slope};
use super::optimizer::{Adam, AdamW, Clip, Decay, Optimizer, RmsProp, Sgd};
use super::parameter::Parameter;
use super::tensor::{Compute, Grads, take};

/// How fast one parameter learns.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code)] // Only a part of a pretrained network is ever frozen.
pub(crate) enum Rate {
    /// At the optimizer's learning rate times this.
    Factor(f64),
    /// Not at all; nothing is remembered for it.
    Frozen,
}

/// What an optimizer remembers of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Memory {
    /// Steps that moved the parameter so far.
    pub steps: u64,
    /// As long as the parameter each. Adam: mean and mean square of gradients. SGD with momentum:
    /// the velocity. RMSprop: the mean square; with centring or momentum also mean and velocity.
    pub moments: Vec<Vec<f32>>,
}

/// An optimizer and what it remembers.
pub(crate) struct Stepper {
    clip: Option<Clip>,
    rates: Vec<Rate>,
    pub memory: Vec<Memory>,
}

impl Stepper {
    /// An optimizer before its first step; a rate for each parameter.
    pub fn new(clip: Option<Clip>, rates: Vec<Rate>) -> Stepper {
        let memory = vec![Memory { steps: 0, moments: Vec::new() }; rates.len()];
        Stepper { clip, rates, memory }
    }

    /// From now on other rates: what thaws starts with a fresh memory, or goes on with its old one.
    #[allow(dead_code)] // Used where a backbone thaws.
    pub fn set_rates(&mut self, rates: Vec<Rate>) {
        self.rates = rates;
    }

    /// Moves each parameter along its gradient, which is used up.
    pub fn step(
        &mut self,
        cx: &Compute,
        optimizer: Optimizer,
        parameters: &mut [Parameter],
        grads: &mut Grads,
    ) -> Result<(), CpuError> {
        let mut moving = Vec::with_capacity(parameters.len());
        let each = parameters.iter_mut().zip(&mut self.memory).zip(&self.rates);
        for ((parameter, memory), rate) in each {
            let gradient = take(cx, grads, &parameter.tag)?;
            if let Rate::Factor(factor) = *rate {
                memory.step(optimizer.moments(), parameter.len());
                moving.push(Move { parameter, memory, gradient, factor });
            }
        }
        let (scale, limit) = match self.clip {
            None => (1.0, f32::INFINITY),
            Some(Clip::Value(limit)) => (1.0, limit as f32),
            Some(Clip::Norm(most)) => (shrink(cx, &moving, most), f32::INFINITY),
        };
        let slope = Slope { scale, limit, decay: 0.0 };
        moving.into_par_iter().with_max_len(1).for_each(|it| it.make(cx, optimizer, slope));
        Ok(())
    }
}

impl Memory {
    /// Counts a step; before the first the moments are zeros.
    fn step(&mut self, moments: usize, len: usize) {
        self.steps += 1;
        self.moments.resize_with(moments, || vec![0.0; len]);
    }
}

/// One parameter about to be moved.
struct Move<'a> {
    parameter: &'a mut Parameter,
    memory: &'a mut Memory,
    gradient: Buffer,
    /// Of the learning rate.
    factor: f64,
}

/// What all gradients are multiplied by so that their norm is at most `most`: PyTorch's
/// `clip_grad_norm_`. Parameters in order, each by [`update::sum_of_squares`].
fn shrink(cx: &Compute, moving: &[Move], most: f64) -> f32 {
    let squares = moving.par_iter().map(|it| update::sum_of_squares(cx.isa, &it.gradient));
    let norm = squares.collect::<Vec<f64>>().iter().sum::<f64>().sqrt();
    let share = most / (norm + 1e-6);
    // A norm that is not a number must show.
    if share > 1.0 { 1.0 } else { share as f32 }
}

impl Move<'_> {
    fn make(self, cx: &Compute, optimizer: Optimizer, slope: Slope) {
        let lr = optimizer.lr() * self.factor;
        // Biases and batch-norm are vectors.
        let weight = self.parameter.shape.len() > 1;
        let decayed = |decay: f64, what: Decay| {
            let spared = what == Decay::Weights && !weight;
            if spared { 0.0 } else { decay }
        };
        let sloped = |decay, what| Slope { decay: decayed(decay, what) as f32, ..slope };
        let (steps, grad, p) = (self.memory.steps, &self.gradient, self.parameter.write());
        let mut moments = self.memory.moments.iter_mut().map(Vec::as_mut_slice);
        let mut moment = || moments.next().unwrap_or_default();
        match optimizer {
            Optimizer::Adam(adam) => {
                let rule = adam_rule(&adam, lr, 1.0, steps);
                let slope = sloped(adam.weight_decay, adam.decay);
                update::adam(cx.isa, rule, slope, grad, p, [moment(), moment()]);
            }
            Optimizer::AdamW(AdamW { beta1, beta2, eps, weight_decay, decay, .. }) => {
                let keep = 1.0 - lr * decayed(weight_decay, decay);
                let adam = Adam { beta1, beta2, eps, ..Adam::default() };
                let rule = adam_rule(&adam, lr, keep, steps);
                update::adam(cx.isa, rule, slope, grad, p, [moment(), moment()]);
            }
            Optimizer::Sgd(sgd) if sgd.momentum == 0.0 => {
                update::sgd(cx.isa, lr as f32, sloped(sgd.weight_decay, sgd.decay), grad, p);
            }
            Optimizer::Sgd(sgd) => {
                let rule = momentum_rule(&sgd, lr, steps);
                let slope = sloped(sgd.weight_decay, sgd.decay);
                update::momentum(cx.isa, rule, slope, grad, p, moment());
            }
            Optimizer::RmsProp(rms) => {
                let (rule, slope) = (rms_rule(&rms, lr), sloped(rms.weight_decay, rms.decay));
                if optimizer.moments() == 1 {
                    update::rmsprop(cx.isa, rule, slope, grad, p, moment());
                } else {
                    let moments = [moment(), moment(), moment()];
                    update::rmsprop_full(cx.isa, rule, slope, grad, p, moments);
                }
            }
        }
    }
}

impl Optimizer {
    /// How many floats are remembered for each of a parameter's.
    fn moments(&self) -> usize {
        match self {
            Optimizer::Adam(_) | Optimizer::AdamW(_) => 2,
            Optimizer::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Optimizer::RmsProp(rms) if rms.centered || rms.momentum != 0.0 => 3,
            Optimizer::RmsProp(_) => 1,
        }
    }
}

/// The numbers of a step, computed in f64 once for all elements.
fn adam_rule(adam: &Adam, lr: f64, keep: f64, steps: u64) -> update::Adam {
    let unbias = |beta: f64| 1.0 - libm::pow(beta, steps as f64);
    update::Adam {
        new_mean: (1.0 - adam.beta1) as f32,
        old_square: adam.beta2 as f32,
        new_square: (1.0 - adam.beta2) as f32,
        step: (lr / unbias(adam.beta1)) as f32,
        spread: (1.0 / unbias(adam.beta2).sqrt()) as f32,
        eps: adam.eps as f32,
        keep: keep as f32,
    }
}

fn momentum_rule(sgd: &Sgd, lr: f64, steps: u64) -> update::Momentum {
    let momentum = sgd.momentum as f32;
    // PyTorch's velocity starts as the first gradient, undampened.
    let new = if steps == 1 { 1.0 } else { (1.0 - sgd.dampening) as f32 };
    let (own, along) = if sgd.nesterov { (1.0, momentum) } else { (0.0, 1.0) };
    update::Momentum { lr: lr as f32, old: momentum, new, own, along }
}

fn rms_rule(rms: &RmsProp, lr: f64) -> update::RmsProp {
    update::RmsProp {
        lr: lr as f32,
        old: rms.alpha as f32,
        new: (1.0 - rms.alpha) as f32,
        eps: rms.eps as f32,
        centre: if rms.centered { 1.0 } else { 0.0 },
        momentum: rms.momentum as f32,
    }
}
