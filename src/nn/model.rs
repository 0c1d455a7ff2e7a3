//! A network's specification, and whether its layers fit together: answered before data is read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layer::{Conv, Layer, Padding, Pool};
use super::shape::Shape;

/// What a network is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Model {
    /// Layers, one after the other; the last gives one value, the logit: `{ dense = 1 }`.
    Layers(Vec<Layer>),
}

/// A layer that does not fit, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ShapeProblem {
    /// Its place in `layers`, from 0; `None` if the fault is the list's.
    pub layer: Option<usize>,
    /// The whole message; layers are counted from 1 in it.
    pub message: String,
}

impl Model {
    /// The layers that this model stands for, in order.
    pub fn layers(&self) -> &[Layer] {
        let Model::Layers(layers) = self;
        layers
    }

    /// The shape after each layer for one image of shape `input`.
    ///
    /// # Errors
    /// The first layer that cannot take what it is given, or that the last does not give one logit.
    pub fn infer(&self, input: Shape) -> Result<Vec<Shape>, ShapeProblem> {
        let layers = self.layers();
        let mut shapes: Vec<Shape> = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let before = shapes.last().copied().unwrap_or(input);
            let after = layer.infer(before).map_err(|what| ShapeProblem {
                layer: Some(index),
                message: format!("layer {} ({layer}) {what}", index + 1),
            })?;
            shapes.push(after);
        }
        match shapes.last() {
            None => Err(ShapeProblem {
                layer: None,
                message: "`layers` is empty: end it with \"flatten\", { dense = 1 }".to_owned(),
            }),
            Some(last) if *last != Shape::new(1, 1, 1) => {
                let index = layers.len() - 1;
                let message = format!(
                    "layer {} ({}) is the last and gives {last}, but a classifier of two classes ends in one logit: add {}",
                    index + 1,
                    layers[index],
                    if last.height * last.width == 1 {
                        "{ dense = 1 }"
                    } else {
                        "\"global_avg_pool\" (or \"flatten\"), { dense = 1 }"
                    },
                );
                Err(ShapeProblem { layer: Some(index), message })
            }
            Some(_) => Ok(shapes),
        }
    }
}

impl Layer {
    /// The shape that comes out for a shape that goes in.
    ///
    /// # Errors
    /// What is wrong and what to do, to be read after the layer's name.
    pub fn infer(&self, input: Shape) -> Result<Shape, String> {
        match self {
            Layer::Conv(conv) => conv.infer(input),
            Layer::MaxPool(pool) | Layer::AvgPool(pool) => pool.infer(input),
            Layer::BatchNorm | Layer::Relu => Ok(input),
            Layer::GlobalAvgPool => Ok(Shape::new(1, 1, input.channels)),
            Layer::Flatten => Ok(Shape::new(1, 1, input.len())),
            Layer::Dense(dense) if dense.units == 0 => {
                Err("has no units: give at least 1".to_owned())
            }
            Layer::Dense(_) if input.height * input.width > 1 => Err(format!(
                "takes a vector, not a {input} map: put \"flatten\" or \"global_avg_pool\" before it"
            )),
            Layer::Dense(dense) => Ok(Shape::new(1, 1, dense.units)),
            Layer::Dropout(rate) if !(0.0..1.0).contains(rate) => {
                Err("has no such rate: give at least 0 and less than 1".to_owned())
            }
            Layer::Dropout(_) => Ok(input),
        }
    }
}

impl Conv {
    fn infer(&self, input: Shape) -> Result<Shape, String> {
        for (name, value) in
            [("filters", self.filters), ("kernel", self.kernel), ("stride", self.stride)]
        {
            if value == 0 {
                return Err(format!("has `{name}` 0: give at least 1"));
            }
        }
        let side = |size: usize| match self.padding {
            Padding::Same => Some(size.div_ceil(self.stride)),
            Padding::Pixels(pixels) => windows(size, self.kernel, self.stride, pixels),
        };
        match (side(input.height), side(input.width)) {
            (Some(height), Some(width)) => Ok(Shape::new(height, width, self.filters)),
            _ => Err(format!(
                "has a {0}×{0} kernel, larger than the {1}×{2} map: take a smaller `kernel`, or `padding = \"same\"`",
                self.kernel, input.height, input.width
            )),
        }
    }
}

impl Pool {
    fn infer(&self, input: Shape) -> Result<Shape, String> {
        for (name, value) in [("size", self.size), ("stride", self.stride)] {
            if value == 0 {
                return Err(format!("has `{name}` 0: give at least 1"));
            }
        }
        if self.padding > self.size / 2 {
            return Err(format!(
                "has `padding` {}, more than half of its size: give at most {}",
                self.padding,
                self.size / 2
            ));
        }
        let side = |size| windows(size, self.size, self.stride, self.padding);
        match (side(input.height), side(input.width)) {
            (Some(height), Some(width)) => Ok(Shape::new(height, width, input.channels)),
            _ => Err(format!(
                "cannot {} a {}×{} map: remove this layer or an earlier pool or stride, or use larger images",
                if self.size == 2 {
                    "halve".to_owned()
                } else {
                    format!("take {0}×{0} windows of", self.size)
                },
                input.height,
                input.width
            )),
        }
    }
}

/// How many windows fit along one axis.
fn windows(size: usize, window: usize, stride: usize, padding: usize) -> Option<usize> {
    Some((size + 2 * padding).checked_sub(window)? / stride + 1)
}
