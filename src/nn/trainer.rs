//! A network in training, one batch at a time. Knows neither data sets nor when a training ends:
//! that is [`fit`](super::fit()).

use dfdx::tensor::{AsArray, PutTape};
use dfdx::tensor_ops::Backward;

use super::error::NnError;
use super::features::Features;
use super::images::Loader;
use super::inference::Inference;
use super::model::Model;
use super::network::{Layers, Moment};
use super::ops::loss::{CrossEntropy, mean_cross_entropy};
use super::optimizer::Optimizer;
use super::plan::Value;
use super::pretrained::{Head, Pretrained};
use super::shape::Shape;
use super::stepper::Stepper;
use super::tensor::{Activation, Compute, Tape};
use super::training::Training;
use crate::data::{Batch, Normalization};

/// A network in training: its layers, what its optimizer remembers, and how bytes become floats.
pub struct Trainer {
    cx: Compute,
    seed: u64,
    model: Model,
    /// The weights it started from, if it was from a file.
    pub(crate) start: Option<Start>,
    /// With the learning rate and momentum of the step to come.
    pub(crate) optimizer: Optimizer,
    pub(crate) entropy: CrossEntropy,
    pub(crate) layers: Layers,
    pub(crate) stepper: Stepper,
    /// How its images are normalised.
    pub(crate) normalization: Option<Normalization>,
    loader: Loader,
    /// What the frozen blocks give, where it was computed before; blocks stay frozen then.
    pub(crate) features: Option<Features>,
    /// The network as it is now, for inference; none after a step.
    ready: Option<Inference>,
}

/// Weights from a file.
pub(crate) struct Start {
    /// Tells the file's contents from others.
    pub digest: String,
    pub head: Head,
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
    /// A network with its first weights, drawn from the training's seed or read from the file that
    /// its settings name, for images of shape `input`. They are normalised as the weights of a file
    /// expect, otherwise by `normalization`; without one bytes are scaled to 0..1. What is frozen follows from the epoch of each step. The learning rate is the
    /// optimizer's, and a balanced loss weighs both classes the same: schedules and the balance of
    /// a data set come from [`fit`](super::fit()).
    ///
    /// # Errors
    /// [`NnError::Shape`] if the layers do not fit together; [`NnError::Memory`];
    /// [`NnError::Io`] and [`NnError::Content`] name a file of weights that does not do.
    pub fn new(
        cx: Compute,
        training: &Training,
        input: Shape,
        normalization: Option<Normalization>,
    ) -> Result<Trainer, NnError> {
        let mut layers = Layers::new(cx.clone(), &training.model, input, training.seed)?;
        let file = training.model.preset().map(Pretrained::open).transpose()?.flatten();
        let (start, normalization) = match file {
            Some(file) => {
                let start = Start { digest: file.digest(), head: file.load(&mut layers)? };
                (Some(start), file.normalization(normalization)?)
            }
            None => (None, normalization),
        };
        let rates = training.model.rates(&layers.plan, 0);
        Ok(Trainer {
            cx,
            seed: training.seed,
            model: training.model.clone(),
            start,
            optimizer: training.optimizer,
            entropy: CrossEntropy::of(&training.loss, &[]),
            layers,
            stepper: Stepper::new(training.clip, rates),
            normalization,
            loader: Loader::new(input, normalization),
            features: None,
            ready: None,
        })
    }

    /// One step of the optimizer on a batch of labelled images. `epoch` and `step` (within its
    /// epoch), both from 0, say which dropout masks are drawn and what is frozen.
    ///
    /// # Errors
    /// [`NnError::Diverged`] if the loss is not finite: the weights are then as before the step.
    pub fn step(&mut self, batch: &Batch, epoch: usize, step: usize) -> Result<Step, NnError> {
        let moment = Moment { seed: self.seed, epoch: epoch as u64, step: step as u64 };
        self.ready = None;
        self.freeze_for(epoch);
        let mut tape = Tape::default();
        let logits = match &self.features {
            Some(features) => {
                let given = given(&self.cx, &self.layers, features, batch)?; // (h', w', n, c)
                self.layers.train_from(&mut tape, given, moment)?
            }
            None => {
                let x = self.loader.load(&self.cx, batch)?; // (h, w, n, 3)
                self.layers.train(&mut tape, x, moment)?
            }
        }; // (1, 1, n, 1)
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

    /// Freezes what does not learn in an epoch. Nothing is frozen before the first step: a resumed
    /// training sets its weights until then.
    fn freeze_for(&mut self, epoch: usize) {
        let blocks = self.model.frozen(&self.layers.plan, epoch);
        if self.layers.frozen() != blocks {
            self.layers.freeze(blocks);
            self.stepper.set_rates(self.model.rates(&self.layers.plan, blocks));
        }
    }

    /// A logit of class 1 for each image of a batch, by the weights as they are.
    ///
    /// # Errors
    /// [`NnError::Memory`].
    pub fn infer(&mut self, batch: &Batch) -> Result<Vec<f32>, NnError> {
        let (cx, layers) = (&self.cx, &self.layers);
        if let Some(features) = &self.features {
            let head = self.ready.get_or_insert_with(|| Inference::head(layers));
            let given = given(cx, layers, features, batch)?; // (h', w', n, c)
            let logits = head.run_from(cx, given)?; // (n,)
            return Ok(logits
                .first()
                .map(|(_, logits)| logits.values.to_vec())
                .unwrap_or_default());
        }
        let x = self.loader.load(cx, batch)?; // (h, w, n, 3)
        let ready = self.ready.get_or_insert_with(|| layers.inference());
        Ok(ready.logits(cx, x)?.values.to_vec()) // (n,)
    }
}

/// What the head is given for a batch: the features of its rows.
fn given(
    cx: &Compute,
    layers: &Layers,
    features: &Features,
    batch: &Batch,
) -> Result<Vec<(Value, Activation)>, NnError> {
    let x = features.gather(cx, &batch.rows)?;
    Ok(layers.plan.frontier(layers.plan.head()).into_iter().map(|v| (v, x.clone())).collect())
}
