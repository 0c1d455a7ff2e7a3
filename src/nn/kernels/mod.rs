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
pub mod channels;
mod columns;
pub mod conv;
pub mod convolution;
pub mod depthwise;
pub mod elementwise;
mod gemm;
pub mod geometry;
pub mod isa;
mod lanes;
pub mod norm;
mod norm_steps;
pub mod pack;
pub mod pooling;
pub mod reduce;
mod scalar;
mod span;
mod sweep;
pub mod update;
mod way;
pub mod weight_grad;
pub mod winograd;

/// What is done to each output as it is written: an activation that follows costs no pass of its
/// own. NaN stays NaN in each, so that a diverged network is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// The sum as it is.
    #[default]
    Nothing,
    /// Negative sums become 0.
    Relu,
    /// Negative sums become 0, those above 6 become 6.
    Relu6,
}

impl After {
    /// The least and the largest output; NaN where there is none, as nothing compares with it.
    #[inline(always)]
    pub(crate) fn bounds(self) -> (f32, f32) {
        match self {
            After::Nothing => (f32::NAN, f32::NAN),
            After::Relu => (0.0, f32::NAN),
            After::Relu6 => (0.0, 6.0),
        }
    }
}

/// What a convolution does besides the sum of products: `after(bias + products + residual)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// One value a filter, padded to a multiple of 32 ([`pack::padded`]): where each sum starts.
    pub bias: Option<&'a [f32]>,
    /// Of the output's shape: added to each finished sum, before `after`.
    pub residual: Option<&'a [f32]>,
    /// What becomes of the result.
    pub after: After,
}
