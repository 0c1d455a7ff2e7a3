//! The rows that a training learns from and is scored on; refused, before anything is trained, if
//! they cannot do what its settings ask.

use super::error::NnError;
use super::schedule::Schedule;
use super::training::{Monitor, Training};
use crate::data::{Dataset, Split};

/// The labelled rows of two splits.
pub(crate) struct Splits {
    pub train: Vec<usize>,
    pub valid: Vec<usize>,
    /// Of the train split: 0 or 1 each.
    pub labels: Vec<u8>,
}

impl Splits {
    /// # Errors
    /// [`NnError::NoImages`], [`NnError::OneClass`]; [`NnError::NoAuc`] if the area under the curve
    /// is watched on a valid split of one class.
    pub fn of(training: &Training, data: &Dataset) -> Result<Splits, NnError> {
        let (train, labels) = rows(data, Split::Train, "train")?;
        let (valid, valid_labels) = rows(data, Split::Valid, "valid")?;
        let (zeros, ones) = classes(&labels);
        if zeros == 0 || ones == 0 {
            return Err(NnError::OneClass { zeros, ones });
        }
        let (zeros, ones) = classes(&valid_labels);
        if let Some(watcher) = auc_watcher(training)
            && (zeros == 0 || ones == 0)
        {
            return Err(NnError::NoAuc { watcher });
        }
        Ok(Splits { train, valid, labels })
    }
}

/// The labelled rows of a split, and their labels.
fn rows(
    data: &Dataset,
    split: Split,
    name: &'static str,
) -> Result<(Vec<usize>, Vec<u8>), NnError> {
    let rows = data.indices(split);
    let labels: Vec<u8> = rows.iter().filter_map(|row| data.label(*row)).collect();
    if rows.is_empty() { Err(NnError::NoImages { split: name }) } else { Ok((rows, labels)) }
}

/// Images of class 0 and of class 1.
fn classes(labels: &[u8]) -> (usize, usize) {
    let ones = labels.iter().filter(|label| **label == 1).count();
    (labels.len() - ones, ones)
}

/// Which setting, if any, watches the area under the curve.
fn auc_watcher(training: &Training) -> Option<&'static str> {
    let stopping = training.early_stopping.as_ref();
    if stopping.is_some_and(|stopping| stopping.monitor == Monitor::ValAuc) {
        return Some("early stopping");
    }
    match &training.schedule {
        Schedule::ReduceOnPlateau(plateau) if plateau.monitor == Monitor::ValAuc => {
            Some("reduce_on_plateau")
        }
        _ => None,
    }
}
