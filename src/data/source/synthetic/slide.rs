//! What the patches of one slide share: stain, light, prevalence.

use crate::data::random::Random;

/// Optical density of the two stains in red, green and blue (Ruifrok and Johnston 2001,
/// "Quantification of histochemical staining by color deconvolution").
const HAEMATOXYLIN: [f32; 3] = [0.65, 0.70, 0.29];
const EOSIN: [f32; 3] = [0.07, 0.99, 0.11];
/// Eosin on slides is less pure than that: it leans to orange by up to this much blue.
const ORANGE: [f32; 3] = [0.05, 0.0, 0.30];

/// The look of a slide.
pub(super) struct Slide {
    /// Optical density in red, green and blue of one unit of haematoxylin.
    pub haematoxylin: [f32; 3],
    /// The same of one unit of eosin.
    pub eosin: [f32; 3],
    /// Light that comes through bare glass, 0 to 255, in red, green and blue.
    pub light: [f32; 3],
    /// Share of positive patches, in millionths, and where in the round it begins.
    positive: u64,
    begin: u64,
}

const MILLION: u64 = 1_000_000;

impl Slide {
    pub(super) fn draw(seed: u64, index: u64, positive: f64) -> Slide {
        let mut random = Random::new(seed, "synthetic slide", 0, index);
        let mut between = |low: f32, high: f32| low + (high - low) * random.unit();
        let (blue, pink) = (between(0.7, 1.3), between(0.38, 0.76));
        let haematoxylin = HAEMATOXYLIN.map(|od| blue * (od + between(-0.06, 0.06)));
        let orange = between(0.3, 1.0);
        let eosin = [0, 1, 2]
            .map(|c| pink * (EOSIN[c] + orange * ORANGE[c] + between(-0.04, 0.04)).max(0.02));
        let bright = between(232.0, 250.0);
        let light = [0.0; 3].map(|_: f32| bright + between(-5.0, 5.0));
        // A third around the share that is wanted, without leaving 0 to 1.
        let room = positive.min(1.0 - positive) / 3.0;
        let share = positive + room * f64::from(between(-1.0, 1.0));
        let positive = (share * MILLION as f64) as u64;
        Slide { haematoxylin, eosin, light, positive, begin: random.below(MILLION) }
    }

    /// Whether the patch drawn at this turn is to be positive. Positives are spread evenly, so that
    /// few patches already have about the share that is wanted.
    pub(super) fn is_positive(&self, turn: u64) -> bool {
        let so_far = |turn: u64| (turn * self.positive + self.begin) / MILLION;
        so_far(turn + 1) > so_far(turn)
    }
}
