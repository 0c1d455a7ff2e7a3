//! `errors`: where models fail. The most confident errors, the rate of errors by what can be
//! measured in an image, and what networks look at.

mod bins;
mod found;
mod gallery;
mod judged;
mod looked;
mod table;

pub use found::{Bin, Decision, Errors, Example, Gallery, Inside, Looked, Measured, ModelErrors};

use super::{
    artifacts::{read_json, write_json},
    known_data,
    models::{BATCH, DataAndModels, labelled, misfits},
    split_needed,
};
use crate::{
    data::{Dataset, Measures, Split, measures},
    engine::{Artifact, Complaint, Context, Facts, Files, Known, Stage, StageError},
    nn::{Predictor, Tta},
};
use gallery::{COLUMNS, Frame, gallery};
use judged::Judged;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use table::Table;

/// Shows where models fail on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Examine {
    /// The images to look at: "train", "valid" or "test".
    #[serde(default = "test")]
    pub split: Split,
    /// Probabilities from here on count as positive.
    #[serde(default = "half")]
    pub threshold: f32,
    /// Test-time augmentation: "none", or "dihedral" for the mean over all eight turns and
    /// mirrorings of each image.
    #[serde(default)]
    pub tta: Tta,
    /// Errors of each kind that are shown, at most 60.
    #[serde(default = "twelve")]
    #[schemars(range(min = 1, max = 60))]
    pub examples: usize,
}

fn test() -> Split {
    Split::Test
}

fn half() -> f32 {
    0.5
}

fn twelve() -> usize {
    12
}

/// More than anybody looks at.
const MOST_EXAMPLES: usize = 60;
impl Artifact for Errors {
    const TYPE: &'static str = "errors";
    fn open(files: &Files) -> Result<Errors, StageError> {
        read_json(&files.path("errors.json")?)
    }
    fn headline(&self) -> Option<String> {
        let fewest = self.models.iter().min_by_key(|model| model.wrong)?;
        let ModelErrors { model, wrong, images, .. } = fewest;
        Some(format!("{wrong} of {images} {} images wrong ({model})", self.split.name()))
    }
}

impl Stage for Examine {
    const KIND: &'static str = "errors";
    const VERSION: u32 = 1;
    const ABOUT: &'static str = "shows where models fail: the most confident errors, error rates by brightness, \
                                 stain, sharpness and tissue, and what networks look at";
    const TENSORS: bool = true;
    type Inputs = DataAndModels;
    type Output = Errors;

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let data = known_data(known);
        let mut complaints: Vec<_> = split_needed(&data).into_iter().collect();
        let complaint = |place: &str, message: String, help: &str| Complaint {
            place: place.into(),
            message,
            help: Some(help.into()),
        };
        complaints.extend(misfits(known, "examine"));
        if !(0.0..=1.0).contains(&self.threshold) {
            let message =
                format!("the threshold is {}, and a probability is in 0 to 1", self.threshold);
            complaints.push(complaint("threshold", message, "the default is 0.5"));
        }
        if !(1..=MOST_EXAMPLES).contains(&self.examples) {
            let message = format!("`examples` is {}, and 1 to {MOST_EXAMPLES} fit", self.examples);
            complaints.push(complaint("examples", message, "the default is 12"));
        }
        if complaints.is_empty() { Ok(Facts::new()) } else { Err(complaints) }
    }

    fn run(&self, inputs: DataAndModels, cx: &Context) -> Result<Errors, StageError> {
        let DataAndModels { data, models } = inputs;
        let rows = labelled(&data, self.split)?;
        let measured = measures(&data, &rows);
        let mut errors = Errors { split: self.split, models: Vec::new() };
        let mut table = Table::create(&cx.out().join("errors.csv"))?;
        for (number, (name, predictor)) in models.iter().enumerate() {
            let total = (models.len() * rows.len()) as u64;
            let mut progress = |done: usize| {
                cx.step((number * rows.len() + done) as u64, total, "images");
                if cx.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let probabilities = predictor.predict(&data, &rows, BATCH, self.tta, &mut progress)?;
            let model = Judged::new(name, &data, &rows, probabilities, self.threshold);
            table.add(&data, &model, &measured)?;
            errors.models.push(self.examine(predictor, &data, &model, &measured, cx)?);
        }
        table.finish()?;
        write_json(&cx.out().join("errors.json"), &errors)?;
        Ok(errors)
    }
}

impl Examine {
    fn examine(
        &self,
        predictor: &Predictor,
        data: &Dataset,
        model: &Judged,
        measured: &[Measures],
        cx: &Context,
    ) -> Result<ModelErrors, StageError> {
        let mut galleries = Vec::new();
        for outcome in Decision::ALL.into_iter().filter(|outcome| outcome.is_wrong()) {
            let places = model.most_confident(outcome, self.examples);
            if places.is_empty() {
                continue;
            }
            let images: Vec<Example> = places.iter().map(|&at| model.example(data, at)).collect();
            let pixels = places.iter().map(|&at| data.image(model.rows[at]));
            let frame = Frame { height: data.height(), width: data.width() };
            let drawn = gallery(frame, &pixels.zip(&images).collect::<Vec<_>>());
            let picture = format!("galleries/{}.{}.png", model.name, outcome.name());
            looked::write(&drawn, &picture, cx)?;
            let (total, columns) = (model.count(outcome), COLUMNS.min(images.len()));
            galleries.push(Gallery { outcome, total, picture: Some(picture), columns, images });
        }
        let wrong = |at: usize| model.outcomes[at].is_wrong();
        let by: Vec<_> = measured.iter().enumerate().map(|(at, m)| (*m, wrong(at))).collect();
        let looked = match predictor.members() {
            [(_, network)] => looked::looked(network, data, model, cx)?,
            _ => None,
        };
        Ok(ModelErrors {
            model: model.name.into(),
            threshold: self.threshold,
            images: model.rows.len(),
            wrong: (0..model.rows.len()).filter(|&at| wrong(at)).count(),
            galleries,
            measures: bins::by_measures(&by),
            looked,
        })
    }
}
