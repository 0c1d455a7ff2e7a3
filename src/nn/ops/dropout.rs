//! Dropout on the tape: the mask is computed again on the way back, not kept.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::elementwise;
use crate::nn::tensor::{Activation, Compute, put, take};

/// Dropout with the mask that `key` stands for.
pub(crate) fn dropout<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
    key: u64,
    rate: f64,
) -> Result<Activation, CpuError> {
    let mut y = cx.buffers.take(x.values.len());
    elementwise::dropout(cx.isa, &x.values, key, rate, &mut y);
    let y = Activation::new(cx, y, x.images, x.shape)?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.tag.clone());
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut dx = cx.buffers.take(dy.len());
            elementwise::dropout(cx.isa, &dy, key, rate, &mut dx);
            put(&cx, grads, &x, dx)
        });
    }
    Ok(y)
}
