//! Preprocessing: one size, a split, a normalisation.

use expect_test::{Expect, expect};
use microtome::data::{Dataset, Normalization, Preprocess, Row, Split};
use tempfile::TempDir;

use crate::common::{files, grey, never_stop, pack, parse, row};

fn prepare(data: &Dataset, toml: &str) -> (TempDir, Dataset) {
    let out = tempfile::tempdir().unwrap();
    let prepared = parse::<Preprocess>(toml).run(data, out.path(), &never_stop).unwrap();
    (out, prepared)
}

fn fails(rows: &[Row], toml: &str, message: Expect) {
    let images: Vec<_> = rows.iter().map(|row| (row.clone(), grey(&[1]))).collect();
    let (_out, data) = pack(1, 1, &images);
    let out = tempfile::tempdir().unwrap();
    let error = parse::<Preprocess>(toml).run(&data, out.path(), &never_stop).unwrap_err();
    message.assert_eq(&error.to_string());
}

/// Sixty images of twenty patients, two thirds of them negative.
fn sixty() -> Vec<Row> {
    (0..60)
        .map(|i| row(&format!("i{i:02}"), Some(u8::from(i % 3 == 0)), &format!("p{}", i / 3), None))
        .collect()
}

#[test]
fn by_default_patients_are_divided_and_channels_measured_on_train() {
    let images: Vec<_> =
        sixty().into_iter().zip(0..).map(|(row, i)| (row, vec![i, 2 * i, 7])).collect();
    let (_in, data) = pack(1, 1, &images);
    let (_out, data) = prepare(&data, "");
    let splits = &data.info().splits;
    assert_eq!([splits["train"].groups, splits["valid"].groups, splits["test"].groups], [16, 2, 2]);
    assert_eq!([splits["train"].labels["1"], splits["train"].labels["0"]], [16, 32]);

    let train: Vec<f64> =
        data.indices(Split::Train).iter().map(|&i| f64::from(data.image(i)[0]) / 255.0).collect();
    let mean = train.iter().sum::<f64>() / 48.0;
    let sd = (train.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 48.0).sqrt();
    let Normalization { mean: means, sd: sds } = data.normalization().unwrap();
    assert!((f64::from(means[0]) - mean).abs() < 1e-7 && (f64::from(sds[0]) - sd).abs() < 1e-7);
    assert!((f64::from(means[1]) - 2.0 * mean).abs() < 1e-7);
    assert_eq!(sds[2], 1.0, "a channel that never varies is only shifted");
}

#[test]
fn the_given_split_is_kept() {
    let names = [Split::Train, Split::Train, Split::Valid, Split::Valid];
    let images: Vec<_> = names
        .iter()
        .zip(0..)
        .map(|(&split, i)| {
            (row(&format!("i{i}"), Some(i % 2), split.name(), Some(split)), grey(&[i]))
        })
        .collect();
    let (_in, data) = pack(1, 1, &images);
    let (_out, data) = prepare(&data, "split = 'given'\nnormalize = 'none'");
    assert_eq!(data.indices(Split::Train), [0, 1]);
    assert_eq!(data.indices(Split::Valid), [2, 3]);
    assert_eq!(data.normalization(), None);
}

#[test]
fn images_are_resized_and_otherwise_untouched() {
    let images: Vec<_> = sixty().into_iter().map(|row| (row, grey(&[0, 10, 20, 30]))).collect();
    let (_in, data) = pack(2, 2, &images);
    let (_out, same) = prepare(&data, "leakage = 'allow'");
    assert!((0..60).all(|i| same.image(i) == data.image(i)));
    let (_out, small) = prepare(&data, "size = 1\nleakage = 'allow'");
    assert!((0..60).all(|i| small.image(i) == [15; 3]));
    assert_eq!((small.height(), small.width()), (1, 1));
}

#[test]
fn it_gives_the_same_files_again() {
    let images: Vec<_> = sixty().into_iter().map(|row| (row, grey(&[0, 10, 20, 30]))).collect();
    let (_in, data) = pack(2, 2, &images);
    let ((one, _), (two, _)) = (
        prepare(&data, "seed = 3\nleakage = 'allow'"),
        prepare(&data, "seed = 3\nleakage = 'allow'"),
    );
    assert!(files(one.path()) == files(two.path()));
    let (other, _) = prepare(&data, "seed = 4\nleakage = 'allow'");
    assert!(files(one.path()) != files(other.path()));
}

#[test]
fn a_split_that_was_not_given() {
    fails(
        &sixty(),
        "split = 'given'",
        expect![[
            r#"`split = "given"`, but the data has no split for 60 images (`i00`, `i01`, `i02` and 57 more); give the source `splits`, or let `split` say the fractions, as in { train = 0.8, valid = 0.1, test = 0.1 }"#
        ]],
    );
}

#[test]
fn a_given_split_that_tears_patients_apart() {
    let torn = |patients: usize| -> Vec<Row> {
        let split = |i: usize| if i % 4 < 2 { Split::Train } else { Split::Test };
        let row = |i: usize| {
            row(&format!("i{i}"), Some((i % 2) as u8), &format!("p{}", i / 4), Some(split(i)))
        };
        (0..4 * patients).map(row).collect()
    };
    fails(
        &torn(1),
        "split = 'given'",
        expect![[r#"
        1 group between splits:
          `i0` (train, label 0) and `i2` (test, label 0) are of the group `p0`
        networks would be scored on what they have learnt from: give them the same split, remove what is there twice, let `split` say fractions, which keep groups and copies together, or set `leakage = "warn"` to go on and list all of it in leaks.csv"#]],
    );
    fails(
        &torn(5),
        "split = 'given'",
        expect![[r#"
        5 groups between splits:
          `i0` (train, label 0) and `i2` (test, label 0) are of the group `p0`
          `i4` (train, label 0) and `i6` (test, label 0) are of the group `p1`
          `i8` (train, label 0) and `i10` (test, label 0) are of the group `p2`
          and 2 more
        networks would be scored on what they have learnt from: give them the same split, remove what is there twice, let `split` say fractions, which keep groups and copies together, or set `leakage = "warn"` to go on and list all of it in leaks.csv"#]],
    );

    // The same rows are fine to whoever knows what they do, and by fractions.
    let images: Vec<_> = torn(10).into_iter().map(|row| (row, grey(&[1]))).collect();
    let (_in, data) = pack(1, 1, &images);
    let (_out, prepared) = prepare(&data, "split = 'given'\nleakage = 'allow'");
    assert_eq!(prepared.indices(Split::Test).len(), 20);
    let (_out, prepared) = prepare(&data, "");
    let groups: usize = prepared.info().splits.values().map(|split| split.groups).sum();
    assert_eq!(groups, 10);

    // Images that are groups of their own are not torn.
    let own = |i: usize| Row { group: format!("i{i}"), ..torn(2)[i].clone() };
    let images: Vec<_> = (0..8).map(|i| (own(i), grey(&[1]))).collect();
    let (_in, data) = pack(1, 1, &images);
    let (_out, prepared) = prepare(&data, "split = 'given'");
    assert_eq!(prepared.indices(Split::Train).len(), 4);
}

#[test]
fn a_class_that_is_absent_from_a_split() {
    // All positives are of one patient.
    let one: Vec<Row> = (0..20)
        .map(|i| row(&format!("i{i}"), Some(u8::from(i < 5)), &format!("p{}", i / 5), None))
        .collect();
    fails(
        &one,
        "",
        expect![[
            r#"the valid split has no image of class 1 (train: 5 negative, 5 positive; valid: 5 negative, 0 positive; test: 5 negative, 0 positive); too few groups hold it: give the split a larger fraction, or set `by = "image"`"#
        ]],
    );
    let negative: Vec<Row> = (0..20).map(|i| row(&format!("i{i}"), Some(0), "p", None)).collect();
    fails(
        &negative,
        "",
        expect![
            "the train split has no image of class 1 (train: 20 negative, 0 positive; valid: 0 negative, 0 positive; test: 0 negative, 0 positive); there is none in the whole data set: look at the labels"
        ],
    );
    let given: Vec<Row> = (0..4)
        .map(|i| {
            let split = if i < 2 { Split::Train } else { Split::Test };
            row(&format!("i{i}"), Some(u8::from(i == 1)), split.name(), Some(split))
        })
        .collect();
    fails(
        &given,
        "split = 'given'",
        expect![
            "the test split has no image of class 1 (train: 1 negative, 1 positive; valid: 0 negative, 0 positive; test: 2 negative, 0 positive); change the given split, or let `split` say fractions"
        ],
    );
}
