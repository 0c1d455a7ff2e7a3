//! `evaluate`: several models on the same images, side by side.

use super::{
    DATA, SPLIT,
    artifacts::{Evaluation, Model, ModelEvaluation, Search, unwritten, write_json},
    known_data, known_size, split_needed,
};
use crate::{
    data::{Dataset, Split},
    engine::{
        Artifact, Complaint, Context, Facts, Given, Inputs, Known, Port, Stage, StageError,
        stage::{Arity, Naming},
    },
    metrics::{RocCurve, Scores, roc},
    nn::{Predictor, Tta},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fs, ops::ControlFlow, path::Path};

/// Scores models on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {
    /// The images to score on: "train", "valid" or "test".
    #[serde(default = "test")]
    pub split: Split,
    /// Probabilities from here on count as positive.
    #[serde(default = "half")]
    pub threshold: f32,
    /// Test-time augmentation: "none", or "dihedral" for the mean over all eight turns and
    /// mirrorings of each image.
    #[serde(default)]
    pub tta: Tta,
}

fn test() -> Split {
    Split::Test
}

fn half() -> f32 {
    0.5
}

/// A data set and the models to score on it, by the names of their stages.
pub struct EvaluateInputs {
    data: Dataset,
    models: Vec<(String, Predictor)>,
}

impl Inputs for EvaluateInputs {
    const PORTS: &'static [Port] = &[
        DATA,
        Port {
            name: "models",
            accepts: &[Model::TYPE, Search::TYPE, Predictor::TYPE],
            arity: Arity::Many,
            naming: Naming::Named,
        },
    ];
    fn gather(given: &Given) -> Result<EvaluateInputs, StageError> {
        // A search holds its best model under the names of a model's files.
        let models = given.files("models").iter();
        let models = models.map(|files| Ok((files.stage.clone(), Predictor::open(files)?)));
        let models = models.collect::<Result<_, StageError>>()?;
        Ok(EvaluateInputs { data: given.one(DATA.name)?, models })
    }
}

/// Images predicted at a time; predictions do not depend on it.
const BATCH: usize = 64;

impl Stage for Evaluate {
    const KIND: &'static str = "evaluate";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "scores models on one split: AUC, accuracy, sensitivity, specificity, F1, \
                                 confusion matrix, ROC curve, predictions";
    const TENSORS: bool = true;
    type Inputs = EvaluateInputs;
    type Output = Evaluation;

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let data = known_data(known);
        let mut complaints: Vec<_> = split_needed(&data).into_iter().collect();
        for model in known.get("models").into_iter().flatten() {
            if let (Some(has), Some(takes)) = (known_size(&data), known_size(model))
                && has != takes
            {
                let message = format!(
                    "a model takes images of {}×{} pixels, and `data` has {}×{}",
                    takes.1, takes.0, has.1, has.0
                );
                let help = "score it on data of the size that it was trained on".to_string();
                complaints.push(Complaint { place: String::new(), message, help: Some(help) });
            }
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            let place = "threshold".into();
            let message =
                format!("the threshold is {}, and a probability is in 0 to 1", self.threshold);
            complaints.push(Complaint { place, message, help: Some("the default is 0.5".into()) });
        }
        if complaints.is_empty() {
            Ok(Facts::from([(SPLIT, true.into())]))
        } else {
            Err(complaints)
        }
    }

    fn run(&self, inputs: EvaluateInputs, cx: &Context) -> Result<Evaluation, StageError> {
        let EvaluateInputs { data, models } = inputs;
        let rows = data.indices(self.split);
        if rows.is_empty() {
            let split = self.split.name();
            return Err(StageError::new(format!("the {split} split has no labelled image"))
                .with_help("give it a share in the `split` of the preprocess stage"));
        }
        let labels: Vec<u8> = rows.iter().filter_map(|&row| data.label(row)).collect();
        let mut evaluation = Evaluation { split: self.split, models: Vec::new() };
        let mut predictions = Predictions::create(cx.out())?;
        for (i, (name, model)) in models.iter().enumerate() {
            let total = (models.len() * rows.len()) as u64;
            let mut progress = |done: usize| {
                cx.step((i * rows.len() + done) as u64, total, "images");
                if cx.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let probabilities = model.predict(&data, &rows, BATCH, self.tta, &mut progress)?;
            predictions.add(name, &data, &rows, &probabilities)?;
            let scores = Scores::of(&labels, &probabilities, self.threshold)
                .map_err(|error| StageError::new(format!("`{name}`: {error}")))?;
            if let Ok(curve) = roc(&labels, &probabilities) {
                write_curve(&cx.out().join("curves"), name, &curve)?;
            }
            evaluation.models.push(ModelEvaluation { model: name.clone(), scores });
        }
        predictions.finish()?;
        write_json(&cx.out().join("metrics.json"), &evaluation)?;
        Ok(evaluation)
    }
}

/// `curves/<model>.csv`: every step of the ROC curve.
fn write_curve(folder: &Path, model: &str, curve: &RocCurve) -> Result<(), StageError> {
    fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
    let path = folder.join(format!("{model}.csv"));
    let mut csv = csv::Writer::from_path(&path).map_err(|e| unwritten(&path, &e))?;
    for point in &curve.points {
        csv.serialize(point).map_err(|e| unwritten(&path, &e))?;
    }
    csv.flush().map_err(|e| unwritten(&path, &e))
}

/// `predictions.csv`: one line for each model and image.
struct Predictions {
    path: std::path::PathBuf,
    csv: csv::Writer<fs::File>,
}

/// One line of `predictions.csv`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub model: String,
    pub id: String,
    pub label: u8,
    pub probability: f32,
    pub group: String,
}

impl Predictions {
    fn create(out: &Path) -> Result<Predictions, StageError> {
        let path = out.join("predictions.csv");
        let csv = csv::Writer::from_path(&path).map_err(|e| unwritten(&path, &e))?;
        Ok(Predictions { path, csv })
    }

    fn add(
        &mut self,
        model: &str,
        data: &Dataset,
        rows: &[usize],
        probabilities: &[f32],
    ) -> Result<(), StageError> {
        for (&row, &probability) in rows.iter().zip(probabilities) {
            let (about, Some(label)) = (&data.rows()[row], data.label(row)) else { continue };
            let (id, group) = (about.id.clone(), about.group.clone());
            let line = Prediction { model: model.into(), id, label, probability, group };
            self.csv.serialize(line).map_err(|e| unwritten(&self.path, &e))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), StageError> {
        self.csv.flush().map_err(|e| unwritten(&self.path, &e))
    }
}
