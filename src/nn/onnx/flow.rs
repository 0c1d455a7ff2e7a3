//! What flows through the graph: maps of pixels, or vectors. Must not know of operations.

use super::writer::Writer;

/// A value of the plan in the graph.
#[derive(Clone)]
pub struct Flow {
    pub name: String,
    pub form: Form,
}

/// A plan's vectors are maps of one pixel; ONNX tells them apart.
#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    /// `[batch, channels, height, width]`.
    Map,
    /// `[batch, length]`.
    Vector,
}

impl Flow {
    /// Its name as a vector: channel after channel, each row by row.
    pub fn vector(self, writer: &mut Writer) -> String {
        match self.form {
            Form::Vector => self.name,
            Form::Map => {
                writer.node(&format!("{}.vector", self.name), "Flatten", &[&self.name], &[])
            }
        }
    }

    /// Its name as a map; a vector has one pixel.
    pub fn map(self, writer: &mut Writer) -> String {
        match self.form {
            Form::Map => self.name,
            Form::Vector => {
                writer.ints("map.axes", &[2, 3]);
                let name = format!("{}.map", self.name);
                writer.node(&name, "Unsqueeze", &[&self.name, "map.axes"], &[])
            }
        }
    }
}
