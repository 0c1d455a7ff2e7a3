//! Tissue drawn by our own generator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Listing;
use crate::data::dataset::Row;
use crate::data::decode::Picture;
use crate::data::error::DataError;
use crate::data::random::Random;

/// Tissue drawn by our own generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Synthetic {
    /// Number of patches.
    pub count: usize,
    /// Height and width of a patch in pixels.
    pub size: u32,
    /// Number of slides; each has a stain of its own and is a group.
    pub slides: usize,
    /// Share of positive patches, 0 to 1.
    pub positive: f64,
}

impl Default for Synthetic {
    fn default() -> Synthetic {
        Synthetic { count: 2000, size: 96, slides: 20, positive: 0.5 }
    }
}

impl Synthetic {
    pub(super) fn list(&self, seed: u64) -> Result<Listing<'_>, DataError> {
        let rows = (0..self.count)
            .map(|i| {
                let mut random = Random::new(seed, "synthetic label", 0, i as u64);
                let slide = i % self.slides.max(1);
                Row {
                    id: format!("synthetic-{i:06}"),
                    label: Some(u8::from(f64::from(random.unit()) < self.positive)),
                    group: format!("slide-{slide:03}"),
                    split: None,
                    source: "synthetic".into(),
                }
            })
            .collect();
        let side = self.size as usize;
        Ok(Listing {
            rows,
            picture: Box::new(move |i, row| {
                let mut random = Random::new(seed, "synthetic pixels", 0, i as u64);
                let shift = row.label.map_or(0, u64::from) * 40;
                let pixels =
                    (0..side * side * 3).map(|_| (100 + shift + random.below(60)) as u8).collect();
                Ok(Picture { height: side, width: side, pixels })
            }),
        })
    }
}
