//! Networks for others: an [ONNX](https://onnx.ai) model that takes raw pixels and gives
//! probabilities. Must not know how a network is trained or run here.
//!
//! | | name | type | |
//! |---|---|---|---|
//! | input | `images` | uint8 `[batch, height, width, 3]` | red, green and blue from 0 to 255, as images lie in memory |
//! | output | `probability` | float32 `[batch]` | of class 1 |
//! | output | `logit` | float32 `[batch]` | what it is the sigmoid of |
//!
//! The turn to channels first and the normalisation are inside. Weights have the names of
//! `model.safetensors`. The metadata hold `threshold`, `architecture` and `normalization`.

mod flow;
mod graph;
pub mod messages;
mod operation;
mod window;
mod writer;

use prost::Message;

use self::messages::{ModelProto, OperatorSetIdProto, StringStringEntryProto};
use super::predict::Network;

/// The version of the operators: the first after which none of those we use changed in meaning,
/// for readers from 2021 on.
const OPSET: i64 = 17;
/// The version of the file format that belongs to it.
const IR_VERSION: i64 = 8;

impl Network {
    /// The network as the bytes of an ONNX file; equal networks give equal bytes.
    pub fn to_onnx(&self) -> Vec<u8> {
        let description = self.description();
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let metadata = [
            ("architecture", json(serde_json::to_string(&description.architecture))),
            ("normalization", json(serde_json::to_string(&description.normalization))),
            ("threshold", description.threshold.to_string()),
        ];
        let entry =
            |(key, value): (&str, String)| StringStringEntryProto { key: key.to_owned(), value };
        ModelProto {
            ir_version: IR_VERSION,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            doc_string: format!(
                "A classifier of histology patches. Probabilities of {} and above mean class 1. For research; not a medical device.",
                description.threshold
            ),
            graph: Some(graph::of(self)),
            metadata_props: metadata.map(entry).into(),
        }
        .encode_to_vec()
    }
}
