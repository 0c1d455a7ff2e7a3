//! Flattening on the tape: the only place where pixels and channels change their order.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::elementwise;
use crate::nn::shape::Shape;
use crate::nn::tensor::{Activation, Compute, put, take};

/// Each map as one vector, in PyTorch's order.
pub(crate) fn flatten<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
) -> Result<Activation, CpuError> {
    let (images, channels) = (x.images, x.shape.channels);
    let mut y = cx.buffers.take(x.values.len());
    elementwise::flatten(&x.values, images, channels, &mut y);
    let y = Activation::new(cx, y, images, Shape::new(1, 1, x.shape.len()))?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.tag.clone());
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut dx = cx.buffers.take(dy.len());
            elementwise::unflatten(&dy, images, channels, &mut dx);
            put(&cx, grads, &x, dx)
        });
    }
    Ok(y)
}
