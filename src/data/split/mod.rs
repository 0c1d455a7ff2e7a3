//! Train, validation and test: which image belongs where. Knows nothing of pixels.

mod draw;
mod folds;
mod fractions;
mod rule;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use folds::Folds;
pub use fractions::{Fractions, Method, SplitBy};
pub use rule::SplitRule;

/// The part of the data an image belongs to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Networks learn from it, and the normalisation is measured on it.
    Train,
    /// Early stopping, thresholds and searches look at it.
    Valid,
    /// Scores are reported on it.
    Test,
}

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// The name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }

    /// Reads the names in common use; `val` and `validation` mean [`Split::Valid`].
    pub fn parse(name: &str) -> Option<Split> {
        match name.to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Split::Train),
            "valid" | "val" | "validation" => Some(Split::Valid),
            "test" | "testing" => Some(Split::Test),
            _ => None,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
