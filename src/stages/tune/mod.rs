//! `tune`: the points of a search are stages of their own; this one finds the best of them.

mod axes;
mod combine;
mod compare;
mod complaints;
mod condition;
mod curves;
mod draw;
mod effects;
mod grid;
mod names;
mod objective;
mod points;
mod rank;
mod result;
mod rung;
mod search;
#[cfg(test)]
mod tests;
mod write;

pub use grid::{Domain, Grid};
pub use objective::Objective;
pub use result::Trials;
pub use rung::{Promotion, Rung};
pub use search::{
    Basis, Importance, Interaction, Method, Outcome, Ranked, Search, Standing, Trial,
};

use crate::engine::{
    Complaint, Context, Facts, Known, Stage, StageError,
    stage::{Gate, Point, Template},
};
use condition::Condition;
use grid::Form;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use std::{collections::BTreeMap, num::NonZeroU32};

/// Varies the parameters of a train stage, and of the stages that it reads.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tune {
    /// For each parameter, such as "optimizer.adam.lr", the values to try; every combination is a
    /// point. A list of such tables is the union of their points. "prep.split.fold" is a parameter
    /// of the stage `prep`, which the train stage reads. A drawn search takes ranges too:
    /// { log = [1e-5, 1e-2] }, { range = [0.0, 0.5] }, { integer = [1, 8] }.
    pub grid: Grid,
    /// Parameters that advance together instead of in every combination:
    /// [["optimizer.adam.lr", "batch_size"]].
    #[serde(default)]
    pub zip: Vec<Vec<String>>,
    /// When a parameter is varied at all: { "optimizer.sgd.momentum" = { optimizer = "sgd" } }.
    /// Otherwise it is as the train stage has it.
    #[serde(default)]
    pub when: BTreeMap<String, Condition>,
    /// Combinations to leave out: [{ batch_size = 64, "optimizer.adam.lr" = [1e-2, 1e-3] }].
    #[serde(default)]
    pub exclude: Vec<Condition>,
    /// What points are called, such as "{model}-lr{lr}"; by default all that they vary.
    #[serde(default)]
    pub name: Option<String>,
    /// Which points of the grid are tried: "grid" (all), or so many that are drawn from it.
    #[serde(default)]
    pub search: Strategy,
    /// Successive halving: all combinations train for the fewest epochs, and of those that did so
    /// only the best for the next more: { epochs = [3, 9, 27], factor = 3 }.
    #[serde(default)]
    pub halving: Option<Halving>,
    /// How many seeds each combination is trained with, counting up from the stage's own.
    #[serde(default = "once")]
    pub seeds: NonZeroU32,
    /// On how many folds of the preprocess stage each combination is trained, counting up from the
    /// stage's own, which has `split = { folds = 5, fold = 0 }`.
    #[serde(default = "once")]
    pub folds: NonZeroU32,
    /// What makes a point the best.
    #[serde(default)]
    pub objective: Objective,
}

/// Which points of a grid are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// All combinations of listed values.
    #[default]
    Grid,
    /// Points drawn independently (Bergstra and Bengio 2012); a larger budget keeps the first.
    Random(Draws),
    /// Points of Halton's sequence, scrambled, which fill the ranges evenly; a larger budget keeps
    /// the first.
    QuasiRandom(Draws),
}

/// A budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draws {
    /// How many points are drawn.
    pub points: NonZeroU32,
    /// Where the draw starts; another seed gives other points.
    #[serde(default)]
    pub seed: u64,
}

/// Successive halving (Jamieson and Talwalkar 2016): the rungs are stages, so that another rung, or
/// another point, runs only what is new. A combination that goes on trains anew from its first
/// weights for the longer time, since its schedule stretches over all epochs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Halving {
    /// How long each rung trains, ascending.
    pub epochs: Vec<NonZeroU32>,
    /// One in so many goes on to the next rung, rounded up.
    #[serde(default = "three")]
    pub factor: NonZeroU32,
}

fn three() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(2)
}

fn once() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// For the key: lists of values in the order of trying, so that the order in which a user lists
/// numbers changes nothing, but for parameters that advance together.
impl Serialize for Tune {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Tune { zip, when, exclude, name, search, halving, seeds, folds, objective, .. } = self;
        let mut fields = s.serialize_struct("Tune", 10)?;
        fields.serialize_field("grid", &self.in_order())?;
        fields.serialize_field("zip", zip)?;
        fields.serialize_field("when", when)?;
        fields.serialize_field("exclude", exclude)?;
        fields.serialize_field("name", name)?;
        fields.serialize_field("search", search)?;
        fields.serialize_field("halving", halving)?;
        fields.serialize_field("seeds", seeds)?;
        fields.serialize_field("folds", folds)?;
        fields.serialize_field("objective", objective)?;
        fields.end()
    }
}

impl Tune {
    fn in_order(&self) -> Grid {
        let mut grid = self.grid.clone();
        for (key, domain) in grid.products.iter_mut().flatten() {
            if let Domain::List(values) = domain
                && !self.zip.iter().flatten().any(|zipped| zipped == key)
            {
                *values = grid::order(values).into_iter().map(|i| values[i].clone()).collect();
            }
        }
        if grid.products.len() == 1 {
            grid.form = Form::Table;
        }
        grid
    }
}

impl Stage for Tune {
    const KIND: &'static str = "tune";
    const VERSION: u32 = 2;
    const ABOUT: &'static str =
        "trains at every point of a search, each a stage of its own, and keeps the best";
    const TEMPLATE: Option<Template> =
        Some(Template { key: "train", kind: "train", port: "trials" });
    type Inputs = Trials;
    type Output = Search;

    fn points(&self) -> Result<Vec<Point>, Vec<Complaint>> {
        let complaints = self.complaints();
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let points: Vec<Point> = self.trial_points().iter().map(|p| self.point(p)).collect();
        match self.complaint_of_points(&points) {
            Some(complaint) => Err(vec![complaint]),
            None => Ok(points),
        }
    }

    fn gates(&self) -> Vec<Gate> {
        self.gates_between()
    }

    /// What is known of every point is known of the best.
    fn check(&self, known: &Known) -> Result<Facts, Vec<Complaint>> {
        let mut points = known.values().flatten();
        let mut facts = points.next().cloned().unwrap_or_default();
        points.for_each(|point| facts.retain(|name, value| point.get(name) == Some(value)));
        Ok(facts)
    }

    fn run(&self, inputs: Trials, cx: &Context) -> Result<Search, StageError> {
        self.conclude(inputs, cx)
    }
}
