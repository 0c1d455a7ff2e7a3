//! The laws of splits.

use std::collections::BTreeMap;

use microtome::data::{Fractions, Row, Split, SplitBy, SplitRule};
use proptest::prelude::*;

use crate::common::row;

/// Groups of these many negative and positive images.
fn rows(groups: &[(usize, usize)]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (group, &(negative, positive)) in groups.iter().enumerate() {
        for i in 0..negative + positive {
            let label = u8::from(i >= negative);
            rows.push(row(&format!("{group}-{i}"), Some(label), &format!("g{group}"), None));
        }
    }
    rows
}

fn by(by: SplitBy) -> SplitRule {
    SplitRule::Fractions(Fractions { by, ..Fractions::default() })
}

fn count(rows: &[Row], splits: &[Split], split: Split, label: u8) -> usize {
    let both = rows.iter().zip(splits);
    both.filter(|(row, s)| **s == split && row.label == Some(label)).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn groups_stay_together_and_the_order_of_rows_does_not_matter(
        groups in prop::collection::vec((1usize..9, 1usize..9), 12..60),
        seed: u64,
    ) {
        let rows = rows(&groups);
        let splits = by(SplitBy::Group).assign(&rows, seed).unwrap();
        let mut of_group: BTreeMap<&str, Split> = BTreeMap::new();
        for (row, &split) in rows.iter().zip(&splits) {
            prop_assert_eq!(*of_group.entry(&row.group).or_insert(split), split);
        }
        let mut backwards = rows.clone();
        backwards.reverse();
        let mut again = by(SplitBy::Group).assign(&backwards, seed).unwrap();
        again.reverse();
        prop_assert_eq!(splits, again);
    }

    #[test]
    fn shares_are_as_asked_up_to_a_group(
        groups in prop::collection::vec((0usize..9, 0usize..9), 60..120),
        seed: u64,
    ) {
        let rows = rows(&groups);
        let splits = by(SplitBy::Group).assign(&rows, seed).unwrap();
        for label in [0, 1] {
            let total = Split::ALL.map(|split| count(&rows, &splits, split, label)).iter().sum::<usize>();
            for (split, share) in Split::ALL.into_iter().zip([0.8, 0.1, 0.1]) {
                let have = count(&rows, &splits, split, label) as f64;
                prop_assert!((have - share * total as f64).abs() <= 9.0, "{} {} {}", split, have, total);
            }
        }
    }

    #[test]
    fn single_images_are_shared_out_to_the_image(negative in 20usize..300, positive in 20usize..300, seed: u64) {
        let rows = rows(&[(negative, positive)]);
        let splits = by(SplitBy::Image).assign(&rows, seed).unwrap();
        for (label, total) in [(0, negative), (1, positive)] {
            for (split, share) in Split::ALL.into_iter().zip([0.8, 0.1, 0.1]) {
                let have = count(&rows, &splits, split, label) as f64;
                prop_assert!((have - share * total as f64).abs() <= 1.0);
            }
        }
    }
}

#[test]
fn another_seed_gives_another_split() {
    let rows = rows(&[(3, 4); 40]);
    let of = |seed| by(SplitBy::Group).assign(&rows, seed).unwrap();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn large_groups_go_where_there_is_room_for_them() {
    // A tenth of 200 images is 20: the group of 100 fits into train alone.
    let mut groups = vec![(5, 5); 10];
    groups.push((50, 50));
    let rows = rows(&groups);
    for seed in 0..20 {
        let splits = by(SplitBy::Group).assign(&rows, seed).unwrap();
        let last = splits.last().unwrap();
        assert_eq!(*last, Split::Train);
        let of = |split| count(&rows, &splits, split, 0) + count(&rows, &splits, split, 1);
        assert_eq!(Split::ALL.map(of), [160, 20, 20]);
    }
}

#[test]
fn a_fraction_of_zero_leaves_a_split_empty() {
    let none = Fractions { train: 0.75, valid: 0.25, test: 0.0, ..Fractions::default() };
    let rows = rows(&[(2, 2); 8]);
    let splits = SplitRule::Fractions(none).assign(&rows, 0).unwrap();
    let of = |split: Split| splits.iter().filter(|&&s| s == split).count();
    assert_eq!(Split::ALL.map(of), [24, 8, 0]);
}

#[test]
fn unlabelled_images_are_shared_out_too() {
    let mut rows = rows(&[(10, 10); 10]);
    rows.extend((0..100).map(|i| row(&format!("u{i}"), None, &format!("u{i}"), None)));
    let splits = by(SplitBy::Group).assign(&rows, 5).unwrap();
    let unlabelled = |split: Split| {
        rows.iter().zip(&splits).filter(|(row, s)| row.label.is_none() && **s == split).count()
    };
    assert_eq!(Split::ALL.map(unlabelled), [80, 10, 10]);
}

#[test]
fn few_groups_are_shared_out_so_that_no_split_goes_without() {
    // A tenth of five groups is half a group.
    let rows = rows(&[(10, 10); 5]);
    let splits = by(SplitBy::Group).assign(&rows, 0).unwrap();
    for label in [0, 1] {
        assert_eq!(Split::ALL.map(|split| count(&rows, &splits, split, label)), [30, 10, 10]);
    }
}
