//! The tables of an evaluation: predictions, curves, and results by group.

use super::super::{artifacts::unwritten, evaluation::Slice};
use crate::engine::StageError;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// One line of `predictions.csv`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub model: String,
    pub id: String,
    pub label: u8,
    /// As it was scored: scaled, where a temperature was fitted.
    pub probability: f32,
    pub group: String,
    pub source: String,
}

/// One line of `groups.csv`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupLine {
    pub model: String,
    pub group: String,
    pub images: u64,
    pub positives: u64,
    pub errors: u64,
    pub accuracy: Option<f64>,
    pub auc: Option<f64>,
}

impl GroupLine {
    pub fn of(model: &str, group: &Slice) -> GroupLine {
        GroupLine {
            model: model.into(),
            group: group.name.clone(),
            images: group.images,
            positives: group.positives,
            errors: group.errors,
            accuracy: group.accuracy,
            auc: group.auc,
        }
    }
}

/// A CSV file that is being written, one line for each value.
pub struct Table {
    path: PathBuf,
    csv: csv::Writer<fs::File>,
}

impl Table {
    /// Begins the file, and its folder if that is not there.
    pub fn create(path: &Path) -> Result<Table, StageError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
        }
        let csv = csv::Writer::from_path(path).map_err(|e| unwritten(path, &e))?;
        Ok(Table { path: path.into(), csv })
    }

    pub fn add(&mut self, line: &impl Serialize) -> Result<(), StageError> {
        self.csv.serialize(line).map_err(|e| unwritten(&self.path, &e))
    }

    pub fn finish(mut self) -> Result<(), StageError> {
        self.csv.flush().map_err(|e| unwritten(&self.path, &e))
    }
}

/// Writes a whole table at once.
pub fn write_table<T: Serialize>(path: &Path, lines: &[T]) -> Result<(), StageError> {
    let mut table = Table::create(path)?;
    lines.iter().try_for_each(|line| table.add(line))?;
    table.finish()
}
