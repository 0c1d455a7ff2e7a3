//! Convolution in all three directions by the algorithm that is fastest for its shape. Which one
//! follows from the shape alone, never from the machine: their bits differ.

use super::Epilogue;
use super::buffer::{Buffer, Buffers};
use super::geometry::Geometry;
use super::isa::Isa;
use super::{conv, depthwise, pack, weight_grad as direct, winograd};

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The sum of products as it is written down ([`conv`]).
    Direct,
    /// A quarter of the products, and additions instead ([`winograd`]).
    Winograd,
    /// Each channel by itself ([`depthwise`]).
    Depthwise,
}

impl Algorithm {
    /// What is fastest for a geometry, in all three directions. The number of images counts: a few
    /// of them on small maps do not pay for bringing the weights to four times as many frequencies.
    pub fn of(g: &Geometry) -> Algorithm {
        if depthwise::applies(g) {
            Algorithm::Depthwise
        } else if winograd::fits(g) && winograd::cost(g) < direct_cost(g) {
            Algorithm::Winograd
        } else {
            Algorithm::Direct
        }
    }

    /// What computes a geometry whatever the number of images, so that an image's result does not
    /// depend on what else is in its batch: what is fastest for 32.
    pub fn of_any_batch(g: &Geometry) -> Algorithm {
        Algorithm::of(&Geometry { images: 32, ..*g })
    }
}

/// Weights laid out for [`forward`].
#[derive(Clone)]
pub struct Packed {
    algorithm: Algorithm,
    weights: Buffer,
}

/// Products for each pair of a channel and a filter: those off the map are left out.
fn direct_cost(g: &Geometry) -> f64 {
    let along = |outputs: usize, size: usize, window: usize| {
        let taps = |out| (0..window).filter(|tap| g.source(out, *tap, size).is_some()).count();
        (0..outputs).map(taps).sum::<usize>()
    };
    let rows = along(g.output.0, g.input.0, g.kernel.0);
    (rows * along(g.output.1, g.input.1, g.kernel.1) * g.images) as f64
}

/// Packs weights `[tap][channel][filter]` for [`forward`], which then computes by `algorithm`.
pub fn pack_forward(
    isa: Isa,
    algorithm: Algorithm,
    g: &Geometry,
    weights: &[f32],
    buffers: &Buffers,
) -> Packed {
    let weights = match algorithm {
        Algorithm::Direct => {
            let mut packed = buffers.take(pack::forward_len(g));
            pack::forward(g, weights, &mut packed);
            packed
        }
        Algorithm::Winograd => {
            let mut packed = buffers.take(winograd::forward_len(g));
            winograd::pack_forward(isa, g, weights, &mut packed);
            packed
        }
        Algorithm::Depthwise => buffers.copy(weights),
    };
    Packed { algorithm, weights }
}

/// `y = after(bias + x ∗ w + residual)`: input `(h, w, n, c)`, output `(oh, ow, n, filters)`.
pub fn forward(
    isa: Isa,
    g: &Geometry,
    x: &[f32],
    Packed { algorithm, weights: packed }: &Packed,
    epilogue: Epilogue,
    buffers: &Buffers,
    y: &mut [f32],
) {
    match algorithm {
        Algorithm::Direct => conv::forward(isa, g, x, packed, epilogue, y),
        Algorithm::Winograd => winograd::forward(isa, g, x, packed, epilogue, buffers, y),
        Algorithm::Depthwise => depthwise::forward(isa, g, x, packed, epilogue, y),
    }
}

/// Floats of the weights packed for [`data_grad`].
pub fn backward_len(g: &Geometry) -> usize {
    match Algorithm::of(g) {
        Algorithm::Direct => pack::backward_len(g),
        Algorithm::Winograd => winograd::backward_len(g),
        Algorithm::Depthwise => g.weights(),
    }
}

/// Packs weights `[tap][channel][filter]` for [`data_grad`].
pub fn pack_backward(isa: Isa, g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    match Algorithm::of(g) {
        Algorithm::Direct => pack::backward(g, weights, packed),
        Algorithm::Winograd => winograd::pack_backward(isa, g, weights, packed),
        Algorithm::Depthwise => packed.copy_from_slice(weights),
    }
}

/// `dx`, given `dy`: input `(oh, ow, n, filters)`, output `(h, w, n, c)`.
pub fn data_grad(
    isa: Isa,
    g: &Geometry,
    dy: &[f32],
    packed: &[f32],
    buffers: &Buffers,
    dx: &mut [f32],
) {
    match Algorithm::of(g) {
        Algorithm::Direct => conv::data_grad(isa, g, dy, packed, dx),
        Algorithm::Winograd => winograd::data_grad(isa, g, dy, packed, buffers, dx),
        Algorithm::Depthwise => depthwise::data_grad(isa, g, dy, packed, dx),
    }
}

/// `dw[tap][channel][filter] = Σ x · dy` over output pixels and images.
pub fn weight_grad(isa: Isa, g: &Geometry, x: &[f32], dy: &[f32], buffers: &Buffers) -> Buffer {
    match Algorithm::of(g) {
        Algorithm::Direct => {}
        Algorithm::Winograd => return winograd::weight_grad(isa, g, x, dy, buffers),
        Algorithm::Depthwise => return buffers.copy(&depthwise::weight_grad(isa, g, x, dy)),
    }
    // The direct sum reads whole blocks of 32 filters of a group.
    let filters = g.filters / g.groups;
    let width = pack::padded(filters);
    let padded = (width != filters).then(|| {
        let mut padded = buffers.take(dy.len() / filters * width);
        pack::pad_rows(dy, filters, &mut padded);
        padded
    });
    let mut partial = buffers.take(direct::partial_len(g));
    direct::weight_grad(isa, g, x, padded.as_deref().unwrap_or(dy), &mut partial);
    partial.truncate(g.weights());
    partial
}
