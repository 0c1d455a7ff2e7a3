//! Channels of several maps put together on the tape, and zeros put around those of one.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::kernels::channels;
use crate::nn::shape::Shape;
use crate::nn::tensor::{Activation, Compute, put, take};

/// All parts, channel after channel; their maps have one height and width.
pub(crate) fn concat<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    parts: &[Activation],
) -> Result<Activation, CpuError> {
    let (shape, images) = (parts[0].shape, parts[0].images);
    let channels: usize = parts.iter().map(|part| part.shape.channels).sum();
    let mut y = cx.buffers.take(images * shape.height * shape.width * channels);
    let mut first = 0;
    for part in parts {
        channels::insert(&part.values, part.shape.channels, &mut y, channels, first);
        first += part.shape.channels;
    }
    let y = Activation::new(cx, y, images, Shape { channels, ..shape })?;
    if T::OWNS_TAPE {
        let (cx, y) = (cx.clone(), y.tag.clone());
        let parts: Vec<_> = parts.iter().map(|p| (p.tag.clone(), p.shape.channels)).collect();
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut first = 0;
            for (part, columns) in &parts {
                let mut dx = cx.buffers.take(dy.len() / channels * columns);
                channels::extract(&dy, channels, first, &mut dx, *columns);
                put(&cx, grads, part, dx)?;
                first += columns;
            }
            Ok(())
        });
    }
    Ok(y)
}

/// Zeros for the first `before` of `channels`, then those of `x`, then zeros.
pub(crate) fn pad<T: Tape<f32, Cpu>>(
    tape: &mut T,
    cx: &Compute,
    x: &Activation,
    before: usize,
    channels: usize,
) -> Result<Activation, CpuError> {
    let columns = x.shape.channels;
    let mut y = cx.buffers.zeros(x.values.len() / columns * channels);
    channels::insert(&x.values, columns, &mut y, channels, before);
    let y = Activation::new(cx, y, x.images, Shape { channels, ..x.shape })?;
    if T::OWNS_TAPE {
        let (cx, x, y) = (cx.clone(), x.tag.clone(), y.tag.clone());
        tape.add_backward_op(move |grads| {
            let dy = take(&cx, grads, &y)?;
            let mut dx = cx.buffers.take(dy.len() / channels * columns);
            channels::extract(&dy, channels, before, &mut dx, columns);
            put(&cx, grads, &x, dx)
        });
    }
    Ok(y)
}
