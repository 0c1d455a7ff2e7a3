//! All errors as a table.

use super::judged::Judged;
use crate::{
    data::{Dataset, Measures},
    engine::StageError,
    stages::artifacts::unwritten,
};
use serde::Serialize;
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// `errors.csv`: every image that a model gets wrong, with what was measured in it.
pub struct Table {
    path: PathBuf,
    csv: csv::Writer<File>,
}

const COLUMNS: [&str; 10] = [
    "model",
    "id",
    "group",
    "label",
    "probability",
    "brightness",
    "haematoxylin",
    "eosin",
    "sharpness",
    "tissue",
];

/// One line of `errors.csv`.
#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    id: &'a str,
    group: &'a str,
    label: u8,
    probability: f32,
    brightness: f32,
    haematoxylin: Option<f32>,
    eosin: Option<f32>,
    sharpness: f32,
    tissue: f32,
}

impl Table {
    pub fn create(path: &Path) -> Result<Table, StageError> {
        let mut builder = csv::WriterBuilder::new();
        let opened = builder.has_headers(false).from_path(path);
        let mut csv = opened.map_err(|e| unwritten(path, &e))?;
        // Written by us, so that it is there when no image is wrong.
        csv.write_record(COLUMNS).map_err(|e| unwritten(path, &e))?;
        Ok(Table { path: path.into(), csv })
    }

    pub fn add(
        &mut self,
        data: &Dataset,
        model: &Judged,
        measured: &[Measures],
    ) -> Result<(), StageError> {
        for (at, measures) in measured.iter().enumerate() {
            if !model.outcomes[at].is_wrong() {
                continue;
            }
            let row = &data.rows()[model.rows[at]];
            let line = Line {
                model: model.name,
                id: &row.id,
                group: &row.group,
                label: model.labels[at],
                probability: model.probabilities[at],
                brightness: measures.brightness,
                haematoxylin: measures.stains.map(|stains| stains[0]),
                eosin: measures.stains.map(|stains| stains[1]),
                sharpness: measures.sharpness,
                tissue: measures.tissue,
            };
            self.csv.serialize(line).map_err(|e| unwritten(&self.path, &e))?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), StageError> {
        self.csv.flush().map_err(|e| unwritten(&self.path, &e))
    }
}
