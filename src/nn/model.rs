//! A network's specification, and whether its layers fit together: answered before data is read.

use super::kernels::After;
use super::layer::{Conv, Dense, Layer, Padding, Pool};
use super::plan::{Builder, Plan, Value};
use super::presets::Preset;
use super::shape::Shape;

/// What a network is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Layers, one after the other; the last gives one value, the logit: `{ dense = 1 }`.
    Layers(Vec<Layer>),
    /// A known architecture: `"resnet18"`, or `{ resnet18 = { … } }` with its settings.
    Preset(Preset),
}

/// A layer that does not fit, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ShapeProblem {
    /// Its place in the model: `layers[3].residual.layers[0]`; empty if the fault is the model's.
    pub place: String,
    /// The whole message; layers are counted from 1 in it.
    pub message: String,
}

/// One line of a network's summary: a layer, or a block of a preset.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// As short as a user would write it.
    pub name: String,
    /// What it gives for one image.
    pub shape: Shape,
    /// Trained floats; running statistics do not count.
    pub parameters: usize,
}

impl Model {
    /// The layers that were declared; none of a preset.
    pub fn layers(&self) -> &[Layer] {
        match self {
            Model::Layers(layers) => layers,
            Model::Preset(_) => &[],
        }
    }

    /// The model by its name, such as `resnet18`; `layers` where it was declared.
    pub fn name(&self) -> &'static str {
        match self {
            Model::Layers(_) => "layers",
            Model::Preset(preset) => preset.architecture.name(),
        }
    }

    /// Each layer, or each block of a preset, with the shape after it for one image of shape
    /// `input`.
    ///
    /// # Errors
    /// The first layer that cannot take what it is given, or that the last does not give one logit.
    pub fn infer(&self, input: Shape) -> Result<Vec<Summary>, ShapeProblem> {
        self.plan_and_summary(input).map(|(_, summary)| summary)
    }

    pub(crate) fn plan(&self, input: Shape) -> Result<Plan, ShapeProblem> {
        self.plan_and_summary(input).map(|(plan, _)| plan)
    }

    fn plan_and_summary(&self, input: Shape) -> Result<(Plan, Vec<Summary>), ShapeProblem> {
        let mut builder = Builder::new(input);
        match self {
            Model::Layers(layers) => {
                let mut summary = Vec::with_capacity(layers.len());
                let x = sequence(&mut builder, layers, Value::IMAGES, &Place::top(), &mut summary)?;
                ends_in_a_logit(layers, builder.shape(x))?;
                Ok((builder.finish(), summary))
            }
            Model::Preset(preset) => preset.build(builder).map_err(|message| ShapeProblem {
                place: String::new(),
                message: format!("{} {message}", preset.architecture.name()),
            }),
        }
    }
}

fn ends_in_a_logit(layers: &[Layer], last: Shape) -> Result<(), ShapeProblem> {
    if layers.is_empty() {
        return Err(ShapeProblem {
            place: String::new(),
            message: "`layers` is empty: end it with \"flatten\", { dense = 1 }".to_owned(),
        });
    }
    if last == Shape::new(1, 1, 1) {
        return Ok(());
    }
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
    Err(ShapeProblem { place: format!("layers[{index}]"), message })
}

/// Where a list of layers stands: in the TOML, in messages, and in PyTorch's names.
#[derive(Clone)]
struct Place {
    toml: String,
    words: String,
    torch: String,
}

impl Place {
    fn top() -> Place {
        Place { toml: "layers".into(), words: String::new(), torch: String::new() }
    }

    /// A list of a layer's own: where it is written below the layer, and how it is called.
    fn within(&self, index: usize, (toml, words): (&str, &str), torch: &str) -> Place {
        Place {
            toml: format!("{}[{index}].{toml}", self.toml),
            words: format!("{}layer {}, {words}, ", self.words, index + 1),
            torch: format!("{}{index}.{torch}", self.torch),
        }
    }
}

/// Layers one after the other; what the last gives.
fn sequence(
    builder: &mut Builder,
    layers: &[Layer],
    mut x: Value,
    place: &Place,
    summary: &mut Vec<Summary>,
) -> Result<Value, ShapeProblem> {
    for (index, layer) in layers.iter().enumerate() {
        let before = builder.parameter_count();
        let name = format!("{}{index}", place.torch);
        let problem = |what| ShapeProblem {
            place: format!("{}[{index}]", place.toml),
            message: format!("{}layer {} ({layer}) {what}", place.words, index + 1),
        };
        x = match layer {
            Layer::Residual(residual) => {
                let inner = |list, torch| place.within(index, list, torch);
                let mut ignored = Vec::new();
                let (layers, shortcut) = (&residual.layers, &residual.shortcut);
                let place = inner(("residual.layers", "residual"), "");
                let y = sequence(builder, layers, x, &place, &mut ignored)?;
                let place = inner(("residual.shortcut", "shortcut"), "shortcut.");
                let x = sequence(builder, shortcut, x, &place, &mut ignored)?;
                builder.add(y, x).map_err(problem)?
            }
            Layer::Parallel(branches) => {
                let mut parts = Vec::new();
                for (branch, layers) in branches.iter().enumerate() {
                    let list = format!("parallel[{branch}]");
                    let place = place.within(index, (&list, &list), &format!("{branch}."));
                    parts.push(sequence(builder, layers, x, &place, &mut Vec::new())?);
                }
                builder.concat(parts).map_err(problem)?
            }
            single => one(builder, single, &name, x).map_err(problem)?,
        };
        summary.push(Summary {
            name: layer.to_string(),
            shape: builder.shape(x),
            parameters: builder.parameter_count() - before,
        });
    }
    Ok(x)
}

/// A layer without layers inside.
fn one(builder: &mut Builder, layer: &Layer, name: &str, x: Value) -> Result<Value, String> {
    match layer {
        Layer::Conv(conv) => builder.conv(name, x, conv),
        Layer::BatchNorm => Ok(builder.norm(name, x, EPSILON)),
        Layer::Relu => Ok(builder.activation(After::Relu, x)),
        Layer::Relu6 => Ok(builder.activation(After::Relu6, x)),
        Layer::MaxPool(pool) => builder.max_pool(x, pool),
        Layer::AvgPool(pool) => builder.avg_pool(x, pool),
        Layer::GlobalAvgPool => Ok(builder.global_avg_pool(x)),
        Layer::AdaptiveAvgPool(side) => builder.adaptive_avg_pool(x, *side),
        Layer::Flatten => Ok(builder.flatten(x)),
        Layer::Dense(dense) => builder.dense(name, x, dense),
        Layer::Dropout(rate) => builder.dropout(x, *rate),
        Layer::Residual(_) | Layer::Parallel(_) => Ok(x),
    }
}

/// Added to a variance before its root is taken, as PyTorch does.
pub(crate) const EPSILON: f32 = 1e-5;

impl Dense {
    pub(crate) fn infer(&self, input: Shape) -> Result<Shape, String> {
        if self.units == 0 {
            return Err("has no units: give at least 1".to_owned());
        }
        if input.height * input.width > 1 {
            return Err(format!(
                "takes a vector, not a {input} map: put \"flatten\" or \"global_avg_pool\" before it"
            ));
        }
        Ok(Shape::new(1, 1, self.units))
    }
}

impl Conv {
    pub(crate) fn infer(&self, input: Shape) -> Result<Shape, String> {
        for (name, value) in [
            ("filters", self.filters),
            ("kernel", self.kernel),
            ("stride", self.stride),
            ("dilation", self.dilation),
            ("groups", self.groups),
        ] {
            if value == 0 {
                return Err(format!("has `{name}` 0: give at least 1"));
            }
        }
        for (what, count) in [("channels", input.channels), ("filters", self.filters)] {
            if count % self.groups != 0 {
                return Err(format!(
                    "cannot cut {count} {what} into {} equal `groups`: take a divisor of both {} and {}",
                    self.groups, input.channels, self.filters
                ));
            }
        }
        let extent = self.dilation * (self.kernel - 1) + 1;
        let side = |size: usize| match self.padding {
            Padding::Same | Padding::TfSame => Some(size.div_ceil(self.stride)),
            Padding::Pixels(pixels) => windows(size, extent, self.stride, pixels),
        };
        match (side(input.height), side(input.width)) {
            (Some(height), Some(width)) => Ok(Shape::new(height, width, self.filters)),
            _ => Err(format!(
                "has a {0}×{0} kernel, larger than the {1}×{2} map: take a smaller `kernel`, or `padding = \"same\"`",
                extent, input.height, input.width
            )),
        }
    }
}

impl Pool {
    pub(crate) fn infer(&self, input: Shape) -> Result<Shape, String> {
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
