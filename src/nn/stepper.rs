//! Steps of an optimizer, by dfdx's kernels, one tensor at a time and tensors in parallel.

use dfdx::tensor::{Cpu, CpuError, Storage};
use dfdx::tensor_ops::{AdamConfig, Momentum, SgdConfig};
use rayon::prelude::*;

use super::parameter::Parameter;
use super::tensor::{Compute, Grads, take};
use super::training::Optimizer;

/// Storage of a dfdx tensor.
type Floats = <Cpu as Storage<f32>>::Vec;

/// An optimizer and what it remembers.
pub(crate) struct Stepper {
    optimizer: Optimizer,
    /// Steps made so far.
    pub steps: i32,
    /// For each parameter: Adam's two moments; of SGD the first is the velocity.
    moments: Vec<[Floats; 2]>,
}

impl Stepper {
    /// An optimizer before its first step.
    pub fn new(
        cx: &Compute,
        optimizer: Optimizer,
        parameters: &[Parameter],
    ) -> Result<Stepper, CpuError> {
        let zeros = |len| Storage::<f32>::try_alloc_len(&cx.device, len);
        let moments = parameters.iter().map(|p| Ok([zeros(p.len())?, zeros(p.len())?]));
        Ok(Stepper { optimizer, steps: 0, moments: moments.collect::<Result<_, CpuError>>()? })
    }

    /// Moves each parameter along its gradient, which is used up.
    pub fn step(
        &mut self,
        cx: &Compute,
        parameters: &mut [Parameter],
        grads: &mut Grads,
    ) -> Result<(), CpuError> {
        self.steps += 1;
        let mut moved = Vec::with_capacity(parameters.len());
        for parameter in parameters.iter() {
            let mut gradient: Floats = Storage::<f32>::try_alloc_len(&cx.device, 0)?;
            *gradient = take(cx, grads, &parameter.tag)?.into_vec();
            moved.push(gradient);
        }
        let (optimizer, steps) = (self.optimizer, self.steps);
        let each = parameters.par_iter_mut().zip(self.moments.par_iter_mut()).zip(moved.par_iter());
        each.with_max_len(1).try_for_each(|((parameter, [first, second]), gradient)| {
            match optimizer {
                Optimizer::Adam(adam) => {
                    let config = AdamConfig {
                        lr: adam.lr,
                        betas: [adam.beta1, adam.beta2],
                        eps: adam.eps,
                        weight_decay: None,
                    };
                    config.try_update(steps, &mut parameter.tensor, first, second, gradient)
                }
                Optimizer::Sgd(sgd) => {
                    let momentum = match (sgd.momentum, sgd.nesterov) {
                        (0.0, _) => None,
                        (share, true) => Some(Momentum::Nesterov(share)),
                        (share, false) => Some(Momentum::Classic(share)),
                    };
                    let config = SgdConfig { lr: sgd.lr, momentum, weight_decay: None };
                    config.try_update(&mut parameter.tensor, first, gradient)
                }
            }
        })?;
        for mut gradient in moved {
            drop(cx.buffers.adopt(std::mem::take(&mut *gradient)));
        }
        Ok(())
    }

    /// What it remembers, for a checkpoint.
    pub fn moments(&self) -> impl Iterator<Item = &[f32]> {
        self.moments.iter().flatten().map(|moment| moment.as_slice())
    }

    /// Sets what it remembers, from a checkpoint: as many tensors as [`Stepper::moments`] gave.
    pub fn set(&mut self, steps: i32, moments: &[Vec<f32>]) {
        self.steps = steps;
        for (moment, saved) in self.moments.iter_mut().flatten().zip(moments) {
            moment.copy_from_slice(saved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::kernels::isa::Isa;
    use crate::nn::parameter::Layout;
    use crate::nn::tensor::put;
    use crate::nn::training::{Adam, Sgd};

    /// A parameter that starts at 1 and is given the gradients 0.5 and −1: where it is after each.
    fn path(optimizer: Optimizer) -> [f32; 2] {
        let cx = Compute::new(Isa::chosen().unwrap());
        let parameter = Parameter::new(&cx, "p".into(), vec![1], Layout::Plain, &[1.0]).unwrap();
        let mut parameters = [parameter];
        let mut stepper = Stepper::new(&cx, optimizer, &parameters).unwrap();
        [0.5, -1.0].map(|gradient| {
            let mut grads = Grads::leaky();
            put(&cx, &mut grads, &parameters[0].tag, cx.buffers.copy(&[gradient])).unwrap();
            stepper.step(&cx, &mut parameters, &mut grads).unwrap();
            parameters[0].values()[0]
        })
    }

    fn close(path: [f32; 2], expected: [f32; 2]) {
        assert!(
            path.iter().zip(expected).all(|(p, e)| (p - e).abs() < 2e-6),
            "{path:?}, expected {expected:?}"
        );
    }

    fn sgd(momentum: f64, nesterov: bool) -> Optimizer {
        Optimizer::Sgd(Sgd { lr: 0.1, momentum, nesterov })
    }

    /// 1 − 0.1·0.5, + 0.1·1.
    #[test]
    fn sgd_follows_the_gradient() {
        close(path(sgd(0.0, false)), [0.95, 1.05]);
    }

    /// Velocities 0.5 and −1 + 0.9·0.5 = −0.55.
    #[test]
    fn sgd_with_momentum() {
        close(path(sgd(0.9, false)), [0.95, 1.005]);
    }

    /// Directions 0.5 + 0.9·0.5 = 0.95 and −1 + 0.9·(−0.55) = −1.495.
    #[test]
    fn sgd_with_nesterov_momentum() {
        close(path(sgd(0.9, true)), [0.905, 1.0545]);
    }

    /// First step: m̂ = 0.5, v̂ = 0.25, so 0.1 whatever the gradient's size. Second: m = −0.055,
    /// v = 0.00124975; m̂ = −0.055/0.19, v̂ = 0.00124975/0.001999.
    #[test]
    fn adam_divides_by_the_spread() {
        close(path(Optimizer::Adam(Adam { lr: 0.1, ..Adam::default() })), [0.9, 0.936_610_4]);
    }
}
