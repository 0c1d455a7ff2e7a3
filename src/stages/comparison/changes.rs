//! What was done otherwise for one model than for another: the parameters in which they, and the
//! stages that they read, differ.

use super::{Scored, Side, side::Made};
use crate::engine::{
    Digest,
    recipe::{Difference, Input, differences},
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// A fact in which two stages differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The stage, or both as `cnn → resnet` where their names differ.
    pub stage: String,
    pub place: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl fmt::Display for Change {
    /// `cnn: params.optimizer.adam.lr: 0.001 → 0.0005`, as `why` has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { stage, place, old, new } = self.clone();
        write!(f, "{stage}: {}", Difference { place, old, new })
    }
}

/// Two sides between which stages are compared.
struct Walk<'a> {
    old: &'a Side,
    new: &'a Side,
    seen: BTreeSet<(Digest, Digest)>,
    found: Vec<Change>,
}

/// What differs between how the first and another model were made and scored; the stages that are
/// read come before their readers.
pub(super) fn changes(first: &Scored, other: &Scored) -> Vec<Change> {
    let mut walk =
        Walk { old: first.side, new: other.side, seen: BTreeSet::new(), found: Vec::new() };
    if let (Some(old), Some(new)) = (first.trained, other.trained) {
        walk.compare(old, new);
    }
    walk.compare(first.made, other.made);
    // Which models an evaluation scores is what is compared, and nothing to explain it by.
    walk.found.retain(|change| !change.place.starts_with("inputs.models"));
    walk.found
}

impl<'a> Walk<'a> {
    fn compare(&mut self, old: &'a Made, new: &'a Made) {
        let (was, is) = (&old.record.recipe, &new.record.recipe);
        let keys = (was.key(), is.key());
        if keys.0 == keys.1 || !self.seen.insert(keys) {
            return;
        }
        let stage = match old.stage == new.stage {
            true => old.stage.clone(),
            false => format!("{} → {}", old.stage, new.stage),
        };
        let mut explained = BTreeSet::new();
        if was.kind == is.kind {
            for (port, inputs) in was.inputs.iter().filter(|(port, _)| *port != "models") {
                let others = is.inputs.get(port).map_or(&[][..], Vec::as_slice);
                for from in inputs {
                    let Some(to) = partner(from, inputs, others) else { continue };
                    let old = self.old.maker(&from.digest, from.name.as_deref());
                    let new = self.new.maker(&to.digest, to.name.as_deref());
                    if let (Some(old), Some(new)) = (old, new) {
                        self.compare(old, new);
                        explained.extend([place(port, from), place(port, to)]);
                    }
                }
            }
        }
        let all = differences(was, is).into_iter();
        // Stages of different kinds have no parameters in common.
        let told = all.filter(|it| match was.kind == is.kind {
            true => !explained.contains(&it.place),
            false => it.place == "kind",
        });
        let networks = networks(&was.params, &is.params).filter(|_| was.kind == is.kind);
        // Parameter by parameter, networks of different build say little.
        let told = told.filter(|it| networks.is_none() || !it.place.starts_with(MODEL));
        let told: Vec<Difference> = told.chain(networks.clone()).collect();
        self.found.extend(told.into_iter().map(|Difference { place, old, new }| Change {
            stage: stage.clone(),
            place,
            old,
            new,
        }));
    }
}

/// The input that stands where this one stood: of the same name, or the only one, too.
fn partner<'i>(from: &Input, inputs: &[Input], others: &'i [Input]) -> Option<&'i Input> {
    match (inputs, others) {
        ([_], [only]) => Some(only),
        _ => others.iter().find(|other| from.name.is_some() && other.name == from.name),
    }
}

/// Where a difference of an input is said to be.
fn place(port: &str, input: &Input) -> String {
    match &input.name {
        Some(name) => format!("inputs.{port}.{name}"),
        None => format!("inputs.{port}"),
    }
}

/// Where a training's network is in its parameters.
const MODEL: &str = "params.model";

/// The difference between networks of different build, in the names of their layers.
fn networks(was: &Value, is: &Value) -> Option<Difference> {
    let (old, new) = (build(was.get("model")?), build(is.get("model")?));
    let place = MODEL.into();
    (old != new).then_some(Difference { place, old: Some(old), new: Some(new) })
}

/// `resnet18`, or `conv, relu, dense`.
fn build(model: &Value) -> String {
    match model.get("layers").and_then(Value::as_array) {
        Some(layers) => layers.iter().map(name).collect::<Vec<_>>().join(", "),
        None => name(model),
    }
}

/// `"relu"`, or the only key of a table.
fn name(choice: &Value) -> String {
    let table = choice.as_object().and_then(|table| table.keys().next()).map(String::as_str);
    choice.as_str().or(table).unwrap_or_default().into()
}
