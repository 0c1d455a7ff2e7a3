//! A graph that grows node by node. Must not know what a network is.

use super::messages::{
    AttributeProto, AttributeType, DataType, Dimension, DimensionProto, GraphProto, NodeProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// A setting of an operation.
#[derive(Clone, Copy)]
pub enum Setting<'a> {
    Float(f32),
    Int(i64),
    Ints(&'a [i64]),
}

/// A graph that is not finished.
#[derive(Default)]
pub struct Writer {
    graph: GraphProto,
}

impl Writer {
    /// An operation called `name`; what it gives has that name too, which comes back. One that is
    /// there already is not written again.
    pub fn node(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&str],
        settings: &[(&str, Setting)],
    ) -> String {
        if self.graph.node.iter().all(|node| node.name != name) {
            self.graph.node.push(NodeProto {
                input: inputs.iter().map(|input| input.to_string()).collect(),
                output: vec![name.to_owned()],
                name: name.to_owned(),
                op_type: op.to_owned(),
                attribute: settings.iter().map(|(name, of)| attribute(name, of)).collect(),
            });
        }
        name.to_owned()
    }

    /// Constant floats of the given sizes; none for a single one.
    pub fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, dims, DataType::Float, bytes);
    }

    /// A vector of constant whole numbers.
    pub fn ints(&mut self, name: &str, values: &[i64]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, &[values.len()], DataType::Int64, bytes);
    }

    fn constant(&mut self, name: &str, dims: &[usize], data_type: DataType, raw_data: Vec<u8>) {
        // What several operations share is written once.
        if self.graph.initializer.iter().all(|tensor| tensor.name != name) {
            let dims = dims.iter().map(|dim| *dim as i64).collect();
            let name = name.to_owned();
            let data_type = data_type.into();
            self.graph.initializer.push(TensorProto { dims, data_type, name, raw_data });
        }
    }

    /// What whoever runs the graph gives.
    pub fn input(&mut self, name: &str, of: DataType, sizes: &[usize], about: &str) {
        self.graph.input.push(value(name, of, sizes, about));
    }

    /// The name of a node whose result whoever runs the graph gets.
    pub fn output(&mut self, name: &str, of: DataType, sizes: &[usize], about: &str) {
        self.graph.output.push(value(name, of, sizes, about));
    }

    pub fn finish(self, name: &str) -> GraphProto {
        GraphProto { name: name.to_owned(), ..self.graph }
    }
}

fn attribute(name: &str, setting: &Setting) -> AttributeProto {
    let named = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match setting {
        Setting::Float(f) => {
            AttributeProto { f: Some(*f), r#type: AttributeType::Float.into(), ..named }
        }
        Setting::Int(i) => {
            AttributeProto { i: Some(*i), r#type: AttributeType::Int.into(), ..named }
        }
        Setting::Ints(ints) => {
            AttributeProto { ints: ints.to_vec(), r#type: AttributeType::Ints.into(), ..named }
        }
    }
}

/// A tensor whose first size is the batch's, which is not known, and whose others are `sizes`.
fn value(name: &str, of: DataType, sizes: &[usize], about: &str) -> ValueInfoProto {
    let batch = Dimension::DimParam("batch".to_owned());
    let sizes = sizes.iter().map(|size| Dimension::DimValue(*size as i64));
    let dim = [batch].into_iter().chain(sizes).map(|size| DimensionProto { value: Some(size) });
    let shape = Some(TensorShapeProto { dim: dim.collect() });
    let tensor_type = Some(TensorTypeProto { elem_type: of.into(), shape });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type }),
        doc_string: about.to_owned(),
    }
}
