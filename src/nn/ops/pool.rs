//! Pooling on the tape. Global average pooling is average pooling with a window of the whole map.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::geometry::Geometry;
use crate::nn::kernels::pooling::{self, Adaptive};
use crate::nn::shape::Shape;
use crate::nn::tensor::{Activation, Compute, put, take};

/// The largest value of each window.
pub(crate) fn max<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    g: Geometry,
    x: &Activation,
) -> Result<Activation, CpuError> {
    let mut y = cx.buffers.take(g.output_len());
    let mut winner = cx.buffers.take(g.output_len());
    pooling::max(cx.isa, &g, &x.values, &mut y, &mut winner);
    let y = Activation::new(cx, y, x.images, Shape::new(g.output.0, g.output.1, g.filters))?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.tag.clone());
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut dx = cx.buffers.take(g.input_len());
            pooling::max_grad(cx.isa, &g, &dy, &winner, &mut dx);
            put(&cx, grads, &x, dx)
        });
    }
    Ok(y)
}

/// The mean of each window.
pub(crate) fn average<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    g: Geometry,
    x: &Activation,
) -> Result<Activation, CpuError> {
    let mut y = cx.buffers.take(g.output_len());
    pooling::average(cx.isa, &g, &x.values, &mut y);
    let y = Activation::new(cx, y, x.images, Shape::new(g.output.0, g.output.1, g.filters))?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.tag.clone());
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut dx = cx.buffers.take(g.input_len());
            pooling::average_grad(cx.isa, &g, &dy, &mut dx);
            put(&cx, grads, &x, dx)
        });
    }
    Ok(y)
}

/// The mean of each bin, one for each pixel of `to`; see [`Adaptive`].
pub(crate) fn adaptive<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    to: Shape,
    x: &Activation,
) -> Result<Activation, CpuError> {
    let (input, output) = ((x.shape.height, x.shape.width), (to.height, to.width));
    let a = Adaptive { len: x.images * x.shape.channels, input, output };
    let mut y = cx.buffers.take(x.images * to.len());
    pooling::adaptive(cx.isa, &a, &x.values, &mut y);
    let y = Activation::new(cx, y, x.images, to)?;
    if T::OWNS_TAPE {
        let (cx, len, x, y) = (cx.clone(), x.values.len(), x.tag.clone(), y.tag.clone());
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut dx = cx.buffers.take(len);
            pooling::adaptive_grad(cx.isa, &a, &dy, &mut dx);
            put(&cx, grads, &x, dx)
        });
    }
    Ok(y)
}
