//! Bytes with a few things done to them, and what is asked of whoever reads them.

use crate::{counting::peak_of, watch::watched};
use microtome::data::random::Random;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

/// What files and arguments are not expected to hold.
const EXTREMES: [&str; 20] = [
    "9223372036854775807",
    "-9223372036854775808",
    "1e999",
    "nan",
    "0",
    "-1",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "é",
    "{}",
    "[]",
    "[[",
    "\"",
    "'''",
    "\n",
    ".",
    "${params.x}",
    "=",
    "18446744073709551616",
];

fn mutated(mut bytes: Vec<u8>, others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = (at + random.below(60) as usize).min(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => drop(bytes.splice(at..at, [random.below(256) as u8]).count()),
            3 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            4 | 5 => {
                let extreme = EXTREMES[random.below(EXTREMES.len() as u64) as usize];
                bytes.splice(at..end.min(at + 3), extreme.bytes());
            }
            6 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {
                let other = &others[random.below(others.len() as u64) as usize];
                let from = random.below(other.len() as u64) as usize;
                let part = other[from..(from + 80).min(other.len())].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

pub fn cases() -> u64 {
    std::env::var("MICROTOME_CASES").map_or(300, |cases| cases.parse().unwrap())
}

/// Tries every case, which says whether the bytes were accepted. It may hold `more` bytes besides a
/// thousand for each byte that it is given.
pub fn hold(kind: &str, seeds: &[Vec<u8>], more: usize, accepts: impl FnMut(&[u8]) -> bool) {
    hold_some(cases(), kind, seeds, more, accepts);
}

/// As many cases, where each of them takes long.
pub fn hold_some(
    cases: u64,
    kind: &str,
    seeds: &[Vec<u8>],
    more: usize,
    mut accepts: impl FnMut(&[u8]) -> bool,
) {
    let (mut slowest, mut largest, mut accepted) = (Duration::ZERO, 0, 0);
    for case in 0..cases {
        let mut random = Random::new(7, "fuzz", 0, case);
        let seed = &seeds[random.below(seeds.len() as u64) as usize];
        let bytes = mutated(seed.clone(), seeds, &mut random);
        let begin = Instant::now();
        let (end, peak) = watched(format!("case {case} of {kind}"), || {
            peak_of(|| catch_unwind(AssertUnwindSafe(|| accepts(&bytes))))
        });
        let Ok(accept) = end else {
            panic!("case {case} of {kind} panics:\n{}", String::from_utf8_lossy(&bytes))
        };
        let bound = more + 1000 * bytes.len();
        assert!(peak < bound, "case {case} of {kind} held {peak} bytes for {}", bytes.len());
        slowest = slowest.max(begin.elapsed());
        largest = largest.max(peak);
        accepted += u64::from(accept);
    }
    println!("{kind}: {accepted} of {cases} accepted, slowest {slowest:?}, peak {largest} bytes");
    assert!(accepted < cases, "{kind}: nothing was tried");
}
