//! Cross-validation: equal parts that take turns at being tested on.

use schemars::JsonSchema;
use serde::Serialize;

use super::Split;
use super::draw::draw;
use super::fractions::{SplitBy, units};
use crate::data::dataset::Row;
use crate::data::problem::Problem;

/// One turn of a k-fold cross-validation: of `folds` equal parts the one called `fold` is the test
/// split, the next one (after the last comes the first) the validation split, and the others are
/// for training. With one seed the parts are the same in every turn, so each image is tested on
/// exactly once.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Folds {
    /// The number of parts, 3 to 100.
    #[schemars(range(min = 3, max = 100))]
    pub folds: usize,
    /// The part to test on, from 0.
    pub fold: usize,
    /// Whether groups (patients, slides) stay together: "group" or "image".
    pub by: SplitBy,
    /// Whether each part gets about the same share of positive images.
    pub stratify: bool,
}

impl Folds {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let help = "give 3 to 100 parts: one to test, one to validate, the others to train on";
        if let Some(problem) = Problem::outside("split.folds", self.folds, 3..=100, help) {
            return vec![problem];
        }
        let help = format!("the {} folds are called 0 to {}", self.folds, self.folds - 1);
        Problem::outside("split.fold", self.fold, 0..=self.folds - 1, &help).into_iter().collect()
    }

    /// The split of every row; the numbers must be right.
    pub(super) fn assign(&self, rows: &[Row], seed: u64) -> Vec<Split> {
        let shares = vec![1.0 / self.folds as f64; self.folds];
        let parts = draw(&shares, units(rows, self.by, self.stratify), seed);
        let split = |part: usize| match (part + self.folds - self.fold) % self.folds {
            0 => Split::Test,
            1 => Split::Valid,
            _ => Split::Train,
        };
        rows.iter().map(|row| split(parts[self.by.unit(row)])).collect()
    }
}
