//! Convolutions and dense layers on the tape.

use std::sync::Arc;

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::buffer::Buffer;
use crate::nn::kernels::convolution::{self, Algorithm};
use crate::nn::kernels::geometry::Geometry;
use crate::nn::kernels::{After, Epilogue, elementwise, pack, reduce};
use crate::nn::parameter::Parameter;
use crate::nn::shape::Shape;
use crate::nn::tensor::{Activation, Compute, Grads, Vector, put, take};

/// Whether the gradient of an operation's input is wanted: of images it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputGrad {
    Wanted,
    Unused,
}

/// What is needed on the way back.
struct Back {
    cx: Compute,
    geometry: Geometry,
    after: After,
    x: Activation,
    y: Activation,
    weights: Arc<Buffer>,
    weight_tag: Vector,
    bias_tag: Option<Vector>,
    input_grad: InputGrad,
}

/// `after(x ∗ weight + bias)`; the geometry gives all sizes.
pub(crate) fn conv<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    geometry: Geometry,
    x: &Activation,
    (weight, bias): (&Parameter, Option<&Parameter>),
    after: After,
    input_grad: InputGrad,
) -> Result<Activation, CpuError> {
    let g = &geometry;
    let weights = weight.read(cx);
    let packed = convolution::pack_forward(cx.isa, Algorithm::of(g), g, &weights, &cx.buffers);
    let start = bias.map(|bias| {
        let mut start = cx.buffers.zeros(pack::padded(g.filters));
        start[..g.filters].copy_from_slice(&bias.read(cx));
        start
    });
    let mut y = cx.buffers.take(g.output_len());
    let epilogue = Epilogue { bias: start.as_deref(), residual: None, after };
    convolution::forward(cx.isa, g, &x.values, &packed, epilogue, &cx.buffers, &mut y);
    let y = Activation::new(cx, y, g.images, Shape::new(g.output.0, g.output.1, g.filters))?;
    if T::OWNS_TAPE {
        let back = Back {
            cx: cx.clone(),
            geometry,
            after,
            x: x.clone(),
            y: y.clone(),
            weights,
            weight_tag: weight.tag.clone(),
            bias_tag: bias.map(|bias| bias.tag.clone()),
            input_grad,
        };
        tape.add_backward_op(move |grads| back.run(grads));
    }
    Ok(y)
}

impl Back {
    fn run(self, grads: &mut Grads) -> Result<(), CpuError> {
        let (cx, g) = (&self.cx, &self.geometry);
        let mut dy = take(cx, grads, &self.y.tag)?;
        match (&self.bias_tag, self.after) {
            (Some(tag), After::Nothing) => {
                let sums = reduce::column_sums(cx.isa, &dy, g.filters);
                put(cx, grads, tag, cx.buffers.copy(&sums))?;
            }
            (Some(tag), after) => {
                let sums = reduce::mask_and_sum(cx.isa, &self.y.values, after, &mut dy, g.filters);
                put(cx, grads, tag, cx.buffers.copy(&sums))?;
            }
            (None, After::Nothing) => {}
            (None, after) => elementwise::mask(cx.isa, &self.y.values, after, &mut dy),
        }
        let dw = convolution::weight_grad(cx.isa, g, &self.x.values, &dy, &cx.buffers);
        put(cx, grads, &self.weight_tag, dw)?;
        if self.input_grad == InputGrad::Wanted {
            let mut packed = cx.buffers.take(convolution::backward_len(g));
            convolution::pack_backward(cx.isa, g, &self.weights, &mut packed);
            let mut dx = cx.buffers.take(g.input_len());
            convolution::data_grad(cx.isa, g, &dy, &packed, &cx.buffers, &mut dx);
            put(cx, grads, &self.x.tag, dx)?;
        }
        Ok(())
    }
}
