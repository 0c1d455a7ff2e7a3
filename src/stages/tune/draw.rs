//! Points drawn from ranges: pseudo-random, or low-discrepancy so that few points lie everywhere.
//! Point `i` never depends on how many are drawn.

use super::{Strategy, grid::Domain};
use crate::data::random::Random;
use serde_json::Value;

/// Dimensions that there are: parameters, and one for the choice of a product.
pub const DIMENSIONS: usize = 48;

/// The bases of Halton's sequence, one a dimension.
const PRIMES: [u64; DIMENSIONS] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199, 211, 223,
];

/// Numbers in `[0, 1)` for each (index, dimension).
pub enum Source {
    Random { seed: u64 },
    Halton { seed: u64 },
}

impl Source {
    pub fn of(strategy: &Strategy) -> Source {
        match strategy {
            Strategy::Grid => Source::Random { seed: 0 },
            Strategy::Random(draws) => Source::Random { seed: draws.seed },
            Strategy::QuasiRandom(draws) => Source::Halton { seed: draws.seed },
        }
    }

    /// The number of the point `index` in a dimension.
    pub fn at(&self, index: u64, dimension: usize) -> f64 {
        match *self {
            Source::Random { seed } => {
                const STEPS: u64 = 1 << 53;
                let mut random = Random::new(seed, "search", dimension as u64, index);
                random.below(STEPS) as f64 / STEPS as f64
            }
            Source::Halton { seed } => halton(seed, index, dimension % DIMENSIONS),
        }
    }
}

/// Halton's sequence (1960), randomized by a permutation of its own for each digit (Owen 2017, "A
/// randomized Halton algorithm in R", arXiv:1706.02808): the digits of the index in a prime base,
/// permuted and mirrored at the point. The zeros before the index are permuted too, down to the
/// precision of an `f64`.
fn halton(seed: u64, index: u64, dimension: usize) -> f64 {
    let base = PRIMES[dimension];
    let (mut rest, mut share, mut sum, mut digit) = (index, 1.0, 0.0, 0);
    while 1.0 - share < 1.0 {
        share /= base as f64;
        let mut random = Random::new(seed, "halton", dimension as u64, digit);
        let mut permuted: Vec<u64> = (0..base).collect();
        random.shuffle(&mut permuted);
        sum += permuted[(rest % base) as usize] as f64 * share;
        rest /= base;
        digit += 1;
    }
    sum.min(1.0 - f64::EPSILON)
}

impl Domain {
    /// The value at a number in `[0, 1)`; of a list the value at that place.
    pub fn at(&self, unit: f64) -> Value {
        match self {
            Domain::List(values) => {
                let place = (unit * values.len() as f64) as usize;
                values.get(place).cloned().unwrap_or(Value::Null)
            }
            Domain::Range(from, to) => fine(from + unit * (to - from), *from, *to),
            Domain::Log(from, to) => {
                let (low, high) = (libm::log(*from), libm::log(*to));
                short(libm::exp(low + unit * (high - low)), *from, *to)
            }
            Domain::Integer(from, to) => {
                let many = (to.saturating_sub(*from) as f64) + 1.0;
                Value::from(from.saturating_add((unit * many) as i64).min(*to))
            }
        }
    }
}

/// A number with as many decimals as tell a thousandth of its range.
fn fine(number: f64, from: f64, to: f64) -> Value {
    let decimals = libm::ceil(3.0 - libm::log10(to - from)).clamp(0.0, 17.0) as usize;
    let rounded: f64 = format!("{number:.decimals$}").parse().unwrap_or(number);
    Value::from(rounded.clamp(from, to))
}

/// A number with four significant digits: what a point is called is all that it is.
fn short(number: f64, from: f64, to: f64) -> Value {
    let rounded: f64 = format!("{number:.3e}").parse().unwrap_or(number);
    Value::from(rounded.clamp(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any `base^k` points in a row from a multiple of that lie once in each of as many equal parts
    /// (Halton 1960; permuting digits keeps it).
    #[test]
    fn quasi_random_points_fill_equal_parts_once() {
        for (dimension, base) in [(0, 2u64), (1, 3), (2, 5), (5, 13)] {
            let parts = base * base;
            let mut seen = vec![0; parts as usize];
            (parts..2 * parts).for_each(|index| {
                seen[(halton(7, index, dimension) * parts as f64) as usize] += 1;
            });
            assert!(seen.iter().all(|n| *n == 1), "dimension {dimension}: {seen:?}");
        }
    }

    #[test]
    fn another_seed_gives_other_points() {
        let points = |seed| (0..8).map(|i| halton(seed, i, 1)).collect::<Vec<_>>();
        assert_eq!(points(1), points(1));
        assert_ne!(points(1), points(2));
    }

    #[test]
    fn values_lie_within_their_range_and_are_short() {
        let at = |domain: &Domain, unit| domain.at(unit).to_string();
        assert_eq!(at(&Domain::Log(1e-4, 1e-2), 0.5), "0.001");
        assert_eq!(at(&Domain::Range(0.0, 0.5), 0.333_333_3), "0.1667");
        let integers = [0.0, 0.3, 0.5, 0.999].map(|unit| at(&Domain::Integer(1, 4), unit));
        assert_eq!(integers, ["1", "2", "3", "4"]);
        assert_eq!(at(&Domain::Range(0.12345, 0.12346), 0.5), "0.123455");
        assert_eq!(at(&Domain::Range(100.0, 5000.0), 0.123), "703.0");
    }
}
