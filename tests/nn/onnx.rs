//! What an exported network says of itself, and that it holds the weights as they are. Whether
//! others compute the same with it is checked by `onnx/check.py`, on the networks of `onnx/networks.rs`.

mod networks;

use std::collections::BTreeMap;
use std::fmt::Write;

use expect_test::expect;
use microtome::nn::Trained;
use microtome::nn::onnx::messages::{
    AttributeProto, DataType, Dimension, GraphProto, ModelProto, ValueInfoProto,
};
use prost::Message;
use safetensors::SafeTensors;

use crate::fixture::{bytes, fit, patches, training};

/// Every operation and the changes between maps and vectors.
const LAYERS: &str = r#"[
    { conv = { filters = 4, padding = "tf_same", stride = 2 } }, "batch_norm", "relu6",
    { residual = [{ conv = { filters = 4, groups = 4, dilation = 2, bias = false } }] }, "relu",
    { max_pool = { size = 3, stride = 2, padding = 1 } },
    { parallel = [["global_avg_pool"], ["flatten", { dense = 3 }]] },
    { conv = { filters = 5, kernel = 1 } }, { dropout = 0.25 }, { dense = 1 } ]"#;

fn trained() -> Trained {
    let (_folder, data) = patches(6, 4);
    fit(&training(&format!("model = {{ layers = {LAYERS} }}\nepochs = 1\nseed = 2")), &data)
        .unwrap()
}

fn decoded(trained: &Trained) -> (ModelProto, GraphProto) {
    let mut model = ModelProto::decode(&*trained.network.to_onnx()).unwrap();
    let graph = model.graph.take().unwrap();
    (model, graph)
}

#[test]
fn the_file_says_what_it_is() {
    let (model, _) = decoded(&trained());
    let opsets: Vec<_> = model.opset_import.iter().map(|o| (&*o.domain, o.version)).collect();
    assert_eq!((model.ir_version, opsets), (8, vec![("", 17)]));
    assert_eq!(model.producer_name, "microtome");
    assert_eq!(model.producer_version, env!("CARGO_PKG_VERSION"));
    let props: BTreeMap<_, _> = model.metadata_props.iter().map(|p| (&*p.key, &*p.value)).collect();
    assert_eq!(props["threshold"], "0.5");
    let json = |key: &str| serde_json::from_str::<serde_json::Value>(props[key]).unwrap();
    assert_eq!(json("architecture")["layers"].as_array().unwrap().len(), 10);
    assert_eq!(json("normalization")["sd"].as_array().unwrap().len(), 3);
}

#[test]
fn it_takes_bytes_and_gives_probabilities_of_batches_of_any_size() {
    let (_, graph) = decoded(&trained());
    let said = |values: &[ValueInfoProto]| -> Vec<String> {
        let dims = |value: &ValueInfoProto| {
            let tensor = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
            let dims = tensor.shape.as_ref().unwrap().dim.iter();
            let dims = dims.map(|dim| match dim.value.as_ref().unwrap() {
                Dimension::DimValue(size) => size.to_string(),
                Dimension::DimParam(name) => name.clone(),
            });
            (DataType::try_from(tensor.elem_type).unwrap(), dims.collect::<Vec<_>>())
        };
        values.iter().map(|v| format!("{} {:?}", v.name, dims(v))).collect()
    };
    assert_eq!(said(&graph.input), [r#"images (Uint8, ["batch", "12", "12", "3"])"#]);
    let outputs = [r#"probability (Float, ["batch"])"#, r#"logit (Float, ["batch"])"#];
    assert_eq!(said(&graph.output), outputs);
}

#[test]
fn each_operation_is_one_of_onnxs() {
    let (_, graph) = decoded(&trained());
    let mut text = String::new();
    for node in &graph.node {
        assert_eq!(node.output, [&*node.name]);
        let settings = node.attribute.iter().map(setting).collect::<Vec<_>>().join(" ");
        let inputs = node.input.join(" ");
        writeln!(text, "{} = {}({inputs}) {settings}", node.name, node.op_type).unwrap();
    }
    expect![[r#""#]].assert_eq(&text);
}

fn setting(attribute: &AttributeProto) -> String {
    let AttributeProto { name, f, i, ints, .. } = attribute;
    match (f, i) {
        (Some(f), None) => format!("{name}={f}"),
        (None, Some(i)) => format!("{name}={i}"),
        _ => format!("{name}={ints:?}"),
    }
}

#[test]
fn weights_are_those_of_the_safetensors_file_and_names_are_known() {
    let trained = trained();
    let (_, graph) = decoded(&trained);
    let weights = &bytes(&trained)[0];
    let tensors = SafeTensors::deserialize(weights).unwrap();
    let constants: BTreeMap<_, _> = graph.initializer.iter().map(|t| (&*t.name, t)).collect();
    assert_eq!(constants.len(), graph.initializer.len(), "a name is taken twice");
    assert_eq!(tensors.len(), 13);
    for (name, tensor) in tensors.iter() {
        let constant = constants[name];
        let dims: Vec<usize> = constant.dims.iter().map(|dim| *dim as usize).collect();
        assert_eq!((&*dims, &*constant.raw_data), (tensor.shape(), tensor.data()), "{name}");
        assert_eq!(constant.data_type, i32::from(DataType::Float));
    }
    let mut known: Vec<&str> = constants.into_keys().collect();
    known.push("images");
    for node in &graph.node {
        node.input.iter().for_each(|input| assert!(known.contains(&&**input), "{input}"));
        assert!(!known.contains(&&*node.name), "{} is there twice", node.name);
        known.push(&node.name);
    }
}

#[test]
fn equal_networks_give_equal_bytes() {
    assert!(trained().network.to_onnx() == trained().network.to_onnx());
}
