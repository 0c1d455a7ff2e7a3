//! Counter-based random numbers: a pure function of (seed, purpose, epoch, index).
//! Knows nothing of what they are for, so the order in which work is done never matters.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers of its own for every (seed, purpose, epoch, index).
///
/// The generator is ChaCha with 8 rounds (Bernstein, 2008): its key is made of seed, purpose and
/// epoch, its stream number is the index, and so two streams never overlap.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// `purpose` names what the numbers are for, so that shuffling does not repeat augmentation.
    pub fn new(seed: u64, purpose: &'static str, epoch: u64, index: u64) -> Random {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&epoch.to_le_bytes());
        key[16..24].copy_from_slice(&fnv1a(purpose).to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(index);
        Random(generator)
    }

    /// A whole number in `0..n`, each equally likely (Lemire 2019, "Fast random integer generation
    /// in an interval"). For `n == 0` it is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let mut wide = u128::from(self.0.next_u64()) * u128::from(n);
        if (wide as u64) < n {
            let biased = n.wrapping_neg() % n;
            while (wide as u64) < biased {
                wide = u128::from(self.0.next_u64()) * u128::from(n);
            }
        }
        (wide >> 64) as u64
    }

    /// Random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A number in `[0, 1)`, a multiple of 2⁻²⁴.
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// A number from the standard normal distribution (Box and Muller 1958), computed in double
    /// precision by `libm` so that its bits are the same in every build.
    pub fn normal(&mut self) -> f32 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        // Never 0, whose logarithm is infinite.
        let radius = ((self.0.next_u64() >> 11) + 1) as f64 * STEP;
        let turn = (self.0.next_u64() >> 11) as f64 * STEP;
        let radius = (-2.0 * libm::log(radius)).sqrt();
        (radius * libm::cos(std::f64::consts::TAU * turn)) as f32
    }

    /// Every order of `items` is equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// The 64-bit FNV-1a hash, which tells a handful of short names apart.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
