//! Tissue drawn by our own generator: a patch is positive if and only if its central third holds
//! tumour. Knows nothing of files.
//!
//! It looks like haematoxylin and eosin at ten-fold magnification (1 µm a pixel at 96 pixels):
//! eosin stroma of wavy fibres with vessels and lumina, and nuclei in haematoxylin. Tumour is
//! crowded, large, irregular, dark nuclei. So that colour alone does not tell the classes apart,
//! every patch gets an amount of haematoxylin drawn without regard to its label: what tumour does
//! not use up, small dark round lymphocytes and other cells do. About half of the negative patches
//! have tumour outside their centre, and many a crowd of lymphocytes or of enlarged but benign
//! nuclei in it; an eighth of the positive patches looks the same but for one to three nuclei.

mod cells;
mod noise;
mod paint;
mod scene;
mod slide;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listing::{Listing, Pictures};
use crate::data::dataset::Row;
use crate::data::decode::{Decoded, Picture};
use crate::data::problem::Problem;
use scene::Scene;
use slide::Slide;

/// Tissue drawn by our own generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Synthetic {
    /// Number of patches.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub count: usize,
    /// Height and width of a patch in pixels. What is drawn scales with it.
    #[schemars(range(min = 12, max = 1024))]
    pub size: u32,
    /// Number of slides; each has a stain of its own and is a group.
    #[schemars(range(min = 1, max = 10_000))]
    pub slides: usize,
    /// Share of positive patches, 0 to 1; it differs a little from slide to slide.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub positive: f64,
}

impl Default for Synthetic {
    fn default() -> Synthetic {
        Synthetic { count: 2000, size: 96, slides: 20, positive: 0.5 }
    }
}

impl Synthetic {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let Synthetic { count, size, slides, positive } = *self;
        let problems = [
            Problem::outside("count", count, 1..=1_000_000, "draw 1 to 1000000 patches"),
            Problem::outside("size", size, 12..=1024, "patches of 12 to 1024 pixels can be drawn"),
            Problem::outside("slides", slides, 1..=10_000, "there are 1 to 10000 slides"),
            Problem::outside("positive", positive, 0.0..=1.0, "a share lies between 0 and 1"),
        ];
        problems.into_iter().flatten().collect()
    }

    pub(super) fn list(&self, seed: u64) -> Listing<'_> {
        let slides: Vec<Slide> =
            (0..self.slides).map(|slide| Slide::draw(seed, slide as u64, self.positive)).collect();
        let row = |i: usize| {
            let (slide, turn) = (i % self.slides, i / self.slides);
            Row {
                id: format!("synthetic-{i:06}"),
                label: Some(u8::from(slides[slide].is_positive(turn as u64))),
                group: format!("slide-{slide:03}"),
                split: None,
                source: "synthetic".into(),
                origin: "synthetic".into(),
            }
        };
        let rows = (0..self.count).map(row).collect();
        let side = self.size as usize;
        Listing {
            rows,
            pictures: Pictures::Any(Box::new(move |i, row| {
                let scene = Scene::draw(seed, i as u64, row.label == Some(1));
                let pixels = paint::paint(&scene, &slides[i % slides.len()], side);
                let picture = Picture { height: side, width: side, pixels };
                Ok(Decoded { picture, format: "drawn rgb8".into(), size: (side, side) })
            })),
        }
    }
}
