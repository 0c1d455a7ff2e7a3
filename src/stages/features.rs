//! `features`: what a frozen pretrained network makes of each image, for all heads to train on. It
//! is put before the stages that need it; users do not write it.

use super::{DATA, OneDataset, address::as_text, over_images, weights};
use crate::data::Dataset;
use crate::{
    engine::{
        Artifact, Context, Files, Given, Inputs, Port, Stage, StageError,
        source::{Reach, SourceFiles},
        stage::{Arity, Naming, Shared},
    },
    nn::{Architecture, Classifier, Features, Freeze, Model, Preset, Settings, Training},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The frozen part of a pretrained network, run over a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// The name of the architecture: `efficientnet_lite0`.
    pub architecture: String,
    /// Its pretrained weights. What they are, not where they lie, enters the key.
    #[serde(skip_serializing)]
    pub weights: String,
    /// What stands between VGG's convolutions and its logit.
    #[serde(default)]
    pub classifier: Classifier,
}

const FILE: &str = "features.safetensors";

impl Artifact for Features {
    const TYPE: &'static str = "features";
    fn open(files: &Files) -> Result<Features, StageError> {
        Ok(Features::open(&files.path(FILE)?)?)
    }
    fn headline(&self) -> Option<String> {
        Some(format!("{} images, {} features each", self.len(), self.shape().len()))
    }
}

impl Stage for Extract {
    const KIND: &'static str = "features";
    const VERSION: u32 = 1;
    const ABOUT: &'static str =
        "runs a frozen pretrained network once, for all heads that train on it (put in by itself)";
    const TENSORS: bool = true;
    type Inputs = OneDataset;
    type Output = Features;

    fn sources(&self) -> Vec<SourceFiles> {
        vec![weights::source("weights".into(), &self.weights)]
    }

    fn run(&self, inputs: OneDataset, cx: &Context) -> Result<Features, StageError> {
        let architecture = Architecture::named(&self.architecture).ok_or_else(|| {
            StageError::new(format!("no architecture is called `{}`", self.architecture))
        })?;
        let weights = Some(as_text(weights::local(&self.weights, Reach::Network)?)?);
        let settings = Settings {
            weights,
            freeze: Freeze::Backbone,
            classifier: self.classifier,
            ..Settings::default()
        };
        let (step, total) = (over_images(cx), inputs.data.len());
        let path = cx.out().join(FILE);
        let preset = Preset { architecture, settings };
        Features::compute(&preset, &inputs.data, &path, &mut |done| step(done, total))?;
        Ok(Features::open(&path)?)
    }
}

/// The work that a training shares with all others on the same frozen backbone: none if anything
/// random stands before it or it thaws some day.
pub(super) fn of(training: &Training) -> Option<Shared> {
    let Model::Preset(Preset { architecture, settings }) = &training.model else {
        return None;
    };
    let weights = settings.weights.as_ref()?;
    let fixed = settings.freeze == Freeze::Backbone
        && settings.unfreeze_after.is_none()
        && training.augment.is_empty();
    fixed.then(|| Shared {
        kind: Extract::KIND,
        params: json!({
            "architecture": architecture.name(),
            "weights": weights,
            "classifier": settings.classifier,
        }),
        name: architecture.name().into(),
        port: FEATURES.name,
    })
}

/// The port of shared features.
const FEATURES: Port = Port {
    name: "features",
    accepts: &[Features::TYPE],
    arity: Arity::Shared,
    naming: Naming::Anonymous,
};

/// What a training reads.
pub struct TrainingData {
    pub data: Dataset,
    /// What its frozen backbone makes of the data, where that is the same in each epoch.
    pub features: Option<Features>,
}

impl Inputs for TrainingData {
    const PORTS: &'static [Port] = &[DATA, FEATURES];
    fn gather(given: &Given) -> Result<TrainingData, StageError> {
        let features = given.at_most_one(FEATURES.name)?;
        Ok(TrainingData { data: given.one(DATA.name)?, features })
    }
}
