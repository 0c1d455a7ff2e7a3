//! The labelled images of a split, and what models make of them.

use super::{Evaluate, settings::Calibrate};
use crate::{
    data::{Dataset, Split},
    engine::{Context, StageError},
    metrics::{Groups, MetricError, fit_temperature, soften},
    nn::Predictor,
    stages::models::{BATCH, labelled},
};
use std::ops::ControlFlow;

/// The labelled images of one split, in the order of the data set.
pub struct Images<'a> {
    pub data: &'a Dataset,
    /// Their places in the data set.
    pub rows: Vec<usize>,
    pub labels: Vec<u8>,
}

impl<'a> Images<'a> {
    /// # Errors
    /// When there are none.
    pub fn of(data: &'a Dataset, split: Split) -> Result<Images<'a>, StageError> {
        let rows = labelled(data, split)?;
        let labels = rows.iter().filter_map(|&row| data.label(row)).collect();
        Ok(Images { data, rows, labels })
    }

    /// The group of each image.
    pub fn groups(&self) -> Vec<&'a str> {
        self.rows.iter().map(|&row| &*self.data.rows()[row].group).collect()
    }

    /// The source of each image.
    pub fn sources(&self) -> Vec<&'a str> {
        self.rows.iter().map(|&row| &*self.data.rows()[row].origin).collect()
    }

    /// What bootstraps draw.
    pub fn drawn(&self) -> Groups {
        Groups::named(&self.groups())
    }
}

/// What one model makes of the images, and what was fitted for it on the valid split.
pub struct Predicted {
    pub model: String,
    /// As the network gives them.
    pub raw: Vec<f32>,
    /// As they are scored.
    pub probabilities: Vec<f32>,
    pub threshold: f32,
    pub temperature: Option<f64>,
}

impl Evaluate {
    /// Predicts with every model; fits temperatures and chooses thresholds on the valid images.
    pub(super) fn predict(
        &self,
        models: &[(String, Predictor)],
        images: &Images,
        valid: Option<&Images>,
        cx: &Context,
    ) -> Result<Vec<Predicted>, StageError> {
        let each = images.rows.len() + valid.map_or(0, |valid| valid.rows.len());
        let total = (models.len() * each) as u64;
        let mut before = 0;
        let mut predicted = Vec::new();
        for (name, model) in models {
            let mut predict = |images: &Images| -> Result<Vec<f32>, StageError> {
                let mut progress = |done: usize| {
                    cx.step((before + done) as u64, total, "images");
                    if cx.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                let rows = &images.rows;
                let found = model.predict(images.data, rows, BATCH, self.tta, &mut progress)?;
                before += rows.len();
                Ok(found)
            };
            let on_valid = valid.map(&mut predict).transpose()?;
            let raw = predict(images)?;
            let labels = valid.map_or(&[][..], |valid| &valid.labels);
            let fitted = self.fit(name, labels, &on_valid.unwrap_or_default(), raw);
            predicted.push(fitted.map_err(|error| {
                StageError::new(format!("`{name}` on the valid split: {error}"))
            })?);
        }
        Ok(predicted)
    }

    /// Chooses what is to be chosen by the valid images' labels and probabilities.
    fn fit(
        &self,
        model: &str,
        labels: &[u8],
        on_valid: &[f32],
        raw: Vec<f32>,
    ) -> Result<Predicted, MetricError> {
        let temperature = match self.calibrate {
            Calibrate::None => None,
            Calibrate::Temperature => fit_temperature(labels, on_valid)?,
        };
        let scaled = |probabilities: &[f32]| -> Vec<f32> {
            let one = |p: &f32| temperature.map_or(*p, |temperature| soften(*p, temperature));
            probabilities.iter().map(one).collect()
        };
        let threshold = self.threshold.rule().choose(labels, &scaled(on_valid))?;
        let probabilities = scaled(&raw);
        Ok(Predicted { model: model.into(), raw, probabilities, threshold, temperature })
    }
}
