//! The mean and spread of the colour channels, summed exactly. Knows nothing of files.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::problem::Problem;

/// How pixels are shifted and scaled: `x = (byte / 255 - mean) / sd`, for each channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Mean of red, green and blue on the scale 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue on the scale 0 to 1; greater than 0.
    pub sd: [f32; 3],
}

/// Where the normalisation comes from: `"dataset"`, `"none"`, or a table of `mean` and `sd`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Normalize {
    /// Measured on the train split alone.
    #[default]
    Dataset,
    /// Pixels are only scaled to 0..1.
    None,
    /// Given, for instance by those who trained the weights.
    Explicit(Normalization),
}

impl Serialize for Normalize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Normalize::Dataset => serializer.serialize_str("dataset"),
            Normalize::None => serializer.serialize_str("none"),
            Normalize::Explicit(explicit) => explicit.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Normalize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Normalize, D::Error> {
        struct Choice;
        impl<'de> Visitor<'de> for Choice {
            type Value = Normalize;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("\"dataset\", \"none\" or { mean = [r, g, b], sd = [r, g, b] }")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Normalize, E> {
                match text {
                    "dataset" => Ok(Normalize::Dataset),
                    "none" => Ok(Normalize::None),
                    // The list of known words would hide that a table is possible too.
                    other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Normalize, A::Error> {
                Normalization::deserialize(MapAccessDeserializer::new(map)).map(Normalize::Explicit)
            }
        }
        deserializer.deserialize_any(Choice)
    }
}

impl JsonSchema for Normalize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Normalize".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let explicit = generator.subschema_for::<Normalization>();
        json_schema!({
            "description": "\"dataset\" (measured on the train split), \"none\", or mean and sd",
            "anyOf": [{ "type": "string", "enum": ["dataset", "none"] }, explicit]
        })
    }
}

/// Exact sums over the pixels of many images; their order does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pixels: u64,
    sum: [u64; 3],
    squares: [u64; 3],
}

impl Sums {
    /// The sums over one image of H×W×3 bytes.
    pub(super) fn of(image: &[u8]) -> Sums {
        let mut sums = Sums { pixels: (image.len() / 3) as u64, ..Sums::default() };
        // A block is short enough for its sums to fit into 32 bits, which compilers do faster.
        for block in image.chunks(3 * 4096) {
            let (mut sum, mut squares) = ([0u32; 3], [0u32; 3]);
            let (pixels, _) = block.as_chunks::<3>();
            for pixel in pixels {
                for channel in 0..3 {
                    let byte = u32::from(pixel[channel]);
                    sum[channel] += byte;
                    squares[channel] += byte * byte;
                }
            }
            for channel in 0..3 {
                sums.sum[channel] += u64::from(sum[channel]);
                sums.squares[channel] += u64::from(squares[channel]);
            }
        }
        sums
    }

    pub(super) fn add(&mut self, other: &Sums) {
        self.pixels += other.pixels;
        for channel in 0..3 {
            self.sum[channel] += other.sum[channel];
            self.squares[channel] += other.squares[channel];
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pixels == 0
    }

    /// Mean and standard deviation on the scale 0 to 1 (of the population: divided by n).
    pub(super) fn moments(&self) -> Normalization {
        let n = self.pixels.max(1);
        let mean = self.sum.map(|sum| (sum as f64 / n as f64 / 255.0) as f32);
        let mut sd = [0.0; 3];
        for (channel, sd) in sd.iter_mut().enumerate() {
            let (sum, squares) = (u128::from(self.sum[channel]), u128::from(self.squares[channel]));
            // n·Σx² - (Σx)², in whole numbers, is free of cancellation.
            let spread = u128::from(n) * squares - sum * sum;
            *sd = ((spread as f64).sqrt() / n as f64 / 255.0) as f32;
        }
        Normalization { mean, sd }
    }
}

impl Normalize {
    /// What is wrong with given numbers.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let Normalize::Explicit(Normalization { mean, sd }) = self else { return Vec::new() };
        let problem = |key: &str, given: &[f32; 3], help: &str| {
            let place = format!("normalize.{key}");
            Problem::new(&place, format!("`{place}` is {given:?}"), help)
        };
        let help = "give a mean on the scale 0 to 1 for red, green and blue";
        let bad_mean = mean.iter().any(|mean| !mean.is_finite());
        let bad_mean = bad_mean.then(|| problem("mean", mean, help));
        let help = "pixels are divided by it, so it must be greater than 0";
        let bad_sd = sd.iter().any(|&sd| !(sd > 0.0 && sd.is_finite()));
        let bad_sd = bad_sd.then(|| problem("sd", sd, help));
        bad_mean.into_iter().chain(bad_sd).collect()
    }

    /// The normalisation of a data set whose channels were `measured`.
    pub(super) fn given(&self, measured: Normalization) -> Option<Normalization> {
        match self {
            Normalize::None => None,
            Normalize::Explicit(explicit) => Some(*explicit),
            // A channel that never varies is only shifted.
            Normalize::Dataset => Some(Normalization {
                sd: measured.sd.map(|sd| if sd > 0.0 { sd } else { 1.0 }),
                ..measured
            }),
        }
    }
}
