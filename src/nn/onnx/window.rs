//! A window's geometry in ONNX's terms.

use crate::nn::kernels::geometry::Geometry;

/// What convolutions and pools have in common.
pub struct Window {
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    /// Above, left, below, right.
    pub pads: [i64; 4],
}

impl Window {
    pub fn of(g: &Geometry) -> Window {
        // What the last window covers beyond the map. Where it ends on the map ONNX wants 0, which
        // gives no window more: what is left there is less than a stride.
        let end = |output: usize, kernel: usize, input: usize| {
            let covered = (output - 1) * g.stride + (kernel - 1) * g.dilation + 1;
            covered.saturating_sub(g.lead + input) as i64
        };
        let (lead, stride) = (g.lead as i64, g.stride as i64);
        let bottom = end(g.output.0, g.kernel.0, g.input.0);
        let right = end(g.output.1, g.kernel.1, g.input.1);
        Window {
            kernel: [g.kernel.0 as i64, g.kernel.1 as i64],
            strides: [stride, stride],
            pads: [lead, lead, bottom, right],
        }
    }
}
