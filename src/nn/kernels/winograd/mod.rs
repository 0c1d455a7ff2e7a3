//! Winograd's convolution F(4×4, 3×3): 3 × 3 windows of stride 1 with a quarter of the products.
//!
//! A tile of 4 × 4 outputs reads 6 × 6 inputs. Both the tile and the weights are brought to 36
//! *frequencies* ([`axis`] has the transforms), where the convolution is one matrix product each,
//! rows (tile, image) × channels. <https://arxiv.org/abs/1509.09308>
//!
//! **Order.** Every transform goes along columns first, then along rows, by the formulas of
//! [`axis`], off the map with zeros; each frequency is summed from 0 by fused multiply-adds.

mod axis;
mod sweep;
mod tiles;
mod transform;
mod weight_grad;
mod weights;

use super::Epilogue;
use super::buffer::{Buffer, Buffers};
use super::geometry::Geometry;
use super::isa::Isa;
use super::pack;
use sweep::Sweep;
use tiles::Tiles;

/// Pixels of a tile's output, each way.
const OUT: usize = 4;
/// Pixels that a tile reads, and frequencies, each way.
const EDGE: usize = 6;
const FREQUENCIES: usize = EDGE * EDGE;

/// Whether a geometry can be computed here.
pub fn fits(g: &Geometry) -> bool {
    g.kernel == (3, 3) && (g.stride, g.dilation, g.groups) == (1, 1, 1) && g.lead <= 2
}

/// What a geometry that [`fits`] costs here, in products for each pair of a channel and a filter.
pub fn cost(g: &Geometry) -> f64 {
    // Measured over maps of 3 to 96 pixels, 32 to 512 channels and batches of 1 to 128, with
    // AVX-512: to transform one float takes as long as 25 products, to transform the weights, and
    // to read so many more of them, as long as 2500 products each.
    const TRANSFORM: f64 = 25.0;
    const WEIGHTS: f64 = 2500.0;
    let rows = (g.output.0.div_ceil(OUT) * g.output.1.div_ceil(OUT) * g.images) as f64;
    let share = 1.0 / g.channels as f64 + 1.0 / g.filters as f64;
    FREQUENCIES as f64 * rows * (1.0 + TRANSFORM * share) + WEIGHTS
}

/// `len` floats rounded up so that many streams so far apart fall into different sets of a cache.
fn apart(len: usize) -> usize {
    let lines = len.div_ceil(16);
    (lines + 1 - lines % 2) * 16
}

/// Floats of the weights transformed for the forward pass.
pub fn forward_len(g: &Geometry) -> usize {
    weights::len(g.channels, g.filters)
}

/// `[tap][channel][filter]` → `[frequency][filter / 32][channel][32]`.
pub fn pack_forward(isa: Isa, g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    weights::forward(isa, g, weights, packed);
}

/// `y = after(x ∗ w + bias + residual)`: input `(h, w, n, c)`, output `(oh, ow, n, filters)`.
///
/// **Order of additions**, for each frequency of each tile: from 0, channels in order; then the
/// output's transform, the bias, the residual.
pub fn forward(
    isa: Isa,
    g: &Geometry,
    x: &[f32],
    packed: &[f32],
    epilogue: Epilogue,
    buffers: &Buffers,
    y: &mut [f32],
) {
    assert!(epilogue.bias.is_none_or(|bias| bias.len() == pack::padded(g.filters)));
    let tiles = Tiles::forward(g);
    let (depth, columns) = (g.channels, g.filters);
    Sweep { isa, tiles, depth, columns, x, packed, epilogue }.run(buffers, y);
}

/// Floats of the weights transformed for the data gradient.
pub fn backward_len(g: &Geometry) -> usize {
    weights::len(g.filters, g.channels)
}

/// `[tap][channel][filter]` → `[frequency][channel / 32][filter][32]`, windows turned around.
pub fn pack_backward(isa: Isa, g: &Geometry, weights: &[f32], packed: &mut [f32]) {
    weights::backward(isa, g, weights, packed);
}

/// `dx`, given `dy`: input `(oh, ow, n, filters)`, output `(h, w, n, c)`.
///
/// **Order of additions**: that of [`forward`], with filters in place of channels.
pub fn data_grad(
    isa: Isa,
    g: &Geometry,
    dy: &[f32],
    packed: &[f32],
    buffers: &Buffers,
    dx: &mut [f32],
) {
    let tiles = Tiles::backward(g);
    let (depth, columns, epilogue) = (g.filters, g.channels, Epilogue::default());
    Sweep { isa, tiles, depth, columns, x: dy, packed, epilogue }.run(buffers, dx);
}

/// `dw[tap][channel][filter] = Σ x · dy` over output pixels and images.
///
/// **Order of additions**: see [`weight_grad`].
pub fn weight_grad(isa: Isa, g: &Geometry, x: &[f32], dy: &[f32], buffers: &Buffers) -> Buffer {
    weight_grad::weight_grad(isa, g, x, dy, buffers)
}
