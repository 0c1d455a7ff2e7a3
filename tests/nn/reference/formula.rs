//! Weights and images that PyTorch's side computes alike: see `formula.py`, which states it.

/// How many elements of a gradient are kept.
pub const SAMPLES: usize = 16;

/// The 64-bit FNV-1a hash.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Number `index` of the stream that starts at `hash` (SplitMix64: Steele, Lea and Flood, 2014).
fn bits(hash: u64, index: usize) -> u64 {
    let steps = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = hash.wrapping_add(steps);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// In [−1, 1).
fn unit(hash: u64, index: usize) -> f64 {
    (bits(hash, index) >> 40) as f64 / (1 << 23) as f64 - 1.0
}

/// The values of a parameter or of a running statistic, in PyTorch's order.
pub fn parameter(name: &str, shape: &[usize]) -> Vec<f32> {
    let hash = hash(name);
    let (offset, bound) = if shape.len() >= 2 {
        (0.0, (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt())
    } else if name.ends_with(".running_mean") {
        (0.0, 0.1)
    } else if name.ends_with(".bias") {
        (0.2, 0.1)
    } else if name.ends_with(".running_var") {
        (1.0, 0.5)
    } else {
        (0.5, 0.2)
    };
    let count = shape.iter().product();
    (0..count).map(|i| (offset + bound * unit(hash, i)) as f32).collect()
}

/// `count` × `height` × `width` × 3 bytes.
pub fn images(salt: usize, count: usize, height: usize, width: usize) -> Vec<u8> {
    let (blocks, noise) = (hash(&format!("blocks {salt}")), hash(&format!("noise {salt}")));
    let byte = |hash, index| bits(hash, index) >> 56;
    let value = |i: usize| {
        let (c, x, y, n) = (i % 3, i / 3 % width, i / 3 / width % height, i / 3 / width / height);
        let block = ((n * height.div_ceil(8) + y / 8) * width.div_ceil(8) + x / 8) * 3 + c;
        ((3 * byte(blocks, block) + byte(noise, i)) / 4) as u8
    };
    (0..count * height * width * 3).map(value).collect()
}

/// Which elements of the gradient of a parameter with `len` elements are kept.
pub fn places(name: &str, len: usize) -> [usize; SAMPLES] {
    let hash = hash(&format!("sample of {name}"));
    std::array::from_fn(|k| (bits(hash, k) % len as u64) as usize)
}

/// What `formula.py` gives for the same arguments.
#[test]
fn the_formula_is_pythons() {
    assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
    let name = hash("conv1.weight");
    assert_eq!([bits(name, 0), bits(name, 1)], [0x8b8a_08a8_5128_a1b0, 0xbec2_eba8_2f6f_054f]);
    let weights = [0.12749118, 0.693422, -1.3493812, 0.6680682, -0.36953363, 1.3131623];
    assert_eq!(parameter("conv1.weight", &[2, 3]), weights);
    assert_eq!(parameter("bn1.running_var", &[2]), [1.1423075, 1.2867534]);
    assert_eq!(parameter("bn1.weight", &[2]), [0.4440816, 0.6297636]);
    assert_eq!(parameter("bn1.bias", &[2]), [0.13443924, 0.108030915]);
    assert_eq!(parameter("bn1.running_mean", &[2]), [0.046889983, 0.020123731]);
}

#[test]
fn images_and_places_are_pythons() {
    let images = images(1, 2, 9, 10);
    assert_eq!(images.len(), 2 * 9 * 10 * 3);
    assert_eq!((&images[..3], &images[537..]), (&[34, 162, 111][..], &[39, 97, 121][..]));
    assert_eq!(images.iter().map(|byte| u32::from(*byte)).sum::<u32>(), 63_962);
    let of_fc = [347, 279, 318, 458, 155, 76, 473, 446, 345, 268, 410, 467, 36, 436, 225, 113];
    assert_eq!(places("fc.weight", 512), of_fc);
}
