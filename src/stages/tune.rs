//! `tune`: the points of a grid are stages of their own; this one finds the best of them.

use super::artifacts::{MODEL_FILES, Model, Search, Trial, unwritten, write_json};
use crate::{
    engine::{
        Artifact, Complaint, Context, Facts, Files, Given, Inputs, Known, Port, Stage, StageError,
        stage::{Arity, Naming, Point, Setting, SettingValue, Template},
    },
    nn::Epoch,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::{collections::BTreeMap, num::NonZeroU32};

/// Varies the parameters of a train stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tune {
    /// For each parameter, such as "optimizer.adam.lr", the values to try; every combination is a
    /// point.
    #[serde(serialize_with = "sorted")]
    pub grid: BTreeMap<String, Vec<Value>>,
    /// How many seeds each combination is trained with, counting up from the stage's own.
    #[serde(default = "once")]
    pub seeds: NonZeroU32,
    /// What makes a point the best.
    #[serde(default)]
    pub objective: Objective,
}

/// What makes a point the best, at the epoch whose weights were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The area under the ROC curve on the valid split; more is better.
    #[default]
    ValAuc,
    /// The loss on the valid split; less is better.
    ValLoss,
    /// The share of the valid split on the right side of 0.5; more is better.
    ValAccuracy,
}

impl Objective {
    /// As it is written in TOML.
    pub fn name(self) -> &'static str {
        match self {
            Objective::ValAuc => "val_auc",
            Objective::ValLoss => "val_loss",
            Objective::ValAccuracy => "val_accuracy",
        }
    }

    fn of(self, epoch: &Epoch) -> Option<f64> {
        match self {
            Objective::ValAuc => epoch.val_auc,
            Objective::ValLoss => Some(epoch.val_loss),
            Objective::ValAccuracy => Some(epoch.val_accuracy),
        }
    }

    fn is_better(self, new: f64, old: f64) -> bool {
        match self {
            Objective::ValLoss => new < old,
            Objective::ValAuc | Objective::ValAccuracy => new > old,
        }
    }
}

fn once() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// The places of a parameter's values in the order of trying: numbers ascending, everything else
/// as written. The order in which a user lists numbers is no change of the search.
fn order(values: &[Value]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    if values.iter().all(Value::is_number) {
        let number = |i: &usize| values[*i].as_f64().unwrap_or(0.0);
        order.sort_by(|a, b| number(a).total_cmp(&number(b)));
    }
    order
}

/// For the key: every list in the order of trying.
fn sorted<S: Serializer>(grid: &BTreeMap<String, Vec<Value>>, s: S) -> Result<S::Ok, S::Error> {
    let in_order = |values: &Vec<Value>| -> Vec<Value> {
        order(values).into_iter().map(|i| values[i].clone()).collect()
    };
    s.collect_map(grid.iter().map(|(key, values)| (key, in_order(values))))
}

/// The key that repeats a combination.
const SEED: &str = "seed";

impl Tune {
    /// The varied parameters, in the order in which points name them.
    fn parameters(&self) -> Vec<String> {
        let seed = (self.seeds.get() > 1).then(|| SEED.to_string());
        self.grid.keys().cloned().chain(seed).collect()
    }

    /// The name of a parameter in the brackets of a point: its last part, where that tells it
    /// from the others.
    fn short<'a>(&'a self, key: &'a str) -> &'a str {
        let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
        let same = self.grid.keys().filter(|other| last(other) == last(key)).count();
        if same > 1 { key } else { last(key) }
    }

    /// Every combination: for each parameter the place of its value in the grid.
    fn combinations(&self) -> Vec<Vec<usize>> {
        let mut all = vec![vec![]];
        for values in self.grid.values() {
            let longer = |chosen: &Vec<usize>| -> Vec<Vec<usize>> {
                order(values).into_iter().map(|i| [&chosen[..], &[i]].concat()).collect()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }

    /// For each point the values of the parameters as they are shown.
    fn shown_values(&self) -> Vec<Vec<String>> {
        let combinations = self.combinations();
        let with_seed = |chosen: &Vec<usize>| -> Vec<Vec<String>> {
            let values = self.grid.values().zip(chosen).map(|(values, i)| shown(values, *i));
            let values: Vec<String> = values.collect();
            match self.seeds.get() {
                1 => vec![values],
                n => (0..n).map(|k| [&values[..], &[k.to_string()]].concat()).collect(),
            }
        };
        combinations.iter().flat_map(with_seed).collect()
    }
}

/// A value of the grid in a few characters: a scalar as it is, a choice by its name, anything else
/// by its place.
fn shown(values: &[Value], at: usize) -> String {
    let own = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) if map.len() == 1 => map.keys().next().cloned(),
        Value::Object(_) | Value::Array(_) => None,
        scalar => Some(scalar.to_string()),
    };
    let name = own(&values[at]);
    let same = values.iter().filter(|value| own(value) == name).count();
    match name {
        Some(name) if same == 1 => name,
        Some(name) => format!("{name}#{}", at + 1),
        None => format!("#{}", at + 1),
    }
}

impl Stage for Tune {
    const KIND: &'static str = "tune";
    const VERSION: u32 = 1;
    const ABOUT: &'static str =
        "trains at every point of a grid, each a stage of its own, and keeps the best";
    const TEMPLATE: Option<Template> =
        Some(Template { key: "train", kind: "train", port: "trials" });
    type Inputs = Trials;
    type Output = Search;

    fn points(&self) -> Result<Vec<Point>, Vec<Complaint>> {
        let complaints = self.complaints();
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let seeds = self.seeds.get();
        let mut points = Vec::new();
        for chosen in self.combinations() {
            for seed in 0..seeds {
                let setting = |((key, values), i): ((&String, &Vec<Value>), &usize)| Setting {
                    key: key.clone(),
                    value: SettingValue::To(values[*i].clone()),
                    place: format!("grid.{key}[{i}]"),
                };
                let mut settings: Vec<_> = self.grid.iter().zip(&chosen).map(setting).collect();
                if seeds > 1 {
                    let value = SettingValue::Plus(seed.into());
                    settings.push(Setting { key: SEED.into(), value, place: "seeds".into() });
                }
                points.push(Point { name: String::new(), settings });
            }
        }
        for (point, values) in points.iter_mut().zip(self.shown_values()) {
            let keys = self.parameters();
            let named = keys.iter().zip(&values);
            let named: Vec<_> =
                named.map(|(key, value)| format!("{}={value}", self.short(key))).collect();
            point.name = named.join(",");
        }
        Ok(points)
    }

    /// What is known of every point is known of the best.
    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let mut points = known.values().flatten();
        let mut facts = points.next().cloned().unwrap_or_default();
        points.for_each(|point| facts.retain(|name, value| point.get(name) == Some(value)));
        Ok(facts)
    }

    fn run(&self, inputs: Trials, cx: &Context) -> Result<Search, StageError> {
        let mut trials = Vec::new();
        for (files, values) in inputs.0.iter().zip(self.shown_values()) {
            let model = Model::open(files)?;
            let metrics = model.network.description().metrics;
            let objective = self.objective.of(&metrics).ok_or_else(|| {
                StageError::new(format!("`{}` has no {}", files.stage, self.objective.name()))
                    .with_help(
                        "the valid split has one class only: take `objective = \"val_loss\"`",
                    )
            })?;
            trials.push(Trial { name: files.stage.clone(), values, objective, metrics });
        }
        let better = |best: usize, i: usize| {
            let is_better = self.objective.is_better(trials[i].objective, trials[best].objective);
            if is_better { i } else { best }
        };
        let best = (0..trials.len()).reduce(better).unwrap_or(0);
        let search =
            Search { objective: self.objective, parameters: self.parameters(), trials, best };
        search.write(&inputs.0[best], cx)?;
        Ok(search)
    }
}

impl Tune {
    fn complaints(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut say = |place: String, message: String, help: &str| {
            complaints.push(Complaint { place, message, help: Some(help.into()) });
        };
        if self.grid.is_empty() {
            let help = "name a parameter and its values: `grid = { \"optimizer.adam.lr\" = [1e-2, 1e-3] }`";
            say("grid".into(), "the grid is empty".into(), help);
        }
        for (key, values) in &self.grid {
            let place = format!("grid.{key}");
            if values.is_empty() {
                say(place, format!("`{key}` has no values to try"), "list at least one value");
            } else if let Some(i) = (1..values.len()).find(|&i| values[..i].contains(&values[i])) {
                let message = format!("`{key}` lists {} twice", values[i]);
                say(place, message, "each point is trained once: remove one of them");
            }
            if values.iter().any(Value::is_null) {
                let message = format!("`{key}` lists a value that is not finite");
                say(format!("grid.{key}"), message, "take a number");
            }
            if key == SEED && self.seeds.get() > 1 {
                let message = "both `seeds` and the grid vary the seed".into();
                say("seeds".into(), message, "keep one of the two");
            }
        }
        complaints
    }
}

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

impl Search {
    /// `search.json`, `trials.csv`, `best.json` and the best model.
    fn write(&self, best: &Files, cx: &Context) -> Result<(), StageError> {
        write_json(&cx.out().join("search.json"), self)?;
        write_json(&cx.out().join("best.json"), &self.trials[self.best])?;
        let path = cx.out().join("trials.csv");
        let mut csv = csv::Writer::from_path(&path).map_err(|e| unwritten(&path, &e))?;
        let figures = ["objective", "best_epoch", "val_auc", "val_loss", "val_accuracy"];
        let mut header = vec!["trial"];
        header.extend(self.parameters.iter().map(String::as_str));
        header.extend(figures);
        csv.write_record(header).map_err(|e| unwritten(&path, &e))?;
        for trial in &self.trials {
            let m = &trial.metrics;
            let mut row = vec![trial.name.clone()];
            row.extend(trial.values.iter().cloned());
            row.extend([trial.objective.to_string(), m.epoch.to_string()]);
            row.extend([m.val_auc.map_or(String::new(), |auc| auc.to_string())]);
            row.extend([m.val_loss.to_string(), m.val_accuracy.to_string()]);
            csv.write_record(row).map_err(|e| unwritten(&path, &e))?;
        }
        csv.flush().map_err(|e| unwritten(&path, &e))?;
        for name in MODEL_FILES {
            let to = cx.out().join(name);
            std::fs::copy(best.path(name)?, &to).map_err(|e| unwritten(&to, &e))?;
        }
        Ok(())
    }
}
