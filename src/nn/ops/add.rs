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
    let mut sum = cx.buffers.copy(&a.values);
    elementwise::add(cx.isa, &mut sum, &b.values);
    let mut y = cx.buffers.take(sum.len());
    elementwise::activate(cx.isa, &sum, after, &mut y);
    let y = Activation::new(cx, y, a.images, a.shape)?;
    if T::OWNS_TAPE {
        let (cx, a, b, y) = (cx.clone(), a.tag.clone(), b.tag.clone(), y.clone());
        tape.add_backward_op(move |grads| {
            let mut d = take(&cx, grads, &y.tag)?;
            elementwise::mask(cx.isa, &y.values, after, &mut d);
            put(&cx, grads, &a, cx.buffers.copy(&d))?;
            put(&cx, grads, &b, d)
        });
    }
    Ok(y)
}
