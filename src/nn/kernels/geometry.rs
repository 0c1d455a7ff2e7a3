//! The geometry of a window that slides over a map: which input pixel each tap reads.

/// Sizes of one convolution or pooling: a map of `height` × `width` × `channels`, a window, and
/// what comes out. A dense layer is the window as large as its map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Images in the batch.
    pub images: usize,
    /// Height and width of the input map, in pixels.
    pub input: (usize, usize),
    /// Channels of the input map.
    pub channels: usize,
    /// Height and width of the output map.
    pub output: (usize, usize),
    /// Channels of the output map.
    pub filters: usize,
    /// Height and width of the window.
    pub kernel: (usize, usize),
    /// Pixels between neighbouring windows, both ways.
    pub stride: usize,
    /// Pixels between neighbouring taps of a window, both ways; 1 is a dense window.
    pub dilation: usize,
    /// Parts of equal size that channels and filters are cut into; each part of the filters reads
    /// its own part of the channels. As many as channels: a depthwise convolution.
    pub groups: usize,
    /// Rows above and columns left of the map that the first window covers; what lies below and
    /// to the right follows from `output`.
    pub lead: usize,
}

impl Geometry {
    /// Positions in the window.
    pub fn taps(&self) -> usize {
        self.kernel.0 * self.kernel.1
    }

    /// Floats in the input.
    pub fn input_len(&self) -> usize {
        self.input.0 * self.input.1 * self.images * self.channels
    }

    /// Floats in the output.
    pub fn output_len(&self) -> usize {
        self.output.0 * self.output.1 * self.images * self.filters
    }

    /// Channels that each filter reads.
    pub fn depth(&self) -> usize {
        self.channels / self.groups
    }

    /// Weights, `[tap][channel of a group][filter]`.
    pub fn weights(&self) -> usize {
        self.taps() * self.depth() * self.filters
    }

    /// The input pixels that output pixel (`y`, `x`) reads: `each(tap, input pixel)`, taps in order.
    pub fn reads(&self, y: usize, x: usize, mut each: impl FnMut(usize, usize)) {
        for ky in 0..self.kernel.0 {
            let Some(iy) = self.source(y, ky, self.input.0) else { continue };
            for kx in 0..self.kernel.1 {
                if let Some(ix) = self.source(x, kx, self.input.1) {
                    each(ky * self.kernel.1 + kx, iy * self.input.1 + ix);
                }
            }
        }
    }

    /// The output pixels that read input pixel (`y`, `x`): `each(tap, output pixel)`, taps in order.
    pub fn readers(&self, y: usize, x: usize, mut each: impl FnMut(usize, usize)) {
        for ky in 0..self.kernel.0 {
            let Some(oy) = self.target(y, ky, self.output.0) else { continue };
            for kx in 0..self.kernel.1 {
                if let Some(ox) = self.target(x, kx, self.output.1) {
                    each(ky * self.kernel.1 + kx, oy * self.output.1 + ox);
                }
            }
        }
    }

    /// Along one axis: what tap `tap` of output `out` reads, if it is on the map.
    pub(super) fn source(&self, out: usize, tap: usize, size: usize) -> Option<usize> {
        (out * self.stride + tap * self.dilation).checked_sub(self.lead).filter(|&at| at < size)
    }

    /// Along one axis: the output whose tap `tap` reads input `at`, if there is one.
    pub(super) fn target(&self, at: usize, tap: usize, size: usize) -> Option<usize> {
        let offset = (at + self.lead).checked_sub(tap * self.dilation)?;
        (offset % self.stride == 0 && offset / self.stride < size).then(|| offset / self.stride)
    }
}
