//! How our buffers meet dfdx: activations and parameters are shared buffers that a tag, a dfdx tensor
//! of no length, stands for on the tape and among the gradients; the loss is a dfdx scalar.

use std::sync::Arc;

use dfdx::tensor::{Cpu, CpuError, Gradients, OwnedTape, Tensor, TensorFromVec};

use super::kernels::buffer::{Buffer, Buffers};
use super::kernels::elementwise;
use super::kernels::isa::Isa;
use super::shape::Shape;

/// A vector of floats whose gradient dfdx keeps.
pub(crate) type Vector = Tensor<(usize,), f32, Cpu>;
/// Gradients by tensor.
pub(crate) type Grads = Gradients<f32, Cpu>;
/// The tape of a step of training.
pub(crate) type Tape = OwnedTape<f32, Cpu>;

/// What operations run on: an instruction set, recycled memory and dfdx's device.
#[derive(Clone)]
pub struct Compute {
    pub(crate) isa: Isa,
    pub(crate) buffers: Buffers,
    pub(crate) device: Cpu,
}

impl Compute {
    /// A fresh stock of memory, and kernels of the given instruction set.
    pub fn new(isa: Isa) -> Compute {
        // The device's own random generator is never used, nor its cache, which grows.
        Compute { isa, buffers: Buffers::default(), device: Cpu::seed_from_u64(0) }
    }

    /// Floats that lie unused in the stock of memory.
    pub fn idle(&self) -> usize {
        self.buffers.idle()
    }

    /// A tensor of no length: a new key for gradients.
    pub(crate) fn tag(&self) -> Result<Vector, CpuError> {
        self.device.try_tensor_from_vec(Vec::new(), (0,))
    }
}

/// The values that flow from one layer to the next, `(height, width, images, channels)`.
#[derive(Clone)]
pub(crate) struct Activation {
    pub shape: Shape,
    pub images: usize,
    pub values: Arc<Buffer>,
    pub tag: Vector,
}

impl Activation {
    pub fn new(
        cx: &Compute,
        values: Buffer,
        images: usize,
        shape: Shape,
    ) -> Result<Activation, CpuError> {
        debug_assert_eq!(values.len(), images * shape.len());
        Ok(Activation { shape, images, values: Arc::new(values), tag: cx.tag()? })
    }
}

/// Moves the gradient of `tag` out; empty if nothing has flowed into it.
pub(crate) fn take(cx: &Compute, grads: &mut Grads, tag: &Vector) -> Result<Buffer, CpuError> {
    Ok(cx.buffers.adopt(std::mem::take(&mut **grads.get_or_alloc_mut(tag)?)))
}

/// Adds to the gradient of `tag`. Several operations may have read it: the last of them in the
/// network's order comes first.
pub(crate) fn put(
    cx: &Compute,
    grads: &mut Grads,
    tag: &Vector,
    mut gradient: Buffer,
) -> Result<(), CpuError> {
    let there = take(cx, grads, tag)?;
    if !there.is_empty() {
        elementwise::add(cx.isa, &mut gradient, &there);
    }
    **grads.get_or_alloc_mut(tag)? = gradient.into_vec();
    Ok(())
}
