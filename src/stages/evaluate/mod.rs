//! `evaluate`: several models on the same images, side by side.

mod compare;
mod files;
mod gate;
mod images;
mod score;
mod settings;
mod slices;
mod threshold;

pub(super) use compare::{Contender, FEW_GROUPS, pairs, resampled};
pub use files::{GroupLine, Prediction};
pub use settings::{Calibrate, Evaluate, Intervals};
pub use threshold::{Cost, Rule, Threshold};

use super::{
    SPLIT, VALID,
    artifacts::{Evaluation, write_json},
    known_data,
    models::{DataAndModels, misfits},
    split_needed,
};
use crate::{
    data::Split,
    engine::{Complaint, Context, Facts, Known, Stage, StageError, stage::NAME},
    metrics::{precision_recall, roc},
};
use files::{Table, write_table};
use images::{Images, Predicted};
use score::Scored;
use std::path::Path;

impl Stage for Evaluate {
    const KIND: &'static str = "evaluate";
    const VERSION: u32 = 2;
    const ABOUT: &'static str = "scores models on one split, with intervals by group, calibration, tests \
                                 between models, curves, predictions and gates";
    const TENSORS: bool = true;
    type Inputs = DataAndModels;
    type Output = Evaluation;

    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let data = known_data(known);
        let mut complaints: Vec<_> = split_needed(&data).into_iter().collect();
        let models = known.get("models").map_or(&[][..], Vec::as_slice);
        complaints.extend(misfits(known, "score"));
        let names: Vec<&str> =
            models.iter().filter_map(|model| model.get(NAME)?.as_str()).collect();
        complaints.extend(self.complaints(&names));
        if data.get(VALID) == Some(&false.into()) {
            complaints.extend(self.without_valid());
        }
        if complaints.is_empty() {
            Ok(Facts::from([(SPLIT, true.into())]))
        } else {
            Err(complaints)
        }
    }

    fn run(&self, inputs: DataAndModels, cx: &Context) -> Result<Evaluation, StageError> {
        let DataAndModels { data, models } = inputs;
        let images = Images::of(&data, self.split)?;
        let valid = self.needs_valid().then(|| Images::of(&data, Split::Valid)).transpose()?;
        let predicted = self.predict(&models, &images, valid.as_ref(), cx)?;
        let scored = self.score(&images, &predicted);
        let scored = scored.map_err(|error| StageError::new(error.to_string()))?;
        write_predictions(cx.out(), &images, &predicted)?;
        write_curves(cx.out(), &images, &predicted)?;
        write_groups(cx.out(), &scored)?;
        write_json(&cx.out().join("metrics.json"), &scored.evaluation)?;
        Ok(scored.evaluation)
    }
}

/// `predictions.csv`: one line for each model and image.
fn write_predictions(
    out: &Path,
    images: &Images,
    predicted: &[Predicted],
) -> Result<(), StageError> {
    let mut table = Table::create(&out.join("predictions.csv"))?;
    for model in predicted {
        for (i, &row) in images.rows.iter().enumerate() {
            let about = &images.data.rows()[row];
            table.add(&Prediction {
                model: model.model.clone(),
                id: about.id.clone(),
                label: images.labels[i],
                probability: model.probabilities[i],
                group: about.group.clone(),
                source: about.origin.clone(),
            })?;
        }
    }
    table.finish()
}

/// `curves/roc/<model>.csv` and `curves/precision_recall/<model>.csv`: every step of both curves,
/// where they are defined.
fn write_curves(out: &Path, images: &Images, predicted: &[Predicted]) -> Result<(), StageError> {
    let curves = out.join("curves");
    for Predicted { model, probabilities, .. } in predicted {
        let file = format!("{model}.csv");
        if let Ok(curve) = roc(&images.labels, probabilities) {
            write_table(&curves.join("roc").join(&file), &curve.points)?;
        }
        if let Ok(points) = precision_recall(&images.labels, probabilities)
            && !points.is_empty()
        {
            write_table(&curves.join("precision_recall").join(&file), &points)?;
        }
    }
    Ok(())
}

/// `groups.csv`: results for each group of each model, where groups hold several images.
fn write_groups(out: &Path, scored: &Scored) -> Result<(), StageError> {
    if scored.groups.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let mut table = Table::create(&out.join("groups.csv"))?;
    for (model, groups) in scored.evaluation.models.iter().zip(&scored.groups) {
        groups.iter().try_for_each(|group| table.add(&GroupLine::of(&model.model, group)))?;
    }
    table.finish()
}
