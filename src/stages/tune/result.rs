//! What a search found: its trials and the best of them.

use super::Tune;
use crate::{
    engine::{
        Artifact, Context, Files, Given, Inputs, Port, StageError,
        stage::{Arity, Naming},
    },
    stages::artifacts::{MODEL_FILES, Model, Search, Trial, unwritten, write_json},
};

/// The models of all points, in the order of the points.
pub struct Trials(Vec<Files>);

impl Inputs for Trials {
    const PORTS: &'static [Port] = &[Port {
        name: "trials",
        accepts: &[Model::TYPE],
        arity: Arity::Points,
        naming: Naming::Named,
    }];
    fn gather(given: &Given) -> Result<Trials, StageError> {
        Ok(Trials(given.files("trials").to_vec()))
    }
}

impl Tune {
    /// Opens all trials, finds the best, and writes the search.
    pub fn conclude(&self, inputs: Trials, cx: &Context) -> Result<Search, StageError> {
        let mut trials = Vec::new();
        for (files, point) in inputs.0.iter().zip(self.trial_points()) {
            let model = Model::open(files)?;
            let metrics = model.network.description().metrics;
            let objective = self.objective.of(&metrics).ok_or_else(|| {
                StageError::new(format!("`{}` has no {}", files.stage, self.objective.name()))
                    .with_help(
                        "the valid split has one class only: take `objective = \"val_loss\"`",
                    )
            })?;
            let value = |key: &&str| {
                let value = point.combination.get(key).map(|value| self.shown(key, value));
                value.unwrap_or_default()
            };
            let mut values: Vec<String> = self.grid.keys().iter().map(value).collect();
            if self.seeds.get() > 1 {
                values.push(point.repeat.seed.to_string());
            }
            trials.push(Trial { name: files.stage.clone(), values, objective, metrics });
        }
        let merit = |i: usize| self.objective.merit(trials[i].objective);
        let better = |best: usize, i: usize| if merit(i) > merit(best) { i } else { best };
        let best = (0..trials.len()).reduce(better).unwrap_or(0);
        let mut parameters: Vec<String> = self.grid.keys().iter().map(|k| k.to_string()).collect();
        if self.seeds.get() > 1 {
            parameters.push(super::names::SEED.into());
        }
        let search = Search { objective: self.objective, parameters, trials, best };
        write_json(&cx.out().join("search.json"), &search)?;
        for name in MODEL_FILES {
            let to = cx.out().join(name);
            std::fs::copy(inputs.0[best].path(name)?, &to).map_err(|e| unwritten(&to, &e))?;
        }
        Ok(search)
    }
}
