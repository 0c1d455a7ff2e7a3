//! Convolution, forward and data gradient, as segmented matrix products without im2col.

use super::Epilogue;
use super::geometry::Geometry;
use super::isa::Isa;
use super::pack;
use super::span::Axis;
use super::sweep::Sweep;

/// `y = after(bias + x ∗ w + residual)`: input `(h, w, n, c)`, output `(oh, ow, n, filters)`.
///
/// `packed` comes from [`pack::forward`].
///
/// **Order of additions**, for each output: the bias (or 0), then taps from top left to bottom
/// right (those off the map are left out), in each tap the channels of the filter's group in
/// order, then the residual.
pub fn forward(
    isa: Isa,
    g: &Geometry,
    x: &[f32],
    packed: &[f32],
    epilogue: Epilogue,
    y: &mut [f32],
) {
    assert_eq!((x.len(), y.len()), (g.input_len(), g.output_len()));
    assert_eq!(packed.len(), pack::forward_len(g));
    assert!(epilogue.bias.is_none_or(|bias| bias.len() == pack::padded(g.filters)));
    assert!(epilogue.residual.is_none_or(|residual| residual.len() == g.output_len()));
    let starts = epilogue.bias.map(|bias| starts(g, bias));
    let sweep = Sweep {
        isa,
        images: g.images,
        axes: Axis::forward(g),
        width: g.input.1,
        kernel: g.kernel,
        groups: g.groups,
        depth: g.depth(),
        columns: g.filters / g.groups,
        x,
        packed,
        starts: starts.as_deref(),
        residual: epilogue.residual,
        after: epilogue.after,
    };
    sweep.run(y);
}

/// `dx`, given `dy`: input `(oh, ow, n, filters)`, output `(h, w, n, c)`.
///
/// `packed` comes from [`pack::backward`].
///
/// **Order of additions**, for each input element: from 0, the taps that read it from top left to
/// bottom right, in each tap the filters of the channel's group in order.
pub fn data_grad(isa: Isa, g: &Geometry, dy: &[f32], packed: &[f32], dx: &mut [f32]) {
    assert_eq!((dx.len(), dy.len()), (g.input_len(), g.output_len()));
    assert_eq!(packed.len(), pack::backward_len(g));
    let sweep = Sweep {
        isa,
        images: g.images,
        axes: Axis::backward(g),
        width: g.output.1,
        kernel: g.kernel,
        groups: g.groups,
        depth: g.filters / g.groups,
        columns: g.depth(),
        x: dy,
        packed,
        starts: None,
        residual: None,
        after: super::After::Nothing,
    };
    sweep.run(dx);
}

/// The bias as the blocks of outputs need it: each group padded by itself.
fn starts(g: &Geometry, bias: &[f32]) -> Vec<f32> {
    let filters = g.filters / g.groups;
    let mut starts = vec![0.0; g.groups * pack::padded(filters)];
    pack::pad_rows(&bias[..g.filters], filters, &mut starts);
    starts
}
