//! What is minimised, as users write it. Must not know how it is computed: that is
//! [`ops::loss`](super::ops::loss).

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::fault::{Fault, Range, Ranges};

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Binary cross-entropy of the logit.
    BinaryCrossentropy(BinaryCrossentropy),
}

/// The settings of binary cross-entropy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BinaryCrossentropy {
    /// How much an image of class 1 counts, those of class 0 counting 1 (PyTorch's `pos_weight`):
    /// a number, or `"balanced"` for images of class 0 over images of class 1 in the train split.
    pub positive_weight: PositiveWeight,
    /// Labels become `ε / 2` and `1 − ε / 2` (Szegedy et al., 2016).
    pub label_smoothing: f64,
}

/// How much an image of class 1 counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PositiveWeight {
    /// This much.
    Of(f64),
    /// So much that both classes of the train split count the same.
    Balanced,
}

impl Default for Loss {
    fn default() -> Loss {
        Loss::BinaryCrossentropy(BinaryCrossentropy::default())
    }
}

impl Default for PositiveWeight {
    fn default() -> PositiveWeight {
        PositiveWeight::Of(1.0)
    }
}

impl Loss {
    /// What cannot be, with its place.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let Loss::BinaryCrossentropy(settings) = self;
        let mut ranges = Ranges::of("loss.binary_crossentropy");
        if let PositiveWeight::Of(weight) = settings.positive_weight {
            ranges.check("positive_weight", "the weight of class 1", weight, Range::Positive);
        }
        let smoothing = settings.label_smoothing;
        ranges.check("label_smoothing", "the label smoothing", smoothing, Range::BelowOne);
        ranges.faults
    }
}

/// What is written of a [`Loss`] as a table.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Table {
    /// Binary cross-entropy of the logit.
    BinaryCrossentropy(BinaryCrossentropy),
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loss, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Loss;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("`\"binary_crossentropy\"`, or a table of that name with `positive_weight`, `label_smoothing`")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Loss, E> {
                match word {
                    "binary_crossentropy" => Ok(Loss::default()),
                    _ => Err(E::unknown_variant(word, &["binary_crossentropy"])),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loss, A::Error> {
                let Table::BinaryCrossentropy(settings) =
                    Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Loss::BinaryCrossentropy(settings))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for Loss {
    fn schema_name() -> Cow<'static, str> {
        "Loss".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> Schema {
        let table = Table::json_schema(generator);
        json_schema!({
            "description": "What is minimised.",
            "anyOf": [{ "const": "binary_crossentropy" }, table]
        })
    }
}

impl Serialize for PositiveWeight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PositiveWeight::Of(weight) => serializer.serialize_f64(*weight),
            PositiveWeight::Balanced => serializer.serialize_str("balanced"),
        }
    }
}

impl<'de> Deserialize<'de> for PositiveWeight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PositiveWeight, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = PositiveWeight;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number or `\"balanced\"`")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<PositiveWeight, E> {
                match word {
                    "balanced" => Ok(PositiveWeight::Balanced),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_f64<E>(self, weight: f64) -> Result<PositiveWeight, E> {
                Ok(PositiveWeight::Of(weight))
            }
            fn visit_i64<E>(self, weight: i64) -> Result<PositiveWeight, E> {
                Ok(PositiveWeight::Of(weight as f64))
            }
            fn visit_u64<E>(self, weight: u64) -> Result<PositiveWeight, E> {
                Ok(PositiveWeight::Of(weight as f64))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for PositiveWeight {
    fn schema_name() -> Cow<'static, str> {
        "PositiveWeight".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "balanced" }, { "type": "number", "exclusiveMinimum": 0 }] })
    }
}
