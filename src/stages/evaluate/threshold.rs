//! How a user writes the threshold: a number, or a rule that is applied to the valid split.

use crate::metrics::ThresholdRule;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, MapAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};
use std::fmt;

/// From which probability on an image is called positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    At(f32),
    By(Rule),
}

impl Default for Threshold {
    fn default() -> Threshold {
        Threshold::At(0.5)
    }
}

/// A threshold that is chosen on the valid split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Rule {
    /// The largest sensitivity + specificity.
    Youden,
    /// The highest threshold that finds this share of the positive images.
    Sensitivity(f64),
    /// The lowest threshold that leaves this share of the negative images alone.
    Specificity(f64),
    /// The least cost of all mistakes.
    Cost(Cost),
}

/// What a mistake costs, in a unit of your own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Calling a negative image positive.
    #[serde(default = "one")]
    pub false_positive: f64,
    /// Missing a positive image.
    #[serde(default = "one")]
    pub false_negative: f64,
}

fn one() -> f64 {
    1.0
}

impl Threshold {
    /// The same for the metrics.
    pub fn rule(self) -> ThresholdRule {
        match self {
            Threshold::At(threshold) => ThresholdRule::Fixed(threshold),
            Threshold::By(Rule::Youden) => ThresholdRule::Youden,
            Threshold::By(Rule::Sensitivity(share)) => ThresholdRule::Sensitivity(share),
            Threshold::By(Rule::Specificity(share)) => ThresholdRule::Specificity(share),
            Threshold::By(Rule::Cost(Cost { false_positive, false_negative })) => {
                ThresholdRule::Cost { false_positive, false_negative }
            }
        }
    }

    /// What is wrong with its numbers: the place, the message, and the help.
    pub fn fault(self) -> Option<(&'static str, String, &'static str)> {
        let share = 0.0..=1.0;
        match self {
            Threshold::At(at) if !(0.0..=1.0).contains(&at) => Some((
                "threshold",
                format!("the threshold is {at}, and a probability is in 0 to 1"),
                "the default is 0.5",
            )),
            Threshold::By(Rule::Sensitivity(s) | Rule::Specificity(s)) if !share.contains(&s) => {
                Some((
                    "threshold",
                    format!("the threshold asks for a share of {s}, and shares are in 0 to 1"),
                    "95% is 0.95",
                ))
            }
            Threshold::By(Rule::Cost(Cost { false_positive: a, false_negative: b }))
                if !(a >= 0.0 && b >= 0.0 && a + b > 0.0 && (a + b).is_finite()) =>
            {
                Some((
                    "threshold.cost",
                    format!("mistakes cost {a} and {b}"),
                    "take 0 or more for each, and not 0 for both",
                ))
            }
            _ => None,
        }
    }
}

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Threshold::At(threshold) => serializer.serialize_f32(*threshold),
            Threshold::By(rule) => rule.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Threshold, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Threshold;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(
                    "a number, `\"youden\"`, `{ sensitivity = … }`, `{ specificity = … }` or \
                     `{ cost = { … } }`",
                )
            }
            fn visit_f64<E: de::Error>(self, at: f64) -> Result<Threshold, E> {
                Ok(Threshold::At(at as f32))
            }
            fn visit_u64<E: de::Error>(self, at: u64) -> Result<Threshold, E> {
                Ok(Threshold::At(at as f32))
            }
            fn visit_i64<E: de::Error>(self, at: i64) -> Result<Threshold, E> {
                Ok(Threshold::At(at as f32))
            }
            fn visit_str<E: de::Error>(self, rule: &str) -> Result<Threshold, E> {
                match rule {
                    "sensitivity" | "specificity" | "cost" => {
                        Err(E::invalid_value(de::Unexpected::Str(rule), &self))
                    }
                    _ => Rule::deserialize(StrDeserializer::new(rule)).map(Threshold::By),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Threshold, A::Error> {
                Rule::deserialize(MapAccessDeserializer::new(map)).map(Threshold::By)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for Threshold {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Threshold".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rule = generator.subschema_for::<Rule>();
        json_schema!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, rule] })
    }
}
