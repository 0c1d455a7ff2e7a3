//! The models that a side holds scores of.

use super::{
    Answers, Evaluation, Side,
    side::{Made, PREDICTIONS},
};
use crate::{
    engine::{Artifact, Stage, StageError, Store, pipeline::nearest_of},
    metrics::Scores,
    stages::{Evaluate, ModelEvaluation},
};
use std::{collections::BTreeSet, rc::Rc};

/// A model in an evaluation.
pub(super) struct Scored<'a> {
    pub side: &'a Side,
    /// The name of the evaluation's stage, and what is kept of it.
    pub stage: &'a str,
    pub made: &'a Made,
    pub evaluation: Rc<Evaluation>,
    pub model: ModelEvaluation,
    pub answers: Answers,
    /// The model's own stage, where the store has it.
    pub trained: Option<&'a Made>,
}

impl Scored<'_> {
    pub fn scores(&self) -> &Scores {
        &self.model.scores
    }

    /// Whether it is the very same model, decided by the same threshold, on the same images.
    pub fn is_same(&self, other: &Scored) -> bool {
        let weights = |one: &Scored| one.trained.map(|made| made.digest);
        weights(self).is_some()
            && weights(self) == weights(other)
            && self.scores() == other.scores()
            && self.answers.in_order_of(&other.answers).as_ref()
                == Some(&other.answers.probabilities)
    }
}

/// The models of a side, in the order of its evaluations; `notes` hears what is left out.
pub(super) fn of_side<'a>(
    side: &'a Side,
    store: &Store,
    notes: &mut Vec<String>,
) -> Result<Vec<Scored<'a>>, StageError> {
    let mut scored = Vec::new();
    let evaluations = side.made.iter().filter(|made| made.record.recipe.kind == Evaluate::KIND);
    let mut names: BTreeSet<String> = side.missing.iter().cloned().collect();
    for made in evaluations {
        let (stage, version) = (&made.stage, made.record.recipe.version);
        names.insert(stage.clone());
        if version != Evaluate::VERSION {
            notes.push(format!(
                "`{stage}` of {} was written by version {version} of `evaluate`, and this is \
                 version {}: run it again",
                side.label,
                Evaluate::VERSION
            ));
            continue;
        }
        let found = of_evaluation(side, made, store)?;
        names.extend(found.iter().map(|one| one.model.model.clone()));
        scored.extend(found.into_iter().filter(|one| match &side.only {
            Some(only) => only == stage || *only == one.model.model,
            None => true,
        }));
    }
    if let Some(only) = side.only.as_ref().filter(|only| !names.contains(*only)) {
        let message = format!("{} has no model or evaluation `{only}`", side.label);
        return Err(StageError::new(message)
            .with_help(nearest_of(only, &names.into_iter().collect::<Vec<_>>())));
    }
    for stage in side.missing.iter().filter(|_| side.only.is_none()) {
        notes.push(format!("`{stage}` of {} has no result and is left out", side.label));
    }
    Ok(scored)
}

fn of_evaluation<'a>(
    side: &'a Side,
    made: &'a Made,
    store: &Store,
) -> Result<Vec<Scored<'a>>, StageError> {
    let files = store.files(&made.record.outputs, &made.stage, Evaluation::TYPE);
    let evaluation = Rc::new(Evaluation::open(&files)?);
    let mut answers = Answers::read(&files.path(PREDICTIONS)?)?;
    let inputs = made.record.recipe.inputs.get("models");
    let one = |model: &ModelEvaluation| {
        let input = inputs.into_iter().flatten().find(|it| it.name.as_ref() == Some(&model.model));
        let trained = input.and_then(|input| side.maker(&input.digest, Some(&model.model)));
        Scored {
            side,
            stage: &made.stage,
            made,
            evaluation: evaluation.clone(),
            answers: answers.remove(&model.model).unwrap_or_default(),
            model: model.clone(),
            trained,
        }
    };
    Ok(evaluation.models.iter().map(one).collect())
}
