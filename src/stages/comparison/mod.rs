//! Models of several stages, pipelines or lock files side by side, from what the store has of them.
//! Must not know how this is printed.

mod answers;
mod changes;
mod naming;
mod pairs;
mod scored;
mod side;

pub use changes::Change;
pub use side::Side;

use super::{Evaluation, Pair};
use crate::{
    data::Split,
    engine::{
        StageError, Store,
        store::{Rate, Record},
    },
    metrics::{Interval, Metric},
    stages::evaluate::FEW_GROUPS,
};
use answers::Answers;
use scored::Scored;
use serde::Serialize;
use side::Made;
use std::collections::BTreeMap;

/// Models side by side; the first is what the others are compared with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub models: Vec<Compared>,
    /// How often the truth is to lie in an interval.
    pub level: f64,
    /// Every two models that were scored on the same images, by their names in `models`; p-values
    /// are adjusted by Holm over the pairs on these images.
    pub pairs: Vec<Pair>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// A model with its scores in one evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What tells it from the others.
    pub name: String,
    /// The pipeline or lock file, as the user named it.
    pub from: String,
    /// The stage that scored it.
    pub evaluation: String,
    /// The stage that made it.
    pub model: String,
    /// The name of an earlier one that is this very model on the same images; it is not tested
    /// again.
    pub same_as: Option<String>,
    pub split: Split,
    pub images: u64,
    pub groups: u64,
    pub threshold: f32,
    pub metrics: BTreeMap<Metric, Figure>,
    /// How its training went; `None` where the store does not have it.
    pub trained: Option<Trained>,
    /// What was done otherwise than for the first.
    pub changes: Vec<Change>,
}

/// A metric of a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// `None` where it is undefined.
    pub value: Option<f64>,
    /// By bootstrap over groups.
    pub interval: Option<Interval>,
    /// The value − that of the first model; `None` for the first.
    pub difference: Option<f64>,
}

/// How a training went, from its provenance; of a search, all its points together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trained {
    pub seconds: f64,
    pub per_second: Option<f64>,
    /// What is counted: `images`.
    pub unit: Option<String>,
}

impl Trained {
    fn of(made: &Made, side: &Side) -> Trained {
        let Record { recipe, provenance, .. } = &made.record;
        let points = recipe.inputs.get("trials").into_iter().flatten();
        let points = points.filter_map(|point| side.maker(&point.digest, point.name.as_deref()));
        let rate = provenance.rate.as_ref();
        Trained {
            seconds: provenance.seconds
                + points.map(|point| point.record.provenance.seconds).sum::<f64>(),
            per_second: rate.map(|rate| rate.per_second),
            unit: rate.map(|rate| rate.unit.clone()),
        }
    }

    /// As `show` has it.
    pub fn rate(&self) -> Option<Rate> {
        Some(Rate { per_second: self.per_second?, unit: self.unit.clone()? })
    }
}

/// Compares all models that the sides hold, in their order.
///
/// # Errors
/// A side without scores, or results that cannot be read.
pub fn compare(sides: &[Side], store: &Store) -> Result<Comparison, StageError> {
    let mut notes = Vec::new();
    let mut scored = Vec::new();
    for side in sides {
        let found = scored::of_side(side, store, &mut notes)?;
        if found.is_empty() {
            return Err(side.without_scores());
        }
        scored.extend(found);
    }
    let names = naming::names(&scored);
    let same: Vec<Option<usize>> =
        (0..scored.len()).map(|i| (0..i).find(|&j| scored[i].is_same(&scored[j]))).collect();
    let (pairs, apart) = pairs::pairs(&scored, &names, &same)?;
    notes.extend(apart);
    let level = scored[0].evaluation.intervals.level;
    let mut models: Vec<Compared> = Vec::new();
    for ((one, name), same) in scored.iter().zip(&names).zip(same) {
        let same_as = same.map(|earlier| names[earlier].clone());
        models.push(Compared { same_as, ..compared(name, one, &scored[0]) });
    }
    notes.extend(few_groups(&models));
    Ok(Comparison { models, level, pairs, notes })
}

impl Comparison {
    /// The least number of groups, where it is so small that nothing can be concluded by group.
    pub fn few_groups(&self) -> Option<u64> {
        few(&self.models)
    }
}

fn few(models: &[Compared]) -> Option<u64> {
    models.iter().map(|model| model.groups).min().filter(|groups| *groups < FEW_GROUPS)
}

fn few_groups(models: &[Compared]) -> Option<String> {
    let least = few(models)?;
    let groups = if least == 1 { "1 group".into() } else { format!("{least} groups") };
    Some(format!(
        "there are images of {groups} only: intervals and p-values by group are rough, and the \
         tests of DeLong and McNemar take all images as independent"
    ))
}

fn compared(name: &str, one: &Scored, first: &Scored) -> Compared {
    let is_first = std::ptr::eq(one, first);
    let figure = |metric: Metric| {
        let value = one.scores().get(metric);
        let difference = value.zip(first.scores().get(metric)).map(|(a, b)| a - b);
        let difference = difference.filter(|_| !is_first);
        (metric, Figure { value, interval: one.model.interval(metric), difference })
    };
    Compared {
        name: name.into(),
        same_as: None,
        from: one.side.label.clone(),
        evaluation: one.stage.into(),
        model: one.model.model.clone(),
        split: one.evaluation.split,
        images: one.evaluation.images,
        groups: one.evaluation.groups,
        threshold: one.scores().threshold,
        metrics: Metric::ALL.into_iter().map(figure).collect(),
        trained: one.trained.map(|made| Trained::of(made, one.side)),
        changes: changes::changes(first, one),
    }
}
