//! How far augmentations may go, as users write it.

use schemars::JsonSchema;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// Turns, shifts and scales, each drawn evenly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Affine {
    /// Degrees to either side, 0 to 180.
    #[serde(deserialize_with = "half_turn")]
    pub rotate: f64,
    /// Share of the side, in each direction, 0 to 0.5.
    #[serde(deserialize_with = "half")]
    pub shift: f64,
    /// How much larger or smaller, 0 to 0.5: 0.1 is 90 % to 110 %.
    #[serde(deserialize_with = "half")]
    pub scale: f64,
}

impl Default for Affine {
    fn default() -> Affine {
        Affine { rotate: 10.0, shift: 0.05, scale: 0.1 }
    }
}

/// How much of the image is left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Crop {
    /// The smallest part of the side, 0.1 to 1: one between this and 1 is drawn.
    #[serde(deserialize_with = "part")]
    pub least: f64,
}

impl Default for Crop {
    fn default() -> Crop {
        Crop { least: 0.8 }
    }
}

/// How far colours go; what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct ColorJitter {
    /// 0 to 1: 0.1 is 90 % to 110 % of the light.
    #[serde(deserialize_with = "share")]
    pub brightness: f64,
    /// 0 to 1: 0.1 is 90 % to 110 % of the distance to the image's mean.
    #[serde(deserialize_with = "share")]
    pub contrast: f64,
    /// 0 to 1: 0.1 is 90 % to 110 % of the distance to grey.
    #[serde(deserialize_with = "share")]
    pub saturation: f64,
    /// Share of the circle of hues, to either side, 0 to 0.5.
    #[serde(deserialize_with = "half")]
    pub hue: f64,
}

/// How far the amounts of haematoxylin, eosin and of the residual go, each on its own (Tellez et
/// al. 2018, "Whole-slide mitosis detection in H&E breast histology").
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct StainJitter {
    /// 0 to 1: 0.1 is 90 % to 110 % of the amount.
    #[serde(deserialize_with = "share")]
    pub scale: f64,
    /// Optical density that is added or taken away, 0 to 0.5.
    #[serde(deserialize_with = "half")]
    pub shift: f64,
}

impl Default for StainJitter {
    fn default() -> StainJitter {
        StainJitter { scale: 0.1, shift: 0.02 }
    }
}

/// How much is blurred.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Blur {
    /// The largest standard deviation of the Gaussian in pixels, 0 to 5: one up to this is drawn.
    #[serde(deserialize_with = "sigma")]
    pub sigma: f64,
}

impl Default for Blur {
    fn default() -> Blur {
        Blur { sigma: 1.0 }
    }
}

/// How much noise there is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Noise {
    /// The largest standard deviation on the scale 0 to 1, 0 to 0.5: one up to this is drawn.
    #[serde(deserialize_with = "half")]
    pub sd: f64,
}

impl Default for Noise {
    fn default() -> Noise {
        Noise { sd: 0.02 }
    }
}

/// What is hidden (DeVries and Taylor 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Cutout {
    /// The square's share of the shorter side, 0 to 1; it may hang over the edge.
    #[serde(deserialize_with = "share")]
    pub size: f64,
}

impl Default for Cutout {
    fn default() -> Cutout {
        Cutout { size: 0.25 }
    }
}

fn within<'de, D: Deserializer<'de>>(
    number: D,
    [low, high]: [f64; 2],
    expected: &'static str,
) -> Result<f64, D::Error> {
    let number = f64::deserialize(number)?;
    let fits = (low..=high).contains(&number);
    fits.then_some(number)
        .ok_or_else(|| D::Error::invalid_value(Unexpected::Float(number), &expected))
}

fn share<'de, D: Deserializer<'de>>(number: D) -> Result<f64, D::Error> {
    within(number, [0.0, 1.0], "a number from 0 to 1")
}

fn half<'de, D: Deserializer<'de>>(number: D) -> Result<f64, D::Error> {
    within(number, [0.0, 0.5], "a number from 0 to 0.5")
}

fn part<'de, D: Deserializer<'de>>(number: D) -> Result<f64, D::Error> {
    within(number, [0.1, 1.0], "a number from 0.1 to 1")
}

fn half_turn<'de, D: Deserializer<'de>>(number: D) -> Result<f64, D::Error> {
    within(number, [0.0, 180.0], "degrees from 0 to 180")
}

fn sigma<'de, D: Deserializer<'de>>(number: D) -> Result<f64, D::Error> {
    within(number, [0.0, 5.0], "pixels from 0 to 5")
}
