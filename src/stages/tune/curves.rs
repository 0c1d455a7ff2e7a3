//! `curves.csv`: the learning curves of all trials of a search, a line an epoch.

use super::search::Search;
use crate::{
    engine::{Files, StageError},
    nn::Epoch,
    stages::artifacts::unwritten,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "curves.csv";

/// One epoch of one trial, as the file has it.
#[derive(Serialize, Deserialize)]
struct Line {
    trial: String,
    epoch: usize,
    lr: f64,
    train_loss: f64,
    train_accuracy: f64,
    val_loss: f64,
    val_accuracy: f64,
    val_auc: Option<f64>,
}

impl Line {
    fn of(trial: &str, e: &Epoch) -> Line {
        Line {
            trial: trial.into(),
            epoch: e.epoch,
            lr: e.lr,
            train_loss: e.train_loss,
            train_accuracy: e.train_accuracy,
            val_loss: e.val_loss,
            val_accuracy: e.val_accuracy,
            val_auc: e.val_auc,
        }
    }

    fn epoch(self) -> Epoch {
        Epoch {
            epoch: self.epoch,
            lr: self.lr,
            train_loss: self.train_loss,
            train_accuracy: self.train_accuracy,
            val_loss: self.val_loss,
            val_accuracy: self.val_accuracy,
            val_auc: self.val_auc,
        }
    }
}

/// Writes the curves into a search's folder. `models` are the places of trials with their models'
/// files and histories.
pub fn write_curves(
    search: &Search,
    models: &[(usize, &Files, Vec<Epoch>)],
    out: &Path,
) -> Result<(), StageError> {
    let path = out.join(FILE);
    let mut csv = csv::Writer::from_path(&path).map_err(|e| unwritten(&path, &e))?;
    for (place, _, history) in models {
        for epoch in history {
            let line = Line::of(&search.trials[*place].name, epoch);
            csv.serialize(line).map_err(|e| unwritten(&path, &e))?;
        }
    }
    csv.flush().map_err(|e| unwritten(&path, &e))
}

impl Search {
    /// The learning curve of each trial that has a model, by the trial's name, in the order of the
    /// search.
    pub fn curves(files: &Files) -> Result<Vec<(String, Vec<Epoch>)>, StageError> {
        let path = files.path(FILE)?;
        let damaged = |e: csv::Error| StageError::new(format!("{}: {e}", path.display()));
        let mut csv = csv::Reader::from_path(&path).map_err(damaged)?;
        let mut curves: Vec<(String, Vec<Epoch>)> = Vec::new();
        for line in csv.deserialize::<Line>() {
            let line = line.map_err(damaged)?;
            match curves.last_mut() {
                Some((trial, epochs)) if *trial == line.trial => epochs.push(line.epoch()),
                _ => curves.push((line.trial.clone(), vec![line.epoch()])),
            }
        }
        Ok(curves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_read_trial_by_trial() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let text = "trial,epoch,lr,train_loss,train_accuracy,val_loss,val_accuracy,val_auc\n\
                    a,1,0.1,0.7,0.5,0.7,0.5,0.6\n\
                    a,2,0.1,0.6,0.5,0.6,0.5,\n\
                    b,1,0.2,0.5,0.5,0.5,0.5,0.9\n";
        std::fs::write(&path, text).unwrap();
        let paths = vec![(FILE.to_string(), path)];
        let files = Files { stage: "s".into(), artifact: "search", paths };
        let curves = Search::curves(&files).unwrap();
        let lengths: Vec<_> = curves.iter().map(|(name, e)| (&**name, e.len())).collect();
        assert_eq!(lengths, [("a", 2), ("b", 1)]);
        assert_eq!((curves[0].1[1].epoch, curves[0].1[1].val_auc), (2, None));
        assert_eq!((curves[1].1[0].lr, curves[1].1[0].val_auc), (0.2, Some(0.9)));
    }
}
