//! Smooth noise over the plane, a pure function of place and seed.

/// Value noise: random numbers on the whole-numbered grid, blended smoothly between. In `[0, 1]`,
/// with features about one unit wide.
pub(super) fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (floor(x), floor(y));
    let (u, v) = (smooth(x - left as f32), smooth(y - top as f32));
    let at = |dx: i32, dy: i32| corner(left.wrapping_add(dx), top.wrapping_add(dy), seed);
    let upper = at(0, 0) + (at(1, 0) - at(0, 0)) * u;
    let lower = at(0, 1) + (at(1, 1) - at(0, 1)) * u;
    upper + (lower - upper) * v
}

/// The whole number below; `f32::floor` is a call where the processor is not known to have it.
fn floor(x: f32) -> i32 {
    let whole = x as i32;
    if whole as f32 > x { whole - 1 } else { whole }
}

/// Two octaves of noise, still in `[0, 1]`.
pub(super) fn rough(x: f32, y: f32, seed: u32) -> f32 {
    noise(x, y, seed) * 0.65 + noise(x * 2.1, y * 2.1, seed ^ 0x9e37) * 0.35
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(super) fn step(low: f32, high: f32, x: f32) -> f32 {
    smooth(((x - low) / (high - low)).clamp(0.0, 1.0))
}

/// A number in `[0, 1)` for a point of the grid (the finaliser of MurmurHash3).
fn corner(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x8da6_b343) ^ (y as u32).wrapping_mul(0xd816_3841) ^ seed;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    ((h ^ (h >> 16)) >> 8) as f32 / (1 << 24) as f32
}
