//! From artifacts to the values of the report.

mod errors;
mod evaluation;
mod exploration;
mod looks;
mod search;

pub use errors::errors;
pub use evaluation::evaluation;
pub use exploration::exploration;
use exploration::picture;
pub use search::search;

use super::artifacts::{AUGMENTATIONS, Model};
use crate::{
    data::Augment,
    engine::{Artifact, Files, StageError},
    nn::{Epoch, Layer, Monitor, Shape, Training},
    report::{ContactSheet, Ending, EpochRow, Fact, LayerRow, ModelSection},
};
use serde::de::DeserializeOwned;
use std::path::Path;

/// A trained model: what it is, how it learnt, when it stopped.
pub fn model(files: &Files) -> Result<ModelSection, StageError> {
    let model = Model::open(files)?;
    let training = &model.training;
    let early = model.history.len() < training.epochs.get();
    Ok(ModelSection {
        stage: files.stage.clone(),
        architecture: architecture(&model),
        settings: settings(training),
        history: model.history.iter().map(epoch_row).collect(),
        best_epoch: Some(model.network.description().best_epoch as u32),
        monitor: training.early_stopping.map(|stop| monitor_name(stop.monitor).into()),
        ending: if early { Ending::StoppedEarly } else { Ending::AllEpochs },
        augmentations: augmentations(files, training)?,
    })
}

fn names(augment: &[Augment]) -> Vec<String> {
    augment.iter().map(Augment::to_string).collect()
}

/// The contact sheet of the augmentation, where the model came with one.
fn augmentations(files: &Files, training: &Training) -> Result<Option<ContactSheet>, StageError> {
    if files.find(AUGMENTATIONS).is_none() {
        return Ok(None);
    }
    let picture = picture(files, AUGMENTATIONS)?;
    Ok(Some(ContactSheet { picture, names: names(&training.augment) }))
}

fn architecture(model: &Model) -> Vec<LayerRow> {
    let description = model.network.description();
    let layers = description.architecture.layers();
    let mut rows = Vec::new();
    for (index, line) in description.summary().into_iter().enumerate() {
        let output = match line.shape {
            Shape { height: 1, width: 1, channels } => channels.to_string(),
            Shape { height, width, channels } => format!("{channels} × {height} × {width}"),
        };
        let layer = layers.get(index).map_or(line.name, words);
        rows.push(LayerRow { layer, output, parameters: line.parameters as u64 });
    }
    rows
}

/// A layer as a reader says it.
fn words(layer: &Layer) -> String {
    match layer {
        Layer::Conv(c) if c.stride == 1 => format!("conv {0}×{0}, {1}", c.kernel, c.filters),
        Layer::Conv(c) => format!("conv {0}×{0}, {1}, stride {2}", c.kernel, c.filters, c.stride),
        Layer::BatchNorm => "batch norm".into(),
        Layer::Relu => "ReLU".into(),
        Layer::MaxPool(p) => format!("max pool {0}×{0}", p.size),
        Layer::AvgPool(p) => format!("average pool {0}×{0}", p.size),
        Layer::GlobalAvgPool => "global average pool".into(),
        Layer::AdaptiveAvgPool(side) => format!("average pool to {side}×{side}"),
        Layer::Flatten => "flatten".into(),
        Layer::Dense(d) => format!("dense {}", d.units),
        Layer::Dropout(rate) => format!("dropout {rate}"),
        Layer::Relu6 => "ReLU6".into(),
        Layer::Residual(_) | Layer::Parallel(_) => layer.to_string(),
    }
}

fn settings(training: &Training) -> Vec<Fact> {
    let names = names(&training.augment);
    let augment = if names.is_empty() { "none".into() } else { names.join(", ") };
    let early = match training.early_stopping {
        Some(stop) => format!("{}, patience {}", monitor_name(stop.monitor), stop.patience),
        None => "off: the last weights are kept".into(),
    };
    vec![
        Fact::new("optimizer", training.optimizer.name()),
        Fact::new("learning rate", training.optimizer.lr()),
        Fact::new("schedule", training.schedule.name().unwrap_or("constant")),
        Fact::new("batch size", training.batch_size),
        Fact::new("epochs at most", training.epochs),
        Fact::new("augmentation", augment),
        Fact::new("early stopping", early),
        Fact::new("seed", training.seed),
    ]
}

fn monitor_name(monitor: Monitor) -> &'static str {
    match monitor {
        Monitor::ValAuc => "val_auc",
        Monitor::ValLoss => "val_loss",
        Monitor::ValAccuracy => "val_accuracy",
    }
}

fn epoch_row(epoch: &Epoch) -> EpochRow {
    EpochRow {
        epoch: epoch.epoch as u32,
        lr: Some(epoch.lr),
        train_loss: epoch.train_loss,
        train_accuracy: Some(epoch.train_accuracy),
        valid_loss: Some(epoch.val_loss),
        valid_accuracy: Some(epoch.val_accuracy),
        valid_auc: epoch.val_auc,
    }
}

/// Reads a table of an artifact.
fn read_csv<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, StageError> {
    let damaged = |e: csv::Error| StageError::new(format!("{}: {e}", path.display()));
    let mut csv = csv::Reader::from_path(path).map_err(damaged)?;
    csv.deserialize().collect::<Result<_, _>>().map_err(damaged)
}
