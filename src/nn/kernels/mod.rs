//! CPU kernels over plain slices: one algorithm in three instruction sets, the same bits in each.
//! Must not know of tapes, parameters or layers; the only place in `nn` with `unsafe`.
//!
//! **Layout.** Activations are pixel-major, `(height, width, images, channels)`: element
//! `((y·W + x)·N + n)·C + c`. The rows of a matrix tile are then the images at one pixel, so that
//! borders are skipped taps (no padding, no im2col) and any stride costs nothing.
//!
//! **Order.** Every output element is accumulated by fused multiply-adds in one order, which is
//! written at each kernel and depends on neither the vector width nor the threads: we vectorise
//! across outputs, never along a sum, and cut long sums over pixels and images into chunks whose
//! size follows from the shape alone, combined in order.

pub mod alloc;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod buffer;
pub mod conv;
pub mod elementwise;
mod gemm;
pub mod geometry;
pub mod isa;
pub mod norm;
pub mod pack;
pub mod pooling;
pub mod reduce;
mod scalar;
pub mod update;
pub mod weight_grad;

/// What is done to each output as it is written: a ReLU that follows costs no pass of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The sum as it is.
    Nothing,
    /// Negative sums become 0; NaN stays NaN, so that a diverged network is noticed.
    Relu,
}
