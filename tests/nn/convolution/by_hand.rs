//! Convolutions by their definition, each product by itself in the documented order.

use super::floats;
use microtome::nn::kernels::geometry::Geometry;

/// (input pixel, output pixel, tap) of every product of a convolution, outputs and taps in order.
pub fn products(g: &Geometry) -> Vec<(usize, usize, usize)> {
    let mut products = Vec::new();
    for out in 0..g.output.0 * g.output.1 {
        for tap in 0..g.kernel.0 * g.kernel.1 {
            let (ky, kx) = (tap / g.kernel.1 * g.dilation, tap % g.kernel.1 * g.dilation);
            let y = (out / g.output.1 * g.stride + ky).checked_sub(g.lead);
            let x = (out % g.output.1 * g.stride + kx).checked_sub(g.lead);
            if let (Some(y), Some(x)) = (y, x)
                && y < g.input.0
                && x < g.input.1
            {
                products.push((y * g.input.1 + x, out, tap));
            }
        }
    }
    products
}

/// (channel, filter, weight) of every pair of one tap, channels and filters in order.
pub fn pairs(g: &Geometry, tap: usize) -> Vec<(usize, usize, usize)> {
    let (depth, filters) = (g.channels / g.groups, g.filters / g.groups);
    let mut pairs = Vec::new();
    for c in 0..g.channels {
        for o in c / depth * filters..(c / depth + 1) * filters {
            pairs.push((c, o, (tap * depth + c % depth) * g.filters + o));
        }
    }
    pairs
}

/// The documented order, added up by hand: bias, then taps, in each tap the channels.
pub fn forward_in_order(g: &Geometry) -> Vec<f32> {
    let (x, w, bias) =
        (floats(g.input_len(), "x"), floats(g.weights(), "w"), floats(g.filters, "bias"));
    let mut sums: Vec<f32> = (0..g.output_len()).map(|i| bias[i % g.filters]).collect();
    for (at, out, tap) in products(g) {
        for (c, o, weight) in pairs(g, tap) {
            for n in 0..g.images {
                let sum = &mut sums[(out * g.images + n) * g.filters + o];
                *sum = x[(at * g.images + n) * g.channels + c].mul_add(w[weight], *sum);
            }
        }
    }
    sums
}

/// The documented order: taps from top left to bottom right, in each the filters.
pub fn data_grad_in_order(g: &Geometry) -> Vec<f32> {
    let (dy, w) = (floats(g.output_len(), "dy"), floats(g.weights(), "w"));
    let mut sums = vec![0f32; g.input_len()];
    let mut by_tap = products(g);
    by_tap.sort_by_key(|(at, _, tap)| (*at, *tap));
    for (at, out, tap) in by_tap {
        for (c, o, weight) in pairs(g, tap) {
            for n in 0..g.images {
                let sum = &mut sums[(at * g.images + n) * g.channels + c];
                *sum = dy[(out * g.images + n) * g.filters + o].mul_add(w[weight], *sum);
            }
        }
    }
    sums
}

/// Every product, summed in f64.
pub fn weight_grad_in_f64(g: &Geometry) -> Vec<f64> {
    let (x, dy) = (floats(g.input_len(), "x"), floats(g.output_len(), "dy"));
    let mut sums = vec![0f64; g.weights()];
    for (at, out, tap) in products(g) {
        for (c, o, weight) in pairs(g, tap) {
            for n in 0..g.images {
                sums[weight] += f64::from(x[(at * g.images + n) * g.channels + c])
                    * f64::from(dy[(out * g.images + n) * g.filters + o]);
            }
        }
    }
    sums
}
