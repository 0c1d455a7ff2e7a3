//! What was done otherwise for one model than for another: the parameters in which they, and the
//! stages that they read, differ.

use super::{Scored, Side, side::Made};
use crate::engine::{
    Digest,
    recipe::{Difference, differences},
};
use serde::Serialize;
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
            for (port, inputs) in &was.inputs {
                let ([from], Some([to])) = (&inputs[..], is.inputs.get(port).map(|to| &to[..]))
                else {
                    continue;
                };
                let makers = self.old.maker(&from.digest, from.name.as_deref());
                let makers = makers.zip(self.new.maker(&to.digest, to.name.as_deref()));
                if let Some((from, to)) = makers.filter(|_| port != "models") {
                    self.compare(from, to);
                    explained.insert(format!("inputs.{port}"));
                }
            }
        }
        let all = differences(was, is).into_iter();
        // Stages of different kinds have no parameters in common.
        let told = all.filter(|it| match was.kind == is.kind {
            true => !explained.contains(&it.place),
            false => it.place == "kind",
        });
        self.found.extend(told.map(|Difference { place, old, new }| Change {
            stage: stage.clone(),
            place,
            old,
            new,
        }));
    }
}
