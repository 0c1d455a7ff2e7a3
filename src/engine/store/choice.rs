//! Which records go, so that a store gets as small as is asked: a pure function.

use crate::engine::digest::Digest;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

/// How much a store may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Bytes of blobs, each counted once.
    pub bytes: u64,
    /// What was used within this time stays, whatever it takes.
    pub keep: Duration,
}

/// A record as the choice sees it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Each blob once, with its size in bytes.
    pub blobs: Vec<(Digest, u64)>,
    /// Since its last use.
    pub age: Duration,
    /// Whether a lock file or a running process needs it.
    pub hold: Hold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Free,
    Needed,
}

/// The places of the records that go: least recently used first, until the rest is small enough.
/// Records that are needed or were used of late stay, and so do those that free nothing, since
/// others that stay need all their blobs.
pub(super) fn victims(all: &[Candidate], limit: Limit) -> BTreeSet<usize> {
    let mut users: HashMap<Digest, usize> = HashMap::new();
    let mut bytes = 0;
    for (blob, size) in all.iter().flat_map(|one| &one.blobs) {
        let count = users.entry(*blob).or_default();
        bytes += if *count == 0 { *size } else { 0 };
        *count += 1;
    }
    let may_go = |place: &usize| all[*place].hold == Hold::Free && all[*place].age >= limit.keep;
    let mut oldest: Vec<usize> = (0..all.len()).filter(may_go).collect();
    oldest.sort_by_key(|place| Reverse(all[*place].age));
    let mut gone = BTreeSet::new();
    for &place in &oldest {
        if bytes <= limit.bytes {
            break;
        }
        gone.insert(place);
        for (blob, size) in &all[place].blobs {
            let count = users.entry(*blob).or_default();
            *count -= 1;
            bytes -= if *count == 0 { *size } else { 0 };
        }
    }
    gone.retain(|place| all[*place].blobs.iter().any(|(blob, _)| users[blob] == 0));
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let blob = (0u8..12).prop_map(|n| (Digest::of_bytes(&[n]), u64::from(n)));
        let blobs = prop::collection::btree_set(blob, 1..4);
        let one = (blobs, 0u64..50, prop::bool::weighted(0.2));
        let one = one.prop_map(|(blobs, age, needed)| Candidate {
            blobs: blobs.into_iter().collect(),
            age: Duration::from_secs(age),
            hold: if needed { Hold::Needed } else { Hold::Free },
        });
        prop::collection::vec(one, 0..14)
    }

    fn bytes<'a>(some: impl Iterator<Item = &'a Candidate>) -> u64 {
        some.flat_map(|one| one.blobs.clone()).collect::<HashSet<_>>().iter().map(|b| b.1).sum()
    }

    proptest! {
        #[test]
        fn the_rest_is_small_enough_and_nothing_went_that_had_to_stay(
            all in candidates(), most in 0u64..70, keep in 0u64..50
        ) {
            let limit = Limit { bytes: most, keep: Duration::from_secs(keep) };
            let gone = victims(&all, limit);
            let stays = |place: &usize| !gone.contains(place);
            let rest: Vec<_> = (0..all.len()).filter(stays).map(|place| &all[place]).collect();
            for &place in &gone {
                prop_assert_eq!(all[place].hold, Hold::Free);
                prop_assert!(all[place].age >= limit.keep);
                // Each frees something.
                let freed = |blob| rest.iter().all(|other| !other.blobs.contains(blob));
                prop_assert!(all[place].blobs.iter().any(freed));
            }
            let free: Vec<_> = (0..all.len())
                .filter(stays)
                .filter(|place| all[*place].hold == Hold::Free && all[*place].age >= limit.keep)
                .collect();
            // What could go is there only if the rest is small enough, or if it frees nothing.
            if bytes(rest.iter().copied()) > most {
                for place in free {
                    let others = (0..all.len()).filter(|p| stays(p) && *p != place);
                    prop_assert_eq!(bytes(others.map(|p| &all[p])), bytes(rest.iter().copied()));
                }
            }
        }

        #[test]
        fn of_two_that_share_nothing_the_one_used_longer_ago_goes_first(
            ages in prop::collection::hash_set(1u64..1000, 1..12), most in 0u64..120
        ) {
            let one = |(n, age): (usize, u64)| Candidate {
                blobs: vec![(Digest::of_bytes(&n.to_le_bytes()), 10)],
                age: Duration::from_secs(age),
                hold: Hold::Free,
            };
            let all: Vec<_> = ages.into_iter().enumerate().map(one).collect();
            let gone = victims(&all, Limit { bytes: most, keep: Duration::ZERO });
            prop_assert_eq!(gone.len(), all.len().saturating_sub(most as usize / 10));
            let age = |place: &usize| all[*place].age;
            let youngest_gone = gone.iter().map(age).min();
            let oldest_left = (0..all.len()).filter(|p| !gone.contains(p)).map(|p| age(&p)).max();
            prop_assert!(youngest_gone.zip(oldest_left).is_none_or(|(gone, left)| gone > left));
        }

        #[test]
        fn without_a_limit_nothing_goes(all in candidates()) {
            let none = Limit { bytes: u64::MAX, keep: Duration::ZERO };
            prop_assert_eq!(victims(&all, none), BTreeSet::new());
        }
    }
}
