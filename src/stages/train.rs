//! `train`: a network learns from the train split and is scored on the valid split.

use super::{
    HEIGHT, TrainingData, WIDTH,
    artifacts::{AUGMENTATIONS, Model},
    features, known_data, known_size, split_needed, weights,
};
use crate::{
    data::{Dataset, Split, contact_sheet},
    engine::{
        Complaint, Context, Facts, Known, Stage, StageError, source::SourceFiles, stage::Shared,
    },
    metrics,
    nn::{Epoch, Fault, Kept, NnError, Scores, Shape, Training, Watch, fit, fit_features},
};
use std::{ops::ControlFlow, path::Path};

impl Stage for Training {
    const KIND: &'static str = "train";
    const VERSION: u32 = 2;
    const ABOUT: &'static str = "trains a network layer by layer declared, with early stopping, and keeps the \
                                 best weights";
    const TENSORS: bool = true;
    type Inputs = TrainingData;
    type Output = Model;

    fn sources(&self) -> Vec<SourceFiles> {
        let weights = self.model.preset().and_then(|preset| preset.settings.weights.as_deref());
        let name = || format!("model.{}.weights", self.model.name());
        weights.into_iter().map(|weights| weights::source(name(), weights)).collect()
    }

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let data = known_data(known);
        let mut complaints: Vec<_> = split_needed(&data).into_iter().collect();
        if let Some((height, width)) = known_size(&data)
            && let Err(problem) = self.model.infer(Shape::new(height, width, 3))
        {
            let place = match &*problem.place {
                "" => "model".into(),
                place => format!("model.{place}"),
            };
            complaints.push(Complaint { place, message: problem.message, help: None });
        }
        complaints.extend(weights::complaint(self));
        complaints.extend(
            self.faults().into_iter().map(|Fault { place, message, help }| Complaint {
                place,
                message,
                help,
            }),
        );
        if !complaints.is_empty() {
            return Err(complaints);
        }
        // A network takes images of the size that it was trained on.
        let sizes = data.into_iter().filter(|(name, _)| [HEIGHT, WIDTH].contains(name));
        Ok(sizes.collect())
    }

    fn shared(&self) -> Option<Shared> {
        features::of(self)
    }

    fn run(&self, inputs: TrainingData, cx: &Context) -> Result<Model, StageError> {
        let score = |probabilities: &[f32], labels: &[u8]| score(probabilities, labels);
        let mut watch = Reporter { cx, epochs: self.epochs.get() };
        let TrainingData { data, features } = inputs;
        draw_augmentations(self, &data, cx.out())?;
        let (local, scratch) = (weights::with_local(self)?, Some(cx.scratch()));
        let trained = match features {
            Some(features) => fit_features(&local, (&data, features), &score, scratch, &mut watch)?,
            None => fit(&local, &data, &score, scratch, &mut watch)?,
        };
        trained.write(cx.out())?;
        write_training(self, cx.out())?;
        Ok(Model { network: trained.network, history: trained.history, training: self.clone() })
    }
}

/// What the training loop, which does not know the metrics, is told of an epoch's probabilities.
fn score(probabilities: &[f32], labels: &[u8]) -> Scores {
    let scores = metrics::Scores::of(labels, probabilities, 0.5).ok();
    Scores {
        accuracy: scores.as_ref().and_then(|s| s.accuracy).unwrap_or(0.0),
        auc: scores.and_then(|s| s.auc),
    }
}

/// The parameters go with the model, so that a report can tell them.
fn write_training(training: &Training, out: &Path) -> Result<(), StageError> {
    super::artifacts::write_json(&out.join("training.json"), training)
}

/// Images on the contact sheet.
const SHOWN: usize = 4;

/// Shows what augmentation makes of some training images, spread over the split.
fn draw_augmentations(training: &Training, data: &Dataset, out: &Path) -> Result<(), StageError> {
    let train = data.indices(Split::Train);
    if training.augment.is_empty() || train.is_empty() {
        return Ok(());
    }
    let shown = SHOWN.min(train.len());
    let rows: Vec<usize> = (0..shown).map(|i| train[i * train.len() / shown]).collect();
    let path = out.join(AUGMENTATIONS);
    Ok(contact_sheet(data, &rows, &training.augment, training.seed, &path)?)
}

/// Tells the engine how far a training is, and the training whether to stop.
struct Reporter<'a> {
    cx: &'a Context<'a>,
    epochs: usize,
}

impl Reporter<'_> {
    fn go_on(&self) -> ControlFlow<()> {
        if self.cx.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Watch for Reporter<'_> {
    fn step(&mut self, done: usize, total: usize) -> ControlFlow<()> {
        self.cx.step(done as u64, total as u64, "images");
        self.go_on()
    }

    fn epoch(&mut self, e: &Epoch) -> ControlFlow<()> {
        let auc = e.val_auc.map_or("–".into(), |auc| format!("{auc:.4}"));
        self.cx.note(format!(
            "epoch {}/{}  train loss {:.4} acc {:.4}  val loss {:.4} acc {:.4} auc {auc}",
            e.epoch, self.epochs, e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy
        ));
        self.go_on()
    }

    fn note(&mut self, odd: &str) {
        self.cx.note(odd.to_owned());
    }
}

impl From<NnError> for StageError {
    fn from(error: NnError) -> StageError {
        match error {
            NnError::Interrupted => StageError::Interrupted,
            // Where the network is kept is no part of what went wrong, which a search writes down.
            NnError::Diverged { loss, epoch, batch, lr, kept: kept @ Kept::Checkpoint { .. } } => {
                let kept = kept.to_string().trim_start_matches("; ").to_string();
                let bare = NnError::Diverged { loss, epoch, batch, lr, kept: Kept::Nothing };
                StageError::new(bare.to_string()).with_help(kept)
            }
            other @ NnError::Write { .. } => StageError::machine(other.to_string()),
            other => StageError::new(other.to_string()),
        }
    }
}
