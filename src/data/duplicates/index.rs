//! Finds fingerprints that agree without comparing all with all.

use super::fingerprint::{BITS, Fingerprint};
use crate::data::symmetry::Symmetry;

/// The signs of a fingerprint are cut into so many keys; two that agree in one are compared.
const BANDS: usize = 4;
const BAND: usize = BITS / BANDS;
/// The least sure signs of a key, each of which is tried both ways.
const UNSURE: usize = 3;
/// Of fingerprints that are alike no more signs than this differ, of 64; it rules most others out at
/// the cost of an addition.
const DIFFERING: u32 = 16;
/// Fingerprints are alike from this cosine on; what is alike is then looked at closely.
const ALIKE: f64 = 0.9;

/// Fingerprints by their signs (multi-index hashing, Norouzi et al. 2012, with the probes of Lv et
/// al. 2007).
pub(super) struct Index {
    /// All signs of each fingerprint.
    signs: Vec<u64>,
    /// For each band: which fingerprints have which key.
    bands: Vec<Band>,
}

struct Band {
    /// Where in `members` those of each key begin, and where the last ends.
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Index {
    pub fn of(fingerprints: &[&Fingerprint]) -> Index {
        let signs: Vec<u64> = fingerprints.iter().map(|print| print.signs()).collect();
        let band = |band: usize| {
            let mut starts = vec![0; (1 << BAND) + 1];
            let keys = || signs.iter().map(|&signs| key(signs, band));
            keys().for_each(|key| starts[key + 1] += 1);
            (0..1 << BAND).for_each(|key| starts[key + 1] += starts[key]);
            let (mut next, mut members) = (starts.clone(), vec![0; fingerprints.len()]);
            for (at, key) in keys().enumerate() {
                members[next[key] as usize] = at as u32;
                next[key] += 1;
            }
            Band { starts, members }
        };
        Index { bands: (0..BANDS).map(band).collect(), signs }
    }

    /// The others that look like a fingerprint, each with the symmetry that turns it into them.
    pub fn like(&self, at: usize, fingerprints: &[&Fingerprint]) -> Vec<(usize, Symmetry)> {
        let mut found = Vec::new();
        for symmetry in Symmetry::ALL {
            let print = fingerprints[at].seen(symmetry);
            let signs = print.signs();
            for (band, Band { starts, members }) in self.bands.iter().enumerate() {
                for key in probes(&print, band) {
                    let others = &members[starts[key] as usize..starts[key + 1] as usize];
                    let alike = |&other: &u32| {
                        let other = other as usize;
                        let differing = (signs ^ self.signs[other]).count_ones();
                        let near = other != at && differing <= DIFFERING;
                        (near && print.likeness(fingerprints[other]) >= ALIKE)
                            .then_some((other, symmetry))
                    };
                    found.extend(others.iter().filter_map(alike));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The signs of a band, as a number.
fn key(signs: u64, band: usize) -> usize {
    (signs >> (band * BAND)) as usize & ((1 << BAND) - 1)
}

/// The keys of a band with its least sure signs either way.
fn probes(print: &Fingerprint, band: usize) -> impl Iterator<Item = usize> + use<> {
    let values = &print.values()[band * BAND..][..BAND];
    let mut order: [usize; BAND] = std::array::from_fn(|bit| bit);
    order.sort_by_key(|&bit| (values[bit].unsigned_abs(), bit));
    let key = key(print.signs(), band);
    (0..1usize << UNSURE).map(move |choice| {
        let flipped = (0..UNSURE).filter(|unsure| choice >> unsure & 1 == 1);
        flipped.fold(key, |key, unsure| key ^ 1 << order[unsure])
    })
}
