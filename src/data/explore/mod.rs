//! Describes a data set before anyone trains on it. Knows nothing of networks or reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Describes a data set: counts, colours, blank and duplicate images, samples of each class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Explore {
    /// Sample patches of each class in the grids.
    pub per_class: usize,
}

impl Default for Explore {
    fn default() -> Explore {
        Explore { per_class: 12 }
    }
}

/// What [`Explore`] found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exploration {}
