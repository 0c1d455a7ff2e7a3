//! Gives whole units (groups, or single images) out to parts, in given shares.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::data::random::Random;

/// Images of each stratum: negative, positive, unlabelled.
pub(super) type Counts = [usize; 3];

/// The part that each unit goes to, from 0: `shares` says what each part gets of every stratum. At
/// least one share is above 0. Depends on the seed and on the units, not on anything else.
///
/// The units are given out one by one, the largest first and equals in random order, each to the
/// part that it brings closest to its share of every stratum (least χ² distance, as in
/// scikit-learn's `StratifiedGroupKFold`, but for unequal shares).
pub(super) fn draw<'a>(
    shares: &[f64],
    units: BTreeMap<&'a str, Counts>,
    seed: u64,
) -> BTreeMap<&'a str, usize> {
    let mut total = [0; 3];
    for counts in units.values() {
        (0..3).for_each(|stratum| total[stratum] += counts[stratum]);
    }
    let mut queue: Vec<(&str, Counts)> = units.into_iter().collect();
    Random::new(seed, "split", 0, 0).shuffle(&mut queue);
    queue.sort_by_key(|(_, counts)| Reverse(counts.iter().sum::<usize>()));

    let have = vec![[0; 3]; shares.len()];
    let mut draw = Draw { shares, total, have, given: BTreeMap::new() };
    for (name, counts) in queue {
        let cost = |part: &usize| draw.cost(*part, counts);
        let best = draw.open().min_by(|a, b| cost(a).total_cmp(&cost(b)));
        draw.give(name, counts, best.unwrap_or(0));
    }
    draw.fill_gaps();
    draw.given.into_iter().map(|(name, (part, _))| (name, part)).collect()
}

/// Units as they are given out.
struct Draw<'s, 'a> {
    /// By part.
    shares: &'s [f64],
    total: Counts,
    /// By part.
    have: Vec<Counts>,
    given: BTreeMap<&'a str, (usize, Counts)>,
}

impl<'s, 'a> Draw<'s, 'a> {
    /// The parts that are to have images.
    fn open(&self) -> impl Iterator<Item = usize> + use<'s> {
        let shares = self.shares;
        (0..shares.len()).filter(move |&part| shares[part] > 0.0)
    }

    /// By how much the χ² distance from the shares grows if the part gets these images.
    fn cost(&self, part: usize, counts: Counts) -> f64 {
        let grows = |stratum: usize| {
            let target = self.shares[part] * self.total[stratum] as f64;
            let (have, more) = (self.have[part][stratum] as f64, counts[stratum] as f64);
            // (have + more - target)² - (have - target)², relative to the target.
            if more > 0.0 { more * (2.0 * (have - target) + more) / target } else { 0.0 }
        };
        (0..3).map(grows).sum()
    }

    fn give(&mut self, name: &'a str, counts: Counts, part: usize) {
        if let Some((before, counts)) = self.given.insert(name, (part, counts)) {
            (0..3).for_each(|stratum| self.have[before][stratum] -= counts[stratum]);
        }
        (0..3).for_each(|stratum| self.have[part][stratum] += counts[stratum]);
    }

    /// With few units, a small share may be less than half of one: a part that went without some
    /// stratum gets the smallest unit that another part can spare.
    fn fill_gaps(&mut self) {
        for part in self.open() {
            for stratum in 0..2 {
                if self.have[part][stratum] > 0 {
                    continue;
                }
                let spared = self.given.iter().filter(|(_, (from, counts))| {
                    counts[stratum] > 0 && self.can_spare(*from, *counts)
                });
                let smallest =
                    spared.min_by_key(|(name, (_, counts))| (counts.iter().sum::<usize>(), **name));
                if let Some((&name, &(_, counts))) = smallest {
                    self.give(name, counts, part);
                }
            }
        }
    }

    fn can_spare(&self, from: usize, counts: Counts) -> bool {
        (0..2).all(|stratum| counts[stratum] == 0 || self.have[from][stratum] > counts[stratum])
    }
}
