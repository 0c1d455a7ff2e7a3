//! The names of classes, and which of them count as positive and as negative. Knows nothing of where
//! they are written.

use std::collections::BTreeSet;

use crate::data::error::{DataError, first};
use crate::data::problem::Problem;

/// The classes that count as positive, and those that count as negative.
#[derive(Clone, Copy)]
pub(super) struct Classes<'a> {
    pub positive: &'a [String],
    pub negative: &'a [String],
}

impl Classes<'_> {
    /// The problem of a class that would be both.
    pub fn problem(self) -> Option<Problem> {
        let both = self.positive.iter().find(|class| self.negative.contains(class))?;
        let message = format!("the class `{both}` is in both `positive` and `negative`");
        Some(Problem::new("positive", message, "keep one of the two"))
    }

    fn label(self, class: &str) -> Option<u8> {
        let among = |names: &[String]| names.iter().any(|name| name == class);
        match among(self.positive) {
            true => Some(1),
            false => among(self.negative).then_some(0),
        }
    }

    /// The label of each image; those without a class have none.
    ///
    /// # Errors
    /// The images whose class is neither positive nor negative.
    pub fn labels<'c>(
        self,
        ids: &[String],
        classes: impl Iterator<Item = Option<&'c str>> + Clone,
    ) -> Result<Vec<Option<u8>>, DataError> {
        let (mut unknown, mut lost) = (BTreeSet::new(), Vec::new());
        for (id, class) in ids.iter().zip(classes.clone()) {
            if let Some(class) = class.filter(|class| self.label(class).is_none()) {
                unknown.insert(class);
                lost.push(id.clone());
            }
        }
        if lost.is_empty() {
            return Ok(classes.map(|class| self.label(class?)).collect());
        }
        Err(DataError::UnknownClass {
            ids: lost,
            classes: first(unknown.into_iter()),
            positive: self.positive.join(", "),
            negative: self.negative.join(", "),
        })
    }
}
