//! Curves from numbers to bytes that are too slow to compute for each pixel.

/// A falling or rising curve of 256 steps, turned around: which byte a number is nearest to.
#[derive(Debug)]
pub(super) struct Steps {
    /// `borders[i]` lies halfway between the numbers of bytes `i` and `i + 1`, rising.
    borders: [f64; 255],
}

impl Steps {
    /// `border(i)` is the number at which byte `i` gives way to byte `i + 1`; it rises with `i`.
    pub fn new(border: impl Fn(f64) -> f64) -> Steps {
        Steps { borders: std::array::from_fn(|byte| border(byte as f64 + 0.5)) }
    }

    /// The byte of a number; 0 for what is not a number.
    pub fn byte(&self, number: f64) -> u8 {
        // Eight comparisons; a cast cannot overflow, since there are 255 borders.
        self.borders.partition_point(|border| *border <= number) as u8
    }
}
