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
    expect![[r#"
        channels_first = Transpose(images) perm=[0, 3, 1, 2]
        floats = Cast(channels_first) to=1
        scaled = Div(floats byte.largest) 
        centred = Sub(scaled normalization.mean) 
        normalized = Div(centred normalization.sd) 
        0 = Conv(normalized 0.weight 0.bias) kernel_shape=[3, 3] strides=[2, 2] pads=[0, 0, 1, 1] dilations=[1, 1] group=1
        1 = BatchNormalization(0 1.weight 1.bias 1.running_mean 1.running_var) epsilon=0.00001
        activation_3 = Clip(1 relu6.least relu6.largest) 
        3.0 = Conv(activation_3 3.0.weight) kernel_shape=[3, 3] strides=[1, 1] pads=[2, 2, 2, 2] dilations=[2, 2] group=4
        add_5 = Add(3.0 activation_3) 
        activation_6 = Relu(add_5) 
        max_pool_7 = MaxPool(activation_6) kernel_shape=[3, 3] strides=[2, 2] pads=[1, 1, 0, 0]
        avg_pool_8 = GlobalAveragePool(max_pool_7) 
        max_pool_7.vector = Flatten(max_pool_7) 
        6.1.1 = Gemm(max_pool_7.vector 6.1.1.weight 6.1.1.bias) transB=1
        avg_pool_8.vector = Flatten(avg_pool_8) 
        concat_11 = Concat(avg_pool_8.vector 6.1.1) axis=1
        concat_11.map = Unsqueeze(concat_11 map.axes) 
        7 = Conv(concat_11.map 7.weight 7.bias) kernel_shape=[1, 1] strides=[1, 1] pads=[0, 0, 0, 0] dilations=[1, 1] group=1
        7.vector = Flatten(7) 
        9 = Gemm(7.vector 9.weight 9.bias) transB=1
        logit = Squeeze(9 logit.axes) 
        probability = Sigmoid(logit) 
    "#]].assert_eq(&text);
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
