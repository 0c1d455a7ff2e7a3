//! Addition on the tape: where branches of a network meet.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::{After, elementwise};
use crate::nn::tensor::{Activation, Compute, put, take};

/// `after(a + b)`.
pub(crate) fn add<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    a: &Activation,
    b: &Activation,
    after: After,
) -> Result<Activation, CpuError> {
    let mut y = cx.buffers.take(a.values.len());
    elementwise::sum(cx.isa, &a.values, &b.values, after, &mut y);
    let y = Activation::new(cx, y, a.images, a.shape)?;
    if T::OWNS_TAPE {
        let (cx, a, b, y) = (cx.clone(), a.tag.clone(), b.tag.clone(), y.clone());
        tape.add_backward_op(move |grads| {
            let mut d = take(&cx, grads, &y.tag)?;
            let mut copy = cx.buffers.take(d.len());
            elementwise::sum_grad(cx.isa, &y.values, after, &mut d, &mut copy);
            put(&cx, grads, &a, copy)?;
            put(&cx, grads, &b, d)
        });
    }
    Ok(y)
}
