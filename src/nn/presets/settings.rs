//! What users say of a preset: pretrained weights, what stays frozen and for how long.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Architecture;
use crate::nn::layer::Layer;
use crate::nn::model::Model;

/// A known architecture and its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Which one.
    pub architecture: Architecture,
    /// What the user said of it.
    pub settings: Settings,
}

/// The settings of a preset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Pretrained weights: the path of a safetensors file with the architecture's own parameter
    /// names, or `hf://owner/repository@revision/file` (`main` unless another revision is named). A
    /// head of other than one logit is replaced by a fresh one; images are normalised as the
    /// weights expect. What they are, not where they lie, enters the key.
    #[serde(skip_serializing)]
    pub weights: Option<String>,
    /// What does not learn: `"none"`, `"backbone"` (all but the head), or the first so many blocks.
    /// Frozen batch norms use their running statistics.
    pub freeze: Freeze,
    /// After so many epochs everything learns.
    pub unfreeze_after: Option<usize>,
    /// What the learning rate is multiplied by, part by part.
    pub rates: PartRates,
    /// The share of values dropped before the head; the architecture's own unless given.
    pub dropout: Option<f64>,
    /// VGG alone: what stands between its convolutions and its logit. `"pooled"` (the mean of each
    /// channel) is small and learns from few images; `"hidden"` (two layers of 4096 units, 120
    /// million weights) is what the network was published with, and takes these layers from
    /// `weights`.
    pub classifier: Classifier,
}

/// What stands between VGG's convolutions and its logit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Classifier {
    /// The mean of each channel over the map.
    #[default]
    Pooled,
    /// A map of 7 × 7, and two layers of 4096 units with dropout.
    Hidden,
}

/// What does not learn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freeze {
    /// Everything learns.
    #[default]
    Nothing,
    /// Only the head learns.
    Backbone,
    /// The first so many blocks do not learn.
    Blocks(usize),
}

/// Factors of the learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PartRates {
    /// For all but the head.
    pub backbone: f64,
    /// For the head.
    pub head: f64,
}

impl Default for PartRates {
    fn default() -> PartRates {
        PartRates { backbone: 1.0, head: 1.0 }
    }
}

impl Serialize for Freeze {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Freeze::Nothing => serializer.serialize_str("none"),
            Freeze::Backbone => serializer.serialize_str("backbone"),
            Freeze::Blocks(blocks) => serializer.serialize_u64(*blocks as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Freeze {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Freeze, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Freeze;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("`\"none\"`, `\"backbone\"` or a number of blocks")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Freeze, E> {
                match word {
                    "none" => Ok(Freeze::Nothing),
                    "backbone" => Ok(Freeze::Backbone),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_u64<E: de::Error>(self, blocks: u64) -> Result<Freeze, E> {
                usize::try_from(blocks)
                    .map(Freeze::Blocks)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(blocks), &self))
            }
            fn visit_i64<E: de::Error>(self, blocks: i64) -> Result<Freeze, E> {
                usize::try_from(blocks)
                    .map(Freeze::Blocks)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(blocks), &self))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for Freeze {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Freeze".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["none", "backbone"] }, { "type": "integer", "minimum": 0 }] })
    }
}

const LAYERS: &str = "layers";

impl Serialize for Model {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Model::Layers(layers) => map.serialize_entry(LAYERS, layers)?,
            Model::Preset(preset) => {
                map.serialize_entry(preset.architecture.name(), &preset.settings)?;
            }
        }
        map.end()
    }
}

/// What may stand in a model's place, for messages.
fn known() -> &'static [&'static str] {
    static NAMES: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    NAMES.get_or_init(|| {
        std::iter::once(LAYERS).chain(Architecture::all().map(Architecture::name)).collect()
    })
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Model;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("`{ layers = [ … ] }` or the name of an architecture")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Model, E> {
                let found = Architecture::named(name);
                let architecture = found.ok_or_else(|| E::unknown_variant(name, known()))?;
                Ok(Model::Preset(Preset { architecture, settings: Settings::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Model, A::Error> {
                let Some(name) = map.next_key_seed(Name)? else {
                    return Err(de::Error::invalid_length(0, &self));
                };
                let model = match Architecture::named(&name) {
                    Some(architecture) => {
                        Model::Preset(Preset { architecture, settings: map.next_value()? })
                    }
                    None => Model::Layers(map.next_value::<Vec<Layer>>()?),
                };
                if let Some(second) = map.next_key::<String>()? {
                    let message = format!("a model is one thing: `{name}` or `{second}`, not both");
                    return Err(de::Error::custom(message));
                }
                Ok(model)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// The key of a model's table; refused at its own place.
struct Name;
impl<'de> de::DeserializeSeed<'de> for Name {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let name = String::deserialize(deserializer)?;
        if known().contains(&&*name) {
            Ok(name)
        } else {
            Err(de::Error::unknown_variant(&name, known()))
        }
    }
}

impl JsonSchema for Model {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Model".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (layers, settings) =
            (generator.subschema_for::<Vec<Layer>>(), generator.subschema_for::<Settings>());
        let one = |name: &str, schema: &Schema| {
            json_schema!({
                "type": "object", "properties": { name: schema },
                "required": [name], "additionalProperties": false
            })
        };
        let mut any = vec![json_schema!({ "enum": known()[1..] }), one(LAYERS, &layers)];
        any.extend(known()[1..].iter().map(|name| one(name, &settings)));
        json_schema!({ "anyOf": any })
    }
}
