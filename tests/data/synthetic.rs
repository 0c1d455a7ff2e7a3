//! Synthetic tissue: labels, slides, stain.

use std::collections::BTreeSet;

use expect_test::expect;
use microtome::data::Dataset;
use sha1::{Digest, Sha1};

use crate::common::ingest;

fn digest(data: &Dataset) -> String {
    let mut sha = Sha1::new();
    (0..data.len()).for_each(|i| sha.update(data.image(i)));
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_pixels_are_these_on_every_machine() {
    let (_out, data) = ingest("seed = 7\nsource.synthetic = { count = 24, slides = 3 }");
    expect!["62442f33d56f9e9c812ea1b232625a80ebd15054"].assert_eq(&digest(&data));
}

#[test]
fn slides_are_groups_and_differ_in_stain() {
    let (_out, data) = ingest("source.synthetic = { count = 200, slides = 10 }");
    assert_eq!((data.len(), data.info().groups), (200, 10));
    let mut means = [[0u64; 2]; 10];
    for (i, row) in data.rows().iter().enumerate() {
        let slide: usize = row.group.strip_prefix("slide-").unwrap().parse().unwrap();
        means[slide][0] += data.image(i).iter().step_by(3).map(|&red| u64::from(red)).sum::<u64>();
        means[slide][1] += 96 * 96;
    }
    let means: Vec<u64> = means.iter().map(|[sum, n]| sum / n).collect();
    let (low, high) = (means.iter().min().unwrap(), means.iter().max().unwrap());
    assert!(high - low > 15, "{means:?}");
}

#[test]
fn the_share_of_positives_is_as_asked() {
    for (positive, range) in [(0.5, 420..580), (0.25, 200..300), (0.0, 0..1), (1.0, 1000..1001)] {
        let (_out, data) = ingest(&format!(
            "source.synthetic = {{ count = 1000, size = 12, slides = 20, positive = {positive} }}"
        ));
        let found = data.info().labels["1"];
        assert!(range.contains(&found), "{positive}: {found}");
    }
}

#[test]
fn patches_scale_and_differ() {
    let (_out, data) = ingest("source.synthetic = { count = 30, size = 48 }");
    assert_eq!((data.height(), data.width()), (48, 48));
    let distinct: BTreeSet<&[u8]> = (0..30).map(|i| data.image(i)).collect();
    assert_eq!(distinct.len(), 30);
    let (_out, other) = ingest("seed = 1\nsource.synthetic = { count = 30, size = 48 }");
    assert_ne!(digest(&data), digest(&other));
}
