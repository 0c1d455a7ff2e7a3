//! An activation of its own (one that follows a convolution or a batch norm is part of that).

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::{After, elementwise};
use crate::nn::tensor::{Activation, Compute, put, take};

/// `after(x)`.
pub(crate) fn relu<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
    after: After,
) -> Result<Activation, CpuError> {
    let mut y = cx.buffers.take(x.values.len());
    elementwise::activate(cx.isa, &x.values, after, &mut y);
    let y = Activation::new(cx, y, x.images, x.shape)?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.clone());
        tape.add_backward_op(move |grads| {
            let mut d = take(&cx, grads, &y.tag)?;
            elementwise::mask(cx.isa, &y.values, after, &mut d);
            put(&cx, grads, &x, d)
        });
    }
    Ok(y)
}
