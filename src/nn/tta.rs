//! Test-time augmentation: an image is predicted in several views, and their probabilities are
//! averaged. Knows nothing of how a view is predicted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Symmetry;

/// Which views of an image are predicted; the probability is the mean over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tta {
    /// The image as it is.
    #[default]
    None,
    /// The dihedral group: all quarter turns, each also mirrored. Tissue has no upright position
    /// (Veeling et al. 2018, "Rotation equivariant CNNs for digital pathology").
    Dihedral,
}

impl Tta {
    /// As it is written in TOML.
    pub fn name(self) -> &'static str {
        match self {
            Tta::None => "none",
            Tta::Dihedral => "dihedral",
        }
    }

    /// The views of images of a size; one that is not square has no quarter turns.
    pub fn views(self, height: usize, width: usize) -> Vec<Symmetry> {
        match self {
            Tta::None => vec![Symmetry::IDENTITY],
            Tta::Dihedral => {
                let fits = |view: &Symmetry| height == width || view.turns.is_multiple_of(2);
                Symmetry::ALL.into_iter().filter(fits).collect()
            }
        }
    }
}
