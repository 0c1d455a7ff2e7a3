//! What a model made of each image, as `predictions.csv` has it, joined by the images' ids.

use crate::{engine::StageError, stages::Prediction};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

/// The images that a model was scored on, and its answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answers {
    pub ids: Vec<String>,
    pub labels: Vec<u8>,
    pub groups: Vec<String>,
    pub probabilities: Vec<f32>,
}

impl Answers {
    /// The answers of each model.
    pub fn read(path: &Path) -> Result<BTreeMap<String, Answers>, StageError> {
        let damaged = |error: csv::Error| {
            StageError::new(format!("{}: {error}", path.display()))
                .with_help("the result that holds it is damaged: run with `--force` and its stage")
        };
        let mut models: BTreeMap<String, Answers> = BTreeMap::new();
        let mut csv = csv::Reader::from_path(path).map_err(damaged)?;
        for line in csv.deserialize() {
            let line: Prediction = line.map_err(damaged)?;
            let answers = models.entry(line.model).or_default();
            answers.ids.push(line.id);
            answers.labels.push(line.label);
            answers.groups.push(line.group);
            answers.probabilities.push(line.probability);
        }
        Ok(models)
    }

    /// How many of the images are also those of another model.
    pub fn shared(&self, other: &Answers) -> usize {
        let places = self.places();
        other.ids.iter().filter(|id| places.contains_key(id.as_str())).count()
    }

    /// The probabilities in the order of another model's images; `None` unless they are the same
    /// images, with the same labels and groups.
    pub fn in_order_of(&self, other: &Answers) -> Option<Vec<f32>> {
        let places = self.places();
        let of = |i: usize| {
            let at = *places.get(other.ids[i].as_str())?;
            let same = self.labels[at] == other.labels[i] && self.groups[at] == other.groups[i];
            same.then_some(self.probabilities[at])
        };
        let same = self.ids.len() == other.ids.len();
        same.then(|| (0..other.ids.len()).map(of).collect())?
    }

    fn places(&self) -> HashMap<&str, usize> {
        self.ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(images: &[(&str, u8, &str, f32)]) -> Answers {
        Answers {
            ids: images.iter().map(|it| it.0.into()).collect(),
            labels: images.iter().map(|it| it.1).collect(),
            groups: images.iter().map(|it| it.2.into()).collect(),
            probabilities: images.iter().map(|it| it.3).collect(),
        }
    }

    #[test]
    fn answers_are_joined_by_id() {
        let one = answers(&[("a", 0, "p", 0.1), ("b", 1, "q", 0.2)]);
        let turned = answers(&[("b", 1, "q", 0.9), ("a", 0, "p", 0.8)]);
        assert_eq!(turned.in_order_of(&one), Some(vec![0.8, 0.9]));
        assert_eq!(one.in_order_of(&turned), Some(vec![0.2, 0.1]));
        let relabelled = answers(&[("a", 1, "p", 0.1), ("b", 1, "q", 0.2)]);
        assert_eq!(relabelled.in_order_of(&one), None);
        let regrouped = answers(&[("a", 0, "q", 0.1), ("b", 1, "q", 0.2)]);
        assert_eq!(regrouped.in_order_of(&one), None);
        let fewer = answers(&[("a", 0, "p", 0.1)]);
        assert_eq!((fewer.in_order_of(&one), one.in_order_of(&fewer)), (None, None));
        assert_eq!((fewer.shared(&one), one.shared(&fewer)), (1, 1));
    }
}
