//! From the models of a search's points to what the search found.

use super::{
    Objective, Tune,
    compare::compare,
    effects::Effects,
    names::Labels,
    points::TrialPoint,
    rank::{best_trial, ranked},
    search::{Outcome, Search, Trial},
    write::write,
};
use crate::{
    engine::{
        Artifact, Context, Files, Given, Inputs, Lack, Missing, Port, StageError,
        stage::{Arity, Naming},
    },
    stages::artifacts::Model,
};
use std::collections::HashMap;

/// The models of all points, and the points that failed.
pub struct Trials {
    /// By what stands in the brackets of a stage's name.
    models: HashMap<String, Files>,
    missing: HashMap<String, Missing>,
}

fn inside(stage: &str) -> Option<&str> {
    stage.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'))
}

impl Inputs for Trials {
    const PORTS: &'static [Port] = &[Port {
        name: "trials",
        accepts: &[Model::TYPE],
        arity: Arity::Points,
        naming: Naming::Named,
    }];
    fn gather(given: &Given) -> Result<Trials, StageError> {
        let model = |files: &Files| Some((inside(&files.stage)?.to_string(), files.clone()));
        let lack = |missing: &Missing| Some((inside(&missing.name)?.to_string(), missing.clone()));
        Ok(Trials {
            models: given.files("trials").iter().filter_map(model).collect(),
            missing: given.missing("trials").iter().filter_map(lack).collect(),
        })
    }
}

impl Trials {
    /// The model of a point by what stands in the brackets of its stage's name, or that name and
    /// what became of it.
    pub fn of(&self, point: &str) -> Result<&Files, (String, Outcome)> {
        if let Some(files) = self.models.get(point) {
            return Ok(files);
        }
        Err(match self.missing.get(point) {
            Some(Missing { name, why: Lack::HeldBack }) => (name.clone(), Outcome::NotPromoted),
            Some(Missing { name, why: Lack::Failed(error) }) => {
                (name.clone(), Outcome::Failed { error: error.clone() })
            }
            None => (point.into(), Outcome::Failed { error: "it did not run".into() }),
        })
    }
}

/// How a model did at the epoch whose weights were kept.
pub fn outcome_of(model: &Model, objective: Objective) -> Outcome {
    let metrics = model.network.description().metrics;
    match objective.of(&metrics) {
        Some(objective) => Outcome::Scored { objective, metrics },
        None => {
            let error =
                format!("it has no {}: the valid split has one class only", objective.name());
            Outcome::Failed { error }
        }
    }
}

impl Tune {
    /// Opens all trials, ranks them, and writes the search.
    pub fn conclude(&self, inputs: Trials, cx: &Context) -> Result<Search, StageError> {
        let mut trials = Vec::new();
        let mut opened = Vec::new();
        let labels = self.labels();
        for point in self.trial_points() {
            let (name, outcome) = match inputs.of(&point.name) {
                Ok(files) => {
                    let model = Model::open(files)?;
                    let outcome = outcome_of(&model, self.objective);
                    opened.push((trials.len(), files, model.history));
                    (files.stage.clone(), outcome)
                }
                Err(lack) => lack,
            };
            trials.push(self.trial(&labels, name, &point, outcome));
        }
        if trials.iter().all(|trial| trial.objective().is_none()) {
            let message = format!("no point has a {}", self.objective.name());
            return Err(StageError::new(message)
                .with_help("the valid split has one class only: take `objective = \"val_loss\"`"));
        }
        let mut combinations = ranked(&trials, self.objective);
        let comparison = compare(&mut combinations, &trials, self.objective, self.folds.get());
        // Figures of different rungs do not compare: all combinations have been on the first.
        let first: Vec<Trial> = trials.iter().filter(|trial| trial.rung == 0).cloned().collect();
        let on_first = ranked(&first, self.objective);
        let effects = Effects::of(&self.grid.keys(), &on_first, self.objective);
        let rungs = self.halving.as_ref().map_or(&[][..], |halving| &halving.epochs);
        let search = Search {
            objective: self.objective,
            parameters: self.grid.keys().into_iter().map(str::to_string).collect(),
            seeds: self.seeds.get(),
            folds: self.folds.get(),
            rungs: rungs.iter().map(|epochs| epochs.get()).collect(),
            best: best_trial(&combinations, &trials, self.objective),
            trials,
            combinations,
            comparison,
            importance: effects.importance,
            interaction: effects.interaction,
        };
        write(&search, &opened, cx.out())?;
        Ok(search)
    }

    fn trial(&self, labels: &Labels, name: String, point: &TrialPoint, outcome: Outcome) -> Trial {
        let value = |key: &&str| {
            let value = point.combination.get(key)?;
            Some(labels.shown(key, value))
        };
        Trial {
            name,
            combination: point.place,
            rung: point.rung,
            values: self.grid.keys().iter().map(value).collect(),
            fold: point.repeat.fold,
            seed: point.repeat.seed,
            outcome,
        }
    }
}
