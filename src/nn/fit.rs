//! The training loop, to be read from top to bottom. Whoever watches sees it through [`Watch`].

use std::ops::ControlFlow;
use std::path::Path;

use super::checkpoint::{Checkpoint, Owner, Progress};
use super::course::Course;
use super::description::Description;
use super::error::NnError;
use super::features::Features;
use super::history::{Epoch, Score, Scores};
use super::images::CHANNELS;
use super::kernels::isa::Isa;
use super::ops::loss::{CrossEntropy, sigmoid};
use super::predict::Network;
use super::pretrained::Head;
use super::shape::Shape;
use super::splits::Splits;
use super::stopping::{finished, improves};
use super::tensor::Compute;
use super::trained::Trained;
use super::trainer::{Start, Step, Trainer};
use super::training::Training;
use crate::data::{Batches, Dataset, Normalization};

/// Who watches a training, and may stop it: `ControlFlow::Break` ends it with
/// [`NnError::Interrupted`]; the checkpoint stays.
pub trait Watch {
    /// Called often, with the training images seen so far and those of all epochs.
    fn step(&mut self, images_done: usize, images_total: usize) -> ControlFlow<()>;
    /// Called after each epoch, once its checkpoint is written; not for epochs that a resumed
    /// training already has.
    fn epoch(&mut self, epoch: &Epoch) -> ControlFlow<()>;
    /// Told what is odd about a training, but no mistake.
    fn note(&mut self, _odd: &str) {}
}

/// Trains a network on the train split of `data` and scores it on the valid split after each epoch.
///
/// With `early_stopping` the weights of the best epoch are kept, otherwise those of the last. With
/// a `scratch` folder (of this training alone) a checkpoint is written into it after each epoch,
/// and a training that was interrupted goes on from it; the outcome has the same bits either way,
/// as it has for any number of threads and any instruction set.
///
/// # Errors
/// See [`NnError`]: settings that cannot be, shapes that do not fit, a split that is empty or has
/// one class only, a loss that diverged (at once, with the last checkpoint kept), an interruption.
pub fn fit(
    training: &Training,
    data: &Dataset,
    score: Score,
    scratch: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Trained, NnError> {
    fit_on(Compute::new(Isa::chosen()?), training, data, score, scratch, watch)
}

/// [`fit`] of a head on what its frozen backbone made of the images before: the same bits, sooner.
///
/// # Errors
/// As for [`fit`]; [`NnError::Features`] if they are not of these images or not of this network.
pub fn fit_features(
    training: &Training,
    (data, features): (&Dataset, Features),
    score: Score,
    scratch: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Trained, NnError> {
    train_on(Compute::new(Isa::chosen()?), training, (data, Some(features)), score, scratch, watch)
}

/// [`fit`] with kernels of a given instruction set.
pub fn fit_on(
    cx: Compute,
    training: &Training,
    data: &Dataset,
    score: Score,
    scratch: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Trained, NnError> {
    train_on(cx, training, (data, None), score, scratch, watch)
}

fn train_on(
    cx: Compute,
    training: &Training,
    (data, features): (&Dataset, Option<Features>),
    score: Score,
    scratch: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Trained, NnError> {
    if let Some(fault) = training.faults().into_iter().next() {
        return Err(NnError::Setting(fault));
    }
    let input = Shape::new(data.height(), data.width(), CHANNELS);
    let mut trainer = Trainer::new(cx, training, input, data.normalization())?;
    tell_of_weights(training, data, &trainer, watch);
    if let Some(features) = features {
        let (rows, shape) = (features.len(), trainer.layers.plan.features());
        if (rows, features.shape()) != (data.len(), shape) {
            return Err(NnError::Features { rows, shape: features.shape() });
        }
        trainer.features = Some(features);
    }

    let batch_size = training.batch_size.get();
    let Splits { train, valid, labels } = Splits::of(training, data)?;
    let images = train.len();
    if batch_size > images {
        watch.note(&format!("`batch_size` is {batch_size}, but the train split has {images} images: each epoch is a single step"));
    }
    let train = Batches::shuffled(data, train, batch_size, &training.augment, training.seed);
    let valid = Batches::in_order(data, valid, batch_size);
    trainer.entropy = CrossEntropy::of(&training.loss, &labels);

    let owner = Owner::of(training, data, &trainer);
    let checkpoint = scratch.map(|folder| Checkpoint::new(folder, &owner));
    let resumed =
        checkpoint.as_ref().and_then(|from| from.read(&mut trainer.layers, &mut trainer.stepper));
    let mut progress = resumed.unwrap_or_default();

    while !finished(training, &progress) {
        let epoch = progress.history.len();
        let course = Course::after(&progress.history, training, train.len())?;
        let mut step =
            |seen| go_on(watch.step(epoch * images + seen, training.epochs.get() * images));
        let row = one_epoch(&mut trainer, &course, (&train, &valid), score, &mut step);
        let row = row.map_err(|error| match &checkpoint {
            Some(checkpoint) => error.keeping(epoch, checkpoint.path()),
            None => error,
        })?;
        progress.history.push(row);
        if let Some(stopping) = &training.early_stopping
            && improves(stopping, &progress, &row)?
        {
            progress.best = Some((row, trainer.layers.snapshot()));
        }
        if let Some(checkpoint) = &checkpoint {
            checkpoint.write(&trainer.layers, &trainer.stepper, &progress)?;
        }
        go_on(watch.epoch(&row))?;
    }
    keep(training, input, trainer, progress)
}

/// Notes what pretrained weights change besides themselves.
fn tell_of_weights(training: &Training, data: &Dataset, trainer: &Trainer, watch: &mut dyn Watch) {
    let Some(Start { head, .. }) = &trainer.start else {
        return;
    };
    let name = training.model.name();
    if *head == Head::Fresh {
        watch.note(&format!("{name}'s weights have no head of one logit: a fresh one is trained"));
    }
    if trainer.normalization != data.normalization() {
        let expected = match trainer.normalization {
            Some(Normalization { mean, sd }) => format!("mean {mean:?} and sd {sd:?}"),
            None => "bytes scaled to 0..1".to_owned(),
        };
        watch.note(&format!("{name}'s weights expect {expected}: used instead of the data set's"));
    }
}

/// Each training image once, then the validation split. `after_step` is told how many training
/// images were seen. The training figures are means over images, each as the network saw it.
fn one_epoch(
    trainer: &mut Trainer,
    course: &Course,
    (train, valid): (&Batches, &Batches),
    score: Score,
    after_step: &mut dyn FnMut(usize) -> Result<(), NnError>,
) -> Result<Epoch, NnError> {
    let (epoch, mut loss_sum, mut right, mut seen) = (course.epoch(), 0f64, 0, 0);
    for (step, batch) in train.epoch(epoch as u64).enumerate() {
        trainer.optimizer = course.at(step);
        let Step { loss, logits } = trainer.step(&batch, epoch, step)?; // (), (n,)
        loss_sum += loss * batch.labels.len() as f64;
        right += count_right(&logits, &batch.labels);
        seen += batch.labels.len();
        after_step(seen)?;
    }
    let (train_loss, train_accuracy) = (loss_sum / seen as f64, right as f64 / seen as f64);
    let (lr, last) = (trainer.optimizer.lr(), train.len() - 1);
    let (val_loss, scores) = validate(trainer, valid, score, &mut || after_step(seen))?;
    if !val_loss.is_finite() {
        return Err(NnError::diverged(val_loss, epoch, last, lr));
    }
    let Scores { accuracy: val_accuracy, auc: val_auc } = scores;
    let epoch = epoch + 1;
    Ok(Epoch { epoch, lr, train_loss, train_accuracy, val_loss, val_accuracy, val_auc })
}

/// Mean loss and scores of the validation split.
fn validate(
    trainer: &mut Trainer,
    batches: &Batches,
    score: Score,
    after_batch: &mut dyn FnMut() -> Result<(), NnError>,
) -> Result<(f64, Scores), NnError> {
    let (mut loss, mut probabilities, mut labels) = (0f64, Vec::new(), Vec::new());
    for batch in batches.epoch(0) {
        let logits = trainer.infer(&batch)?; // (n,)
        for (logit, label) in logits.iter().zip(&batch.labels) {
            loss += f64::from(trainer.entropy.of_one(*logit, *label));
            probabilities.push(sigmoid(*logit));
            labels.push(*label);
        }
        after_batch()?;
    }
    Ok((loss / labels.len() as f64, score(&probabilities, &labels)))
}

/// The outcome, with the weights that are to be kept.
fn keep(
    training: &Training,
    input: Shape,
    trainer: Trainer,
    progress: Progress,
) -> Result<Trained, NnError> {
    let Trainer { mut layers, normalization, .. } = trainer;
    let Progress { history, best } = progress;
    let last = history.last().copied().ok_or(NnError::NoImages { split: "train" })?;
    let metrics = match best {
        Some((epoch, snapshot)) => {
            layers.restore(&snapshot);
            epoch
        }
        None => last,
    };
    let description = Description {
        architecture: training.model.without_paths(),
        input,
        normalization,
        threshold: 0.5,
        parameters: layers.parameter_count(),
        best_epoch: metrics.epoch,
        metrics,
    };
    Ok(Trained { network: Network::new(layers, description), history })
}

fn count_right(logits: &[f32], labels: &[u8]) -> usize {
    logits.iter().zip(labels).filter(|(logit, label)| (**logit >= 0.0) == (**label == 1)).count()
}

fn go_on(flow: ControlFlow<()>) -> Result<(), NnError> {
    if flow.is_break() { Err(NnError::Interrupted) } else { Ok(()) }
}
