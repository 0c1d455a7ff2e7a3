//! A submission: ids and probabilities in the format of Kaggle's competition.

use super::Predicted;
use crate::engine::StageError;
use crate::stages::export::replace;
use serde::Serialize;
use std::{io::Write, path::Path};

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    /// The probability of class 1: Kaggle scores the area under the ROC curve.
    label: f32,
}

impl Predicted {
    /// Writes `id,label` and a line for each image. Probabilities are written with as many digits as
    /// it takes to read them back to the bit.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, to: &mut dyn Write) -> std::io::Result<()> {
        let mut csv = csv::Writer::from_writer(to);
        for (id, label) in &self.probabilities {
            csv.serialize(Line { id, label: *label })?;
        }
        csv.flush()
    }

    /// Writes a file; there is a whole one at every moment: the old one or the new.
    ///
    /// # Errors
    /// The file that cannot be written.
    pub fn save(&self, file: &Path) -> Result<(), StageError> {
        replace(file, &mut |to| self.write(to))
    }
}
