//! What an interrupted training goes on from, written after each epoch. A checkpoint that is
//! damaged or belongs to another training counts as none.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::error::NnError;
use super::history::Epoch;
use super::network::{Layers, Snapshot};
use super::ops::norm::Running;
use super::shape::Shape;
use super::stepper::{Memory, Stepper};
use super::trainer::Trainer;
use super::training::Training;
use super::weights::{Saved, floats};
use crate::data::{Dataset, Normalization, Split};

const FILE: &str = "checkpoint";
const STATE: &str = "state";
const SHA1_LEN: usize = 20;

/// How far a training is, besides what the network and the optimizer hold.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    /// Every epoch so far.
    pub history: Vec<Epoch>,
    /// The best epoch so far and its network, where early stopping will want it.
    pub best: Option<(Epoch, Snapshot)>,
}

/// What a checkpoint belongs to: a training with other parameters or data does not go on from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owner {
    training: Training,
    /// The digest of the weights that it started from.
    weights: Option<String>,
    input: Shape,
    normalization: Option<Normalization>,
    /// Rows of the train and of the validation split.
    rows: (Vec<usize>, Vec<usize>),
}

impl Owner {
    pub fn of(training: &Training, data: &Dataset, trainer: &Trainer) -> Owner {
        let rows = (data.indices(Split::Train), data.indices(Split::Valid));
        // A path tells nothing of what lies there.
        let training = Training { model: training.model.without_paths(), ..training.clone() };
        let weights = trainer.start.as_ref().map(|start| start.digest.clone());
        Owner {
            training,
            weights,
            input: trainer.layers.plan.input,
            normalization: data.normalization(),
            rows,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct State {
    owner: Owner,
    /// For each parameter.
    steps: Vec<u64>,
    history: Vec<Epoch>,
    best: Option<Epoch>,
}

/// The checkpoints of one training in a folder of its own.
pub(crate) struct Checkpoint<'a> {
    path: PathBuf,
    owner: &'a Owner,
}

impl Checkpoint<'_> {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn new<'a>(folder: &Path, owner: &'a Owner) -> Checkpoint<'a> {
        Checkpoint { path: folder.join(FILE), owner }
    }

    /// Writes all that a resumed training needs: under another name first, so that there is a
    /// whole checkpoint at every moment.
    pub fn write(
        &self,
        layers: &Layers,
        stepper: &Stepper,
        progress: &Progress,
    ) -> Result<(), NnError> {
        let mut tensors = named("network", &layers.snapshot());
        for (i, memory) in stepper.memory.iter().enumerate() {
            for (k, moment) in memory.moments.iter().enumerate() {
                tensors.push(Saved::new(format!("moment.{i}.{k}"), vec![moment.len()], moment));
            }
        }
        if let Some((_, best)) = &progress.best {
            tensors.extend(named("best", best));
        }
        let best = progress.best.as_ref().map(|(epoch, _)| *epoch);
        let state = State {
            owner: self.owner.clone(),
            steps: stepper.memory.iter().map(|memory| memory.steps).collect(),
            history: progress.history.clone(),
            best,
        };
        let failed = |e: &dyn std::fmt::Display| NnError::content(&self.path, e);
        let state = serde_json::to_string(&state).map_err(|e| failed(&e))?;
        let views = tensors
            .iter()
            .map(Saved::view)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| failed(&e))?;
        let metadata = HashMap::from([(STATE.to_owned(), state)]);
        let mut bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| failed(&e))?;
        let digest = Sha1::digest(&bytes);
        bytes.extend_from_slice(&digest);
        let new = self.path.with_extension("new");
        let mut file = std::fs::File::create(&new).map_err(NnError::write(&new))?;
        std::io::Write::write_all(&mut file, &bytes).map_err(NnError::write(&new))?;
        file.sync_all().map_err(NnError::write(&new))?;
        std::fs::rename(&new, &self.path).map_err(NnError::write(&self.path))
    }

    /// Brings network and optimizer to where the checkpoint left them. `None`, and nothing
    /// touched, if there is none that is whole and of this training.
    pub fn read(&self, layers: &mut Layers, stepper: &mut Stepper) -> Option<Progress> {
        let bytes = std::fs::read(&self.path).ok()?;
        let (bytes, digest) = bytes.split_at_checked(bytes.len().checked_sub(SHA1_LEN)?)?;
        if Sha1::digest(bytes).as_slice() != digest {
            return None;
        }
        let (_, metadata) = SafeTensors::read_metadata(bytes).ok()?;
        let state: State = serde_json::from_str(metadata.metadata().as_ref()?.get(STATE)?).ok()?;
        if state.owner != *self.owner {
            return None;
        }
        let tensors = SafeTensors::deserialize(bytes).ok()?;
        let like = layers.snapshot();
        let network = unnamed(&tensors, "network", &like)?;
        let best = match state.best {
            Some(epoch) => Some((epoch, unnamed(&tensors, "best", &like)?)),
            None => None,
        };
        let memory =
            state.steps.iter().zip(&like.parameters).enumerate().map(|(i, (&steps, parameter))| {
                let moment = |k| floats(&tensors, &format!("moment.{i}.{k}"), &[parameter.len()]);
                Memory { steps, moments: (0..).map_while(|k| moment(k).ok()).collect() }
            });
        stepper.memory = memory.collect();
        layers.restore(&network);
        Some(Progress { history: state.history, best })
    }
}

fn named(prefix: &str, snapshot: &Snapshot) -> Vec<Saved> {
    let saved = |name, i, values: &[f32]| {
        Saved::new(format!("{prefix}.{name}.{i}"), vec![values.len()], values)
    };
    let mut tensors = Vec::new();
    for (i, values) in snapshot.parameters.iter().enumerate() {
        tensors.push(saved("parameter", i, values));
    }
    for (i, running) in snapshot.running.iter().enumerate() {
        tensors.push(saved("mean", i, &running.mean));
        tensors.push(saved("variance", i, &running.variance));
    }
    tensors
}

/// The inverse of [`named`], for a network with the shapes of `like`.
fn unnamed(tensors: &SafeTensors, prefix: &str, like: &Snapshot) -> Option<Snapshot> {
    let read = |name, i, len| floats(tensors, &format!("{prefix}.{name}.{i}"), &[len]).ok();
    let parameters =
        like.parameters.iter().enumerate().map(|(i, like)| read("parameter", i, like.len()));
    let running = like.running.iter().enumerate().map(|(i, like)| {
        let len = like.mean.len();
        Some(Running {
            name: like.name.clone(),
            mean: read("mean", i, len)?,
            variance: read("variance", i, len)?,
        })
    });
    Some(Snapshot {
        parameters: parameters.collect::<Option<_>>()?,
        running: running.collect::<Option<_>>()?,
    })
}
