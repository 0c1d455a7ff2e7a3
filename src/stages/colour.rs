//! Probabilities to colours.

/// Viridis (Stéfan van der Walt and Nathaniel Smith, 2015, <https://bids.github.io/colormap/>, CC0)
/// at nine places: from dark blue to yellow, evenly lighter to the eye, also to those who tell no
/// red from green, and in print.
const ANCHORS: [[u8; 3]; 9] = [
    [0x44, 0x01, 0x54],
    [0x47, 0x2d, 0x7b],
    [0x3b, 0x52, 0x8b],
    [0x2c, 0x72, 0x8e],
    [0x21, 0x91, 0x8c],
    [0x28, 0xae, 0x80],
    [0x5e, 0xc9, 0x62],
    [0xad, 0xdc, 0x30],
    [0xfd, 0xe7, 0x25],
];

/// The colour of a probability; what is outside 0 to 1 has that of the nearer end.
pub fn viridis(probability: f32) -> [u8; 3] {
    let last = ANCHORS.len() - 1;
    let at = probability.clamp(0.0, 1.0) * last as f32;
    let below = (at as usize).min(last - 1);
    let part = at - below as f32;
    let mix = |c: usize| {
        let (from, to) = (f32::from(ANCHORS[below][c]), f32::from(ANCHORS[below + 1][c]));
        (from + (to - from) * part).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

#[cfg(test)]
mod tests {
    use super::viridis;

    #[test]
    fn from_dark_blue_to_yellow_ever_lighter() {
        assert_eq!(viridis(0.0), [0x44, 0x01, 0x54]);
        assert_eq!(viridis(0.5), [0x21, 0x91, 0x8c]);
        assert_eq!(viridis(1.0), [0xfd, 0xe7, 0x25]);
        assert_eq!(viridis(f32::INFINITY), viridis(1.0));
        let luma = |p: u32| {
            let [r, g, b] = viridis(p as f32 / 100.0).map(u32::from);
            299 * r + 587 * g + 114 * b
        };
        assert!((0..100).all(|p| luma(p) < luma(p + 1)));
    }
}
