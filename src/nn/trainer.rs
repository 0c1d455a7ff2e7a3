//! A network in training, one batch at a time. Knows neither data sets nor when a training ends:
//! that is [`fit`](super::fit()).

use dfdx::tensor::{AsArray, PutTape};
use dfdx::tensor_ops::Backward;

use super::error::NnError;
use super::images::Loader;
use super::inference::Inference;
use super::network::{Layers, Moment};
use super::ops::loss::{CrossEntropy, mean_cross_entropy};
use super::optimizer::Optimizer;
use super::shape::Shape;
use super::stepper::{Rate, Stepper};
use super::tensor::{Compute, Tape};
use super::training::Training;
use crate::data::{Batch, Normalization};

/// A network in training: its layers, what its optimizer remembers, and how bytes become floats.
pub struct Trainer {
    cx: Compute,
    seed: u64,
    /// With the learning rate and momentum of the step to come.
    pub(crate) optimizer: Optimizer,
    pub(crate) entropy: CrossEntropy,
    pub(crate) layers: Layers,
    pub(crate) stepper: Stepper,
    loader: Loader,
    /// The network as it is now, for inference; none after a step.
    ready: Option<Inference>,
}

/// What a step saw before it moved the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The mean loss of the batch, in nats; finite.
    pub loss: f64,
    /// A logit of class 1 for each image.
    pub logits: Vec<f32>,
}

impl Trainer {
    /// A network with its first weights, drawn from the training's seed, for images of shape
    /// `input`; without a normalisation bytes are scaled to 0..1. The learning rate is the
    /// optimizer's, and a balanced loss weighs both classes the same: schedules and the balance of
    /// a data set come from [`fit`](super::fit()).
    ///
    /// # Errors
    /// [`NnError::Shape`] if the layers do not fit together; [`NnError::Memory`].
    pub fn new(
        cx: Compute,
        training: &Training,
        input: Shape,
        normalization: Option<Normalization>,
    ) -> Result<Trainer, NnError> {
        let layers = Layers::new(cx.clone(), &training.model, input, training.seed)?;
        let rates = vec![Rate::Factor(1.0); layers.parameters.len()];
        Ok(Trainer {
            cx,
            seed: training.seed,
            optimizer: training.optimizer,
            entropy: CrossEntropy::of(&training.loss, &[]),
            layers,
            stepper: Stepper::new(training.clip, rates),
            loader: Loader::new(input, normalization),
            ready: None,
        })
    }

    /// One step of the optimizer on a batch of labelled images. `epoch` and `step` (within its
    /// epoch), both from 0, say which dropout masks are drawn.
    ///
    /// # Errors
    /// [`NnError::Diverged`] if the loss is not finite: the weights are then as before the step.
    pub fn step(&mut self, batch: &Batch, epoch: usize, step: usize) -> Result<Step, NnError> {
        let moment = Moment { seed: self.seed, epoch: epoch as u64, step: step as u64 };
        self.ready = None;
        let mut tape = Tape::default();
        let x = self.loader.load(&self.cx, batch)?; // (h, w, n, 3)
        let logits = self.layers.train(&mut tape, x, moment)?; // (1, 1, n, 1)
        let loss = mean_cross_entropy(&mut tape, &self.cx, self.entropy, &logits, &batch.labels)?; // ()
        let value = f64::from(loss.array());
        if !value.is_finite() {
            return Err(NnError::diverged(value, epoch, step, self.optimizer.lr()));
        }
        let mut gradients = loss.put_tape(tape).try_backward()?;
        let parameters = &mut self.layers.parameters;
        self.stepper.step(&self.cx, self.optimizer, parameters, &mut gradients)?;
        Ok(Step { loss: value, logits: logits.values.to_vec() })
    }

    /// A logit of class 1 for each image of a batch, by the weights as they are.
    ///
    /// # Errors
    /// [`NnError::Memory`].
    pub fn infer(&mut self, batch: &Batch) -> Result<Vec<f32>, NnError> {
        let x = self.loader.load(&self.cx, batch)?; // (h, w, n, 3)
        let ready = self.ready.get_or_insert_with(|| self.layers.inference());
        Ok(ready.logits(&self.cx, x)?.values.to_vec()) // (n,)
    }
}
