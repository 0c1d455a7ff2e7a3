//! Each operation of a plan, with its weights, as one or a few of ONNX's. Must not know what the
//! graph takes and gives.

use super::flow::{Flow, Form};
use super::window::Window;
use super::writer::{Setting, Writer};
use crate::nn::kernels::After;
use crate::nn::kernels::geometry::Geometry;
use crate::nn::kernels::pooling::bin;
use crate::nn::network::Layers;
use crate::nn::plan::{Node, Norm, Op, Value};
use crate::nn::shape::Shape;

/// The plan's operations, added to a graph in their order.
pub struct Operations<'a> {
    layers: &'a Layers,
    writer: &'a mut Writer,
    /// By the plan's values.
    flows: Vec<Flow>,
}

impl<'a> Operations<'a> {
    pub fn new(layers: &'a Layers, writer: &'a mut Writer, images: Flow) -> Operations<'a> {
        Operations { layers, writer, flows: vec![images] }
    }

    /// What stands for a value of the plan.
    pub fn flow(&self, value: Value) -> Flow {
        self.flows[value.0].clone()
    }

    /// The next operation. The plan is as it was built: nothing is merged.
    pub fn add(&mut self, node: &Node) {
        let x = self.flow(node.inputs[0]);
        let name = self.name(node);
        let flow = match &node.op {
            Op::Conv { geometry, weight, bias, .. } => {
                self.product(&name, x, geometry, (*weight, *bias))
            }
            Op::Norm { norm, .. } => self.norm(&name, x, norm),
            Op::Activation(after) => self.activation(&name, x, *after),
            Op::MaxPool(geometry) => self.pool(&name, "MaxPool", x, geometry, &[]),
            Op::AvgPool(g) if g.kernel == g.input && g.output == (1, 1) && g.lead == 0 => {
                let x = x.map(self.writer);
                self.map_node(&name, "GlobalAveragePool", &[&x], &[])
            }
            Op::AvgPool(geometry) => {
                let counted = ("count_include_pad", Setting::Int(1));
                self.pool(&name, "AveragePool", x, geometry, &[counted])
            }
            Op::AdaptiveAvgPool => {
                let from = self.shape(node.inputs[0]);
                self.adaptive_pool(&name, x, from, node.shape)
            }
            Op::Flatten => Flow { name: x.vector(self.writer), form: Form::Vector },
            // Nothing is dropped where nothing is trained.
            Op::Dropout { .. } => x,
            Op::Add(_) => self.join(&name, "Add", &node.inputs, &[]),
            Op::Concat => self.join(&name, "Concat", &node.inputs, &[("axis", Setting::Int(1))]),
            Op::PadChannels { before } => {
                let from = self.shape(node.inputs[0]).channels;
                self.pad_channels(&name, x, *before, node.shape.channels - before - from)
            }
        };
        self.flows.push(flow);
    }

    /// The layer's name where it has weights; else what it does and which operation it is.
    fn name(&self, node: &Node) -> String {
        let layer = |weight: usize| {
            let name = &self.layers.parameters[weight].name;
            name.strip_suffix(".weight").unwrap_or(name).to_owned()
        };
        let what = match &node.op {
            Op::Conv { weight, .. } => return layer(*weight),
            Op::Norm { norm, .. } => return layer(norm.weight),
            Op::Activation(_) => "activation",
            Op::MaxPool(_) => "max_pool",
            Op::AvgPool(_) => "avg_pool",
            Op::AdaptiveAvgPool => "adaptive_avg_pool",
            Op::Flatten => "flatten",
            Op::Dropout { .. } => "dropout",
            Op::Add(_) => "add",
            Op::Concat => "concat",
            Op::PadChannels { .. } => "pad_channels",
        };
        format!("{what}_{}", node.value.0)
    }

    /// A convolution, or a dense layer.
    fn product(
        &mut self,
        name: &str,
        x: Flow,
        g: &Geometry,
        (weight, bias): (usize, Option<usize>),
    ) -> Flow {
        let weights: Vec<String> =
            [Some(weight), bias].into_iter().flatten().map(|index| self.parameter(index)).collect();
        let dense = self.layers.parameters[weight].shape.len() == 2;
        let x = if dense { x.vector(self.writer) } else { x.map(self.writer) };
        let inputs: Vec<&str> = [&x].into_iter().chain(&weights).map(String::as_str).collect();
        if dense {
            // PyTorch's order is [out][in].
            let name = self.writer.node(name, "Gemm", &inputs, &[("transB", Setting::Int(1))]);
            return Flow { name, form: Form::Vector };
        }
        let dilation = g.dilation as i64;
        let settings = [
            ("dilations", Setting::Ints(&[dilation, dilation])),
            ("group", Setting::Int(g.groups as i64)),
        ];
        self.window(name, "Conv", &inputs, g, &settings)
    }

    fn norm(&mut self, name: &str, x: Flow, norm: &Norm) -> Flow {
        let (weight, bias) = (self.parameter(norm.weight), self.parameter(norm.bias));
        let running = &self.layers.running[norm.statistics];
        let (mean, variance) =
            (format!("{}.running_mean", running.name), format!("{}.running_var", running.name));
        self.writer.floats(&mean, &[running.mean.len()], &running.mean);
        self.writer.floats(&variance, &[running.variance.len()], &running.variance);
        let inputs = [&x.name, &weight, &bias, &mean, &variance].map(String::as_str);
        let epsilon = ("epsilon", Setting::Float(norm.epsilon));
        let name = self.writer.node(name, "BatchNormalization", &inputs, &[epsilon]);
        Flow { name, form: x.form }
    }

    fn activation(&mut self, name: &str, x: Flow, after: After) -> Flow {
        let name = match after {
            After::Nothing => return x,
            After::Relu => self.writer.node(name, "Relu", &[&x.name], &[]),
            After::Relu6 => {
                self.writer.floats("relu6.least", &[], &[0.0]);
                self.writer.floats("relu6.largest", &[], &[6.0]);
                self.writer.node(name, "Clip", &[&x.name, "relu6.least", "relu6.largest"], &[])
            }
        };
        Flow { name, form: x.form }
    }

    fn pool(
        &mut self,
        name: &str,
        op: &str,
        x: Flow,
        g: &Geometry,
        settings: &[(&str, Setting)],
    ) -> Flow {
        let x = x.map(self.writer);
        self.window(name, op, &[&x], g, settings)
    }

    /// ONNX has no such pool. Each row that comes out is a weighted sum of rows, and so for
    /// columns: both are products with constant matrices.
    fn adaptive_pool(&mut self, name: &str, x: Flow, from: Shape, to: Shape) -> Flow {
        let x = x.map(self.writer);
        let (rows, columns) = (format!("{name}.rows"), format!("{name}.columns"));
        let (of_row, of_column) = (shares(from.height, to.height), shares(from.width, to.width));
        self.writer.floats(&rows, &[to.height, from.height], &of_row);
        let turned: Vec<f32> = (0..from.width * to.width)
            .map(|at| of_column[at % to.width * from.width + at / to.width])
            .collect();
        self.writer.floats(&columns, &[from.width, to.width], &turned);
        let narrow = self.writer.node(&format!("{name}.narrow"), "MatMul", &[&x, &columns], &[]);
        self.map_node(name, "MatMul", &[&rows, &narrow], &[])
    }

    /// An operation whose window slides over a map.
    fn window(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&str],
        g: &Geometry,
        settings: &[(&str, Setting)],
    ) -> Flow {
        let Window { kernel, strides, pads } = Window::of(g);
        let mut all = vec![
            ("kernel_shape", Setting::Ints(&kernel)),
            ("strides", Setting::Ints(&strides)),
            ("pads", Setting::Ints(&pads)),
        ];
        all.extend_from_slice(settings);
        self.map_node(name, op, inputs, &all)
    }

    /// Values put together; a vector and a map of one pixel become two vectors.
    fn join(&mut self, name: &str, op: &str, of: &[Value], settings: &[(&str, Setting)]) -> Flow {
        let flows: Vec<Flow> = of.iter().map(|value| self.flow(*value)).collect();
        let maps = flows.iter().all(|flow| flow.form == Form::Map);
        let form = if maps { Form::Map } else { Form::Vector };
        let names: Vec<String> = flows
            .into_iter()
            .map(|flow| if maps { flow.name } else { flow.vector(self.writer) })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Flow { name: self.writer.node(name, op, &names, settings), form }
    }

    fn pad_channels(&mut self, name: &str, x: Flow, before: usize, after: usize) -> Flow {
        let (before, after) = (before as i64, after as i64);
        let pads = format!("{name}.pads");
        match x.form {
            Form::Map => self.writer.ints(&pads, &[0, before, 0, 0, 0, after, 0, 0]),
            Form::Vector => self.writer.ints(&pads, &[0, before, 0, after]),
        }
        Flow { name: self.writer.node(name, "Pad", &[&x.name, &pads], &[]), form: x.form }
    }

    /// An operation on maps, or on one and weights.
    fn map_node(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&str],
        settings: &[(&str, Setting)],
    ) -> Flow {
        Flow { name: self.writer.node(name, op, inputs, settings), form: Form::Map }
    }

    /// Writes a parameter in PyTorch's order and gives its name.
    fn parameter(&mut self, index: usize) -> String {
        let parameter = &self.layers.parameters[index];
        let values = parameter.layout.to_torch(&parameter.values());
        self.writer.floats(&parameter.name, &parameter.shape, &values);
        parameter.name.clone()
    }

    fn shape(&self, value: Value) -> Shape {
        let plan = &self.layers.plan;
        value.0.checked_sub(1).map_or(plan.input, |node| plan.nodes[node].shape)
    }
}

/// `to` × `from` numbers: how much of each input is in each output of an adaptive pool.
fn shares(from: usize, to: usize) -> Vec<f32> {
    let row = |i: usize| {
        let bin = bin(i, from, to);
        (0..from).map(move |at| if bin.contains(&at) { 1.0 / bin.len() as f32 } else { 0.0 })
    };
    (0..to).flat_map(row).collect()
}
