//! Batches: what an epoch holds, and what augmentation may do to an image.

use std::collections::BTreeSet;

use microtome::data::{Augment, Batch, Batches, Dataset};
use tempfile::TempDir;

use crate::common::{grey, pack, row};

/// Ten images of one pixel each, whose shade is their index.
fn ten() -> (TempDir, Dataset) {
    let images: Vec<_> =
        (0..10).map(|i| (row(&format!("i{i}"), Some(i % 2), "g", None), grey(&[i]))).collect();
    pack(1, 1, &images)
}

/// The shades that come out for one image over many epochs.
fn seen(height: usize, width: usize, image: &[u8], augment: &[Augment]) -> BTreeSet<Vec<u8>> {
    let (_out, data) = pack(height, width, &[(row("a", Some(1), "g", None), grey(image))]);
    let batches = Batches::shuffled(&data, vec![0], 1, augment, 7);
    (0..200)
        .flat_map(|epoch| batches.epoch(epoch).map(|batch| batch.pixels).collect::<Vec<_>>())
        .map(|pixels| pixels.chunks(3).map(|pixel| pixel[0]).collect())
        .collect()
}

fn set(images: &[&[u8]]) -> BTreeSet<Vec<u8>> {
    images.iter().map(|image| image.to_vec()).collect()
}

#[test]
fn flip_mirrors_both_ways() {
    // 1 2     2 1     3 4     4 3
    // 3 4     4 3     1 2     2 1
    let all = set(&[&[1, 2, 3, 4], &[2, 1, 4, 3], &[3, 4, 1, 2], &[4, 3, 2, 1]]);
    assert_eq!(seen(2, 2, &[1, 2, 3, 4], &[Augment::Flip]), all);
}

#[test]
fn rotate90_turns() {
    // 1 2     2 4     4 3     3 1
    // 3 4     1 3     2 1     4 2
    let all = set(&[&[1, 2, 3, 4], &[2, 4, 1, 3], &[4, 3, 2, 1], &[3, 1, 4, 2]]);
    assert_eq!(seen(2, 2, &[1, 2, 3, 4], &[Augment::Rotate90]), all);
}

#[test]
fn both_give_the_eight_symmetries_of_the_square() {
    let all = set(&[
        &[1, 2, 3, 4, 5, 6, 7, 8, 9], // as it is
        &[3, 6, 9, 2, 5, 8, 1, 4, 7], // a quarter turn
        &[9, 8, 7, 6, 5, 4, 3, 2, 1], // half a turn
        &[7, 4, 1, 8, 5, 2, 9, 6, 3], // three quarters
        &[3, 2, 1, 6, 5, 4, 9, 8, 7], // left and right exchanged
        &[7, 8, 9, 4, 5, 6, 1, 2, 3], // top and bottom exchanged
        &[1, 4, 7, 2, 5, 8, 3, 6, 9], // about the main diagonal
        &[9, 6, 3, 8, 5, 2, 7, 4, 1], // about the other
    ]);
    let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    assert_eq!(seen(3, 3, &image, &[Augment::Flip, Augment::Rotate90]), all);
}

#[test]
fn an_image_that_is_not_square_is_only_turned_over() {
    let all = set(&[&[1, 2, 3, 4, 5, 6], &[6, 5, 4, 3, 2, 1]]);
    assert_eq!(seen(2, 3, &[1, 2, 3, 4, 5, 6], &[Augment::Rotate90]), all);
}

#[test]
fn without_augmentation_images_stay_as_they_are() {
    assert_eq!(seen(2, 2, &[1, 2, 3, 4], &[]), set(&[&[1, 2, 3, 4]]));
}

#[test]
fn an_epoch_is_a_permutation_that_differs_from_epoch_to_epoch_and_from_seed_to_seed() {
    let (_out, data) = ten();
    let order = |seed: u64, epoch: u64| -> Vec<usize> {
        let batches = Batches::shuffled(&data, (0..10).collect(), 4, &[], seed);
        batches.epoch(epoch).flat_map(|batch| batch.rows).collect()
    };
    let mut sorted = order(7, 0);
    sorted.sort_unstable();
    assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    assert_eq!(order(7, 0), order(7, 0));
    assert_ne!(order(7, 0), order(7, 1));
    assert_ne!(order(7, 0), order(8, 0));
}

#[test]
fn batches_carry_pixels_labels_and_rows_together() {
    let (_out, data) = ten();
    let batches = Batches::shuffled(&data, vec![9, 1, 4, 6, 2], 2, &[Augment::Flip], 3);
    assert_eq!(batches.len(), 3);
    let sizes: Vec<usize> = batches.epoch(0).map(|batch| batch.rows.len()).collect();
    assert_eq!(sizes, [2, 2, 1]);
    for Batch { pixels, labels, rows } in batches.epoch(5) {
        for (at, &row) in rows.iter().enumerate() {
            assert_eq!(pixels[at * 3..][..3], [row as u8; 3]);
            assert_eq!(labels[at], row as u8 % 2);
        }
    }
}

#[test]
fn in_order_means_as_given() {
    let (_out, data) = ten();
    let batches = Batches::in_order(&data, vec![3, 1, 2], 2);
    let rows: Vec<_> = batches.epoch(9).map(|batch| batch.rows).collect();
    assert_eq!(rows, [vec![3, 1], vec![2]]);
}

#[test]
fn augmentation_does_not_depend_on_the_batch_size() {
    let images: Vec<_> = (0..6u8)
        .map(|i| (row(&format!("i{i}"), Some(1), "g", None), grey(&[i, i + 10, i + 20, i + 30])))
        .collect();
    let (_out, data) = pack(2, 2, &images);
    let pixels = |size: usize| -> Vec<u8> {
        let augment = [Augment::Flip, Augment::Rotate90];
        let batches = Batches::shuffled(&data, (0..6).collect(), size, &augment, 1);
        batches.epoch(2).flat_map(|batch| batch.pixels).collect()
    };
    assert_eq!(pixels(1), pixels(4));
}
