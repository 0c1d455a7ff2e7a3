//! The laws of splits.

use std::collections::BTreeMap;

use expect_test::expect;
use microtome::data::{Fractions, Preprocess, Row, Split, SplitBy, SplitRule};
use proptest::prelude::*;

use crate::common::{parse, row};

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

fn rule(toml: &str) -> SplitRule {
    parse::<Preprocess>(&format!("split = {toml}")).split
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn by_hash_nobody_moves_when_images_are_added(
        groups in prop::collection::vec((1usize..9, 1usize..9), 60..90),
        seed: u64,
    ) {
        let hash = rule("{ train = 0.5, valid = 0.25, test = 0.25, method = 'hash' }");
        let rows = rows(&groups);
        let fewer: Vec<Row> = rows.iter().step_by(2).cloned().collect();
        let (all, some) = (hash.assign(&rows, seed), hash.assign(&fewer, seed));
        // Chance may leave a split without a class; that is refused.
        if let (Ok(all), Ok(some)) = (all, some) {
            prop_assert_eq!(all.into_iter().step_by(2).collect::<Vec<_>>(), some);
        }
    }

    #[test]
    fn in_folds_every_image_is_tested_on_once_and_validated_on_once(
        groups in prop::collection::vec((1usize..9, 1usize..9), 30..60),
        seed: u64,
    ) {
        let rows = rows(&groups);
        let mut seen = vec![[0; 3]; rows.len()];
        for fold in 0..5 {
            let splits = rule(&format!("{{ folds = 5, fold = {fold} }}")).assign(&rows, seed).unwrap();
            let mut of_group: BTreeMap<&str, Split> = BTreeMap::new();
            for (at, (row, split)) in rows.iter().zip(splits).enumerate() {
                seen[at][split as usize] += 1;
                prop_assert_eq!(*of_group.entry(&row.group).or_insert(split), split);
            }
        }
        prop_assert!(seen.iter().all(|times| *times == [3, 1, 1]));
    }
}

#[test]
fn by_hash_shares_are_met_on_average() {
    let rows: Vec<Row> = (0..20_000)
        .map(|i| row(&format!("i{i}"), Some(i as u8 % 2), &format!("g{i}"), None))
        .collect();
    let splits = rule("{ method = 'hash' }").assign(&rows, 3).unwrap();
    let of = |split: Split| splits.iter().filter(|&&s| s == split).count();
    // Five standard deviations of a binomial count: 283 and 212.
    assert!(of(Split::Train).abs_diff(16_000) < 283, "{}", of(Split::Train));
    assert!(of(Split::Valid).abs_diff(2_000) < 212 && of(Split::Test).abs_diff(2_000) < 212);
    assert_ne!(splits, rule("{ method = 'hash' }").assign(&rows, 4).unwrap());
}

#[test]
fn folds_have_the_classes_in_balance() {
    let rows = rows(&[(3, 1); 50]);
    let splits = rule("{ folds = 5, fold = 2 }").assign(&rows, 0).unwrap();
    for (label, per_fold) in [(0, 30), (1, 10)] {
        let of = |split| count(&rows, &splits, split, label);
        assert_eq!(Split::ALL.map(of), [3 * per_fold, per_fold, per_fold]);
    }
}

#[test]
fn splits_that_cannot_be_made_are_refused() {
    let rows = rows(&[(1, 1); 4]);
    let fails = |toml: &str, message: expect_test::Expect| {
        message.assert_eq(&rule(toml).assign(&rows, 0).unwrap_err().to_string());
    };
    fails(
        "{ folds = 2, fold = 0 }",
        expect![
            "`split.folds` is 2; give 3 to 100 parts: one to test, one to validate, the others to train on"
        ],
    );
    fails("{ folds = 5, fold = 5 }", expect!["`split.fold` is 5; the 5 folds are called 0 to 4"]);
    fails(
        "{ folds = 9, fold = 8 }",
        expect![[
            r#"the test split has no image of class 0 (train: 3 negative, 3 positive; valid: 1 negative, 1 positive; test: 0 negative, 0 positive); too few groups hold it: take fewer folds, or set `by = "image"`"#
        ]],
    );
    fails(
        "{ method = 'hash', stratify = true }",
        expect![[
            r#"a split by hash cannot be stratified: it looks at names alone; leave `stratify` out, or take `method = "draw"`"#
        ]],
    );
    fails(
        "{ train = 0.98, valid = 0.01, test = 0.01, method = 'hash' }",
        expect![[
            r#"the valid split has no image of class 0 (train: 4 negative, 4 positive; valid: 0 negative, 0 positive; test: 0 negative, 0 positive); give the split a larger fraction, or take `method = "draw"`, which sees to it"#
        ]],
    );
    let refused = |toml: &str, message: expect_test::Expect| {
        let error = toml::from_str::<Preprocess>(&format!("split = {toml}")).unwrap_err();
        message.assert_eq(error.message());
    };
    refused(
        "{ folds = 5, train = 0.8 }",
        expect!["`folds` and `train` exclude each other: folds are equal parts"],
    );
    refused(
        "{ folds = 5, method = 'hash' }",
        expect!["`folds` and `method` exclude each other: folds are equal parts"],
    );
    refused("{ fold = 1 }", expect!["missing field `folds`"]);
}
