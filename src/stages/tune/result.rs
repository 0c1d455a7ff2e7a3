//! From the models of a search's points to what the search found.

use super::{
    Tune,
    compare::compare,
    effects::Effects,
    points::TrialPoint,
    rank::{best_trial, ranked},
    search::{Outcome, Search, Trial},
    write::write,
};
use crate::{
    engine::{
        Artifact, Context, Files, Given, Inputs, Missing, Port, StageError,
        stage::{Arity, Naming},
    },
    stages::artifacts::Model,
};

/// The models of all points, and the points that failed.
pub struct Trials {
    models: Vec<Files>,
    failed: Vec<Missing>,
}

impl Inputs for Trials {
    const PORTS: &'static [Port] = &[Port {
        name: "trials",
        accepts: &[Model::TYPE],
        arity: Arity::Points,
        naming: Naming::Named,
    }];
    fn gather(given: &Given) -> Result<Trials, StageError> {
        let models = given.files("trials").to_vec();
        Ok(Trials { models, failed: given.missing("trials").to_vec() })
    }
}

impl Trials {
    /// The model of a point, or why there is none. Stages are called by their points:
    /// `search[lr=0.001]`.
    fn of(&self, point: &TrialPoint) -> Result<&Files, (String, String)> {
        let is_it = |stage: &str| {
            let inside = stage.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
            inside == Some(&*point.name)
        };
        if let Some(files) = self.models.iter().find(|files| is_it(&files.stage)) {
            return Ok(files);
        }
        let failed = self.failed.iter().find(|missing| is_it(&missing.name));
        Err(failed.map_or((point.name.clone(), "it did not run".into()), |missing| {
            (missing.name.clone(), missing.error.clone())
        }))
    }
}

impl Tune {
    /// Opens all trials, ranks them, and writes the search.
    pub fn conclude(&self, inputs: Trials, cx: &Context) -> Result<Search, StageError> {
        let mut trials = Vec::new();
        let mut opened = Vec::new();
        for point in self.trial_points() {
            let (name, outcome) = match inputs.of(&point) {
                Ok(files) => {
                    let model = Model::open(files)?;
                    let outcome = self.outcome(&model);
                    opened.push((trials.len(), files, model.history));
                    (files.stage.clone(), outcome)
                }
                Err((name, error)) => (name, Outcome::Failed { error }),
            };
            trials.push(self.trial(name, &point, outcome));
        }
        if trials.iter().all(|trial| trial.objective().is_none()) {
            let message = format!("no point has a {}", self.objective.name());
            return Err(StageError::new(message)
                .with_help("the valid split has one class only: take `objective = \"val_loss\"`"));
        }
        let mut combinations = ranked(&trials, self.objective);
        let comparison = compare(&mut combinations, &trials, self.objective, self.folds.get());
        let effects = Effects::of(&self.grid.keys(), &combinations, self.objective);
        let search = Search {
            objective: self.objective,
            parameters: self.grid.keys().into_iter().map(str::to_string).collect(),
            seeds: self.seeds.get(),
            folds: self.folds.get(),
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

    fn outcome(&self, model: &Model) -> Outcome {
        let metrics = model.network.description().metrics;
        match self.objective.of(&metrics) {
            Some(objective) => Outcome::Scored { objective, metrics },
            None => {
                let name = self.objective.name();
                let error = format!("it has no {name}: the valid split has one class only");
                Outcome::Failed { error }
            }
        }
    }

    fn trial(&self, name: String, point: &TrialPoint, outcome: Outcome) -> Trial {
        let value = |key: &&str| {
            let value = point.combination.get(key)?;
            Some(self.shown(key, value))
        };
        Trial {
            name,
            combination: point.place,
            values: self.grid.keys().iter().map(value).collect(),
            fold: point.repeat.fold,
            seed: point.repeat.seed,
            outcome,
        }
    }
}
