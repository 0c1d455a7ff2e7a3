//! A network as ONNX's graph: what it takes, what it gives, and its plan in between.

use super::flow::{Flow, Form};
use super::messages::{DataType, GraphProto};
use super::operation::Operations;
use super::writer::{Setting, Writer};
use crate::data::Normalization;
use crate::nn::images::CHANNELS;
use crate::nn::predict::Network;
use crate::nn::shape::Shape;

/// The whole graph, from bytes to probabilities.
///
/// The plan is taken as it was built, before operations are merged: those who run the file merge
/// them again, each in its own way.
pub fn of(network: &Network) -> GraphProto {
    let (layers, description) = (network.layers(), network.description());
    let mut writer = Writer::default();
    let images = images(&mut writer, description.input, description.normalization);
    let mut operations = Operations::new(layers, &mut writer, images);
    for node in &layers.plan.nodes {
        operations.add(node);
    }
    let last = operations.flow(layers.plan.output());
    outputs(&mut writer, &last);
    writer.finish(description.architecture.name())
}

/// Bytes, rows and columns first, become normalised floats, channels first. The arithmetic is that
/// of [`Loader`](crate::nn::images::Loader), so that the floats have the same bits.
fn images(writer: &mut Writer, input: Shape, normalization: Option<Normalization>) -> Flow {
    let sizes = [input.height, input.width, CHANNELS];
    let about = "[image, row, column, channel]: red, green and blue from 0 to 255";
    writer.input("images", DataType::Uint8, &sizes, about);
    let perm = ("perm", Setting::Ints(&[0, 3, 1, 2]));
    let x = writer.node("channels_first", "Transpose", &["images"], &[perm]);
    let to = ("to", Setting::Int(DataType::Float as i64));
    let x = writer.node("floats", "Cast", &[&x], &[to]);
    writer.floats("byte.largest", &[], &[255.0]);
    let mut name = writer.node("scaled", "Div", &[&x, "byte.largest"], &[]);
    if let Some(Normalization { mean, sd }) = normalization {
        writer.floats("normalization.mean", &[CHANNELS, 1, 1], &mean);
        writer.floats("normalization.sd", &[CHANNELS, 1, 1], &sd);
        let x = writer.node("centred", "Sub", &[&name, "normalization.mean"], &[]);
        name = writer.node("normalized", "Div", &[&x, "normalization.sd"], &[]);
    }
    Flow { name, form: Form::Map }
}

/// One number an image, as it is and as a probability.
fn outputs(writer: &mut Writer, last: &Flow) {
    let axes: &[i64] = match last.form {
        Form::Map => &[1, 2, 3],
        Form::Vector => &[1],
    };
    writer.ints("logit.axes", axes);
    let logit = writer.node("logit", "Squeeze", &[&last.name, "logit.axes"], &[]);
    writer.node("probability", "Sigmoid", &[&logit], &[]);
    writer.output("probability", DataType::Float, &[], "of class 1, for each image");
    writer.output("logit", DataType::Float, &[], "what the probability is the sigmoid of");
}
