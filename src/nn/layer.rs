//! One layer as users write it: `{ conv = 32 }`, `"relu"`, `{ max_pool = { size = 3, stride = 2 } }`.
//! Must not know how it is computed.

use std::fmt;

use schemars::{JsonSchema, Schema, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};

/// A layer of a network, in PyTorch's meaning of each.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Layer {
    /// A convolution: a number of filters, or all of its settings.
    Conv(Conv),
    /// Normalises each channel over the batch, then scales and shifts it (ε 1e-5, momentum 0.1).
    BatchNorm,
    /// Negative values become 0.
    Relu,
    /// Negative values become 0, values above 6 become 6.
    Relu6,
    /// The largest value of each window: a size, or all settings.
    MaxPool(Pool),
    /// The mean of each window (pixels off the map count as 0): a size, or all settings.
    AvgPool(Pool),
    /// The mean of each channel over the whole map.
    GlobalAvgPool,
    /// A map of so many rows and columns, each pixel the mean of its share of the map: shares
    /// overlap, or repeat pixels, where sizes do not divide. Any size of image then gives one.
    AdaptiveAvgPool(#[schemars(range(min = 1))] usize),
    /// The map as one vector, in the order channel, row, column.
    Flatten,
    /// A fully connected layer: a number of units, or all of its settings.
    Dense(Dense),
    /// Sets this share of the values to 0 while training (at least 0, below 1).
    Dropout(f64),
    /// What some layers make of the input, added to the input: `{ residual = [ … ] }`. Where these
    /// change the shape, `shortcut` changes the input alike.
    Residual(Residual),
    /// Branches that all read the input; what they give is put together, channel after channel.
    /// An empty branch hands the input on.
    Parallel(Vec<Vec<Layer>>),
}

/// Layers around which the input takes a shortcut (He et al., 2015,
/// <https://arxiv.org/abs/1512.03385>).
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
#[schemars(transform = or_list)]
pub struct Residual {
    /// The layers whose result is added.
    pub layers: Vec<Layer>,
    /// What is done to the input before the addition; nothing, if empty.
    #[serde(default)]
    pub shortcut: Vec<Layer>,
}

/// A two-dimensional convolution.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
#[schemars(transform = or_number)]
pub struct Conv {
    /// Channels that come out.
    #[schemars(range(min = 1))]
    pub filters: usize,
    /// Height and width of the window.
    #[serde(default = "three")]
    #[schemars(range(min = 1))]
    pub kernel: usize,
    /// Pixels from one window to the next.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub stride: usize,
    /// `"same"`, or how many pixels of zeros surround the map.
    #[serde(default)]
    pub padding: Padding,
    /// Whether a constant is added to each filter; of no use before `batch_norm`.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Pixels between the taps of the window; 1 is a dense window.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub dilation: usize,
    /// Parts that channels and filters are cut into, each reading its own; as many as channels
    /// make a depthwise convolution.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub groups: usize,
}

/// What surrounds the map that a convolution reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Zeros such that the output has the input's size divided by the stride, rounded up;
    /// (kernel − 1) / 2 of them come first.
    #[default]
    Same,
    /// As `Same`, but with the odd zero at the end, as TensorFlow pads.
    TfSame,
    /// So many zeros on each side.
    Pixels(usize),
}

/// A window that slides over the map.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self", from = "PoolFields")]
#[schemars(transform = or_number)]
pub struct Pool {
    /// Height and width of the window.
    pub size: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Pixels off the map that the first window covers; at most half of `size`.
    pub padding: usize,
}

/// What is written of a [`Pool`].
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PoolFields {
    /// Height and width of the window.
    #[schemars(range(min = 1))]
    size: usize,
    /// Pixels from one window to the next; `size` unless given.
    #[serde(default)]
    #[schemars(range(min = 1))]
    stride: Option<usize>,
    /// Pixels off the map that the first window covers; at most half of `size`.
    #[serde(default)]
    padding: usize,
}

/// A fully connected layer.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
#[schemars(transform = or_number)]
pub struct Dense {
    /// Values that come out.
    #[schemars(range(min = 1))]
    pub units: usize,
    /// Whether a constant is added to each unit.
    #[serde(default = "yes")]
    pub bias: bool,
}

fn one() -> usize {
    1
}

fn three() -> usize {
    3
}

fn yes() -> bool {
    true
}

impl From<usize> for Conv {
    fn from(filters: usize) -> Conv {
        let padding = Padding::Same;
        Conv { filters, kernel: 3, stride: 1, padding, bias: true, dilation: 1, groups: 1 }
    }
}

impl From<usize> for Pool {
    fn from(size: usize) -> Pool {
        Pool { size, stride: size, padding: 0 }
    }
}

impl From<PoolFields> for Pool {
    fn from(written: PoolFields) -> Pool {
        Pool {
            size: written.size,
            stride: written.stride.unwrap_or(written.size),
            padding: written.padding,
        }
    }
}

impl From<usize> for Dense {
    fn from(units: usize) -> Dense {
        Dense { units, bias: true }
    }
}

/// Reads a number as the shorthand of a table: `{ conv = 32 }`.
macro_rules! shorthand {
    ($name:ident, $expecting:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // The derived, inherent function: always the full form, as it is a cache key.
                $name::serialize(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Written;
                impl<'de> Visitor<'de> for Written {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$name, E> {
                        usize::try_from(number)
                            .map($name::from)
                            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$name, E> {
                        usize::try_from(number)
                            .map($name::from)
                            .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(MapAccessDeserializer::new(map))
                    }
                }
                deserializer.deserialize_any(Written)
            }
        }
    };
}

shorthand!(
    Conv,
    "a number of filters, or a table with `filters` and, if you like, `kernel`, `stride`, `padding`, `bias`, `dilation`, `groups`"
);
shorthand!(Pool, "a size in pixels, or a table with `size` and, if you like, `stride`, `padding`");
shorthand!(Dense, "a number of units, or a table with `units` and, if you like, `bias`");

impl Serialize for Residual {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Residual::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Residual {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Residual, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Residual;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of layers, or a table with `layers` and `shortcut`")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Residual, A::Error> {
                let layers = Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))?;
                Ok(Residual { layers, shortcut: Vec::new() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Residual, A::Error> {
                Residual::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// The schema of a table that may be written as a list of layers.
fn or_list(schema: &mut Schema) {
    let table = std::mem::take(schema);
    let layers = table.get("properties").and_then(|p| p.get("layers")).cloned();
    *schema = json_schema!({ "anyOf": [layers, table] });
}

/// The schema of a table that may be written as a number.
fn or_number(schema: &mut Schema) {
    let table = std::mem::take(schema);
    *schema = json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1 }, table] });
}

impl Serialize for Padding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Padding::Same => serializer.serialize_str("same"),
            Padding::TfSame => serializer.serialize_str("tf_same"),
            Padding::Pixels(pixels) => serializer.serialize_u64(*pixels as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Padding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Padding, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Padding;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("`\"same\"`, `\"tf_same\"` or a number of pixels")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Padding, E> {
                match word {
                    "same" => Ok(Padding::Same),
                    "tf_same" => Ok(Padding::TfSame),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_u64<E: de::Error>(self, pixels: u64) -> Result<Padding, E> {
                usize::try_from(pixels)
                    .map(Padding::Pixels)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(pixels), &self))
            }
            fn visit_i64<E: de::Error>(self, pixels: i64) -> Result<Padding, E> {
                usize::try_from(pixels)
                    .map(Padding::Pixels)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(pixels), &self))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for Padding {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Padding".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["same", "tf_same"] }, { "type": "integer", "minimum": 0 }] })
    }
}

impl fmt::Display for Layer {
    /// As short as a user would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Conv(conv) => write!(f, "conv = {}", conv.filters),
            Layer::BatchNorm => f.write_str("batch_norm"),
            Layer::Relu => f.write_str("relu"),
            Layer::Relu6 => f.write_str("relu6"),
            Layer::MaxPool(pool) => write!(f, "max_pool = {}", pool.size),
            Layer::AvgPool(pool) => write!(f, "avg_pool = {}", pool.size),
            Layer::GlobalAvgPool => f.write_str("global_avg_pool"),
            Layer::AdaptiveAvgPool(side) => write!(f, "adaptive_avg_pool = {side}"),
            Layer::Flatten => f.write_str("flatten"),
            Layer::Dense(dense) => write!(f, "dense = {}", dense.units),
            Layer::Dropout(rate) => write!(f, "dropout = {rate}"),
            Layer::Residual(residual) => write!(f, "residual of {}", residual.layers.len()),
            Layer::Parallel(branches) => write!(f, "parallel of {}", branches.len()),
        }
    }
}
