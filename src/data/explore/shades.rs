//! Sums over all images of a class, pixel by pixel and shade by shade: the mean image and the
//! histograms of its channels. Whole numbers, so the order of images and threads does not matter.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::class_of;
use crate::data::dataset::Dataset;

/// Shades are counted in so many bins of equal width.
pub(super) const SHADES: usize = 64;

/// Pixels by the brightness of a channel: bin `i` counts the bytes `4i ..= 4i + 3`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shades {
    pub red: Vec<u64>,
    pub green: Vec<u64>,
    pub blue: Vec<u64>,
}

/// What the images of one class add up to.
pub(super) struct Class {
    pub images: u64,
    /// H×W×3 sums of bytes.
    pub sums: Vec<u64>,
    /// Pixels with each byte, in each channel.
    pub shades: [[u64; 256]; 3],
}

impl Class {
    fn new(bytes: usize) -> Class {
        Class { images: 0, sums: vec![0; bytes], shades: [[0; 256]; 3] }
    }

    pub(super) fn shades(&self) -> Shades {
        let [red, green, blue] = self.shades.each_ref().map(|counts| {
            counts.chunks(256 / SHADES).map(|bin| bin.iter().sum()).collect::<Vec<u64>>()
        });
        Shades { red, green, blue }
    }

    /// H×W×3 mean bytes.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.sums.iter().map(|&sum| sum as f64 / self.images.max(1) as f64).collect()
    }
}

/// The sums of each class.
#[derive(Default)]
pub(super) struct Classes(pub BTreeMap<&'static str, Class>);

/// Bytes that one thread sums at a time.
const BLOCK: usize = 3 * 1024;

impl Classes {
    /// Takes in some images.
    pub(super) fn add(&mut self, data: &Dataset, rows: Range<usize>) {
        let mut by_class: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        for row in rows {
            by_class.entry(class_of(&data.rows()[row])).or_default().push(row);
        }
        for (class, rows) in by_class {
            let bytes = data.height() * data.width() * 3;
            let class = self.0.entry(class).or_insert_with(|| Class::new(bytes));
            class.images += rows.len() as u64;
            let blocks = class.sums.par_chunks_mut(BLOCK).enumerate();
            let counts = blocks.map(|(block, sums)| add(data, &rows, block * BLOCK, sums));
            let counts = counts.reduce(|| Box::new([[0; 256]; 3]), plus);
            for (all, new) in class.shades.iter_mut().zip(counts.iter()) {
                all.iter_mut().zip(new).for_each(|(all, new)| *all += new);
            }
        }
    }
}

/// Pixels with each byte, in each channel.
type Counts = Box<[[u64; 256]; 3]>;

/// Adds the same part of each image to `sums`, and counts its bytes.
fn add(data: &Dataset, rows: &[usize], from: usize, sums: &mut [u64]) -> Counts {
    let mut counts: Counts = Box::new([[0; 256]; 3]);
    for &row in rows {
        let part = &data.image(row)[from..from + sums.len()];
        sums.iter_mut().zip(part).for_each(|(sum, &byte)| *sum += u64::from(byte));
        // Blocks and images hold whole pixels.
        for pixel in part.as_chunks::<3>().0 {
            for (counts, &byte) in counts.iter_mut().zip(pixel) {
                counts[usize::from(byte)] += 1;
            }
        }
    }
    counts
}

fn plus(mut one: Counts, other: Counts) -> Counts {
    for (one, other) in one.iter_mut().zip(other.iter()) {
        one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
    }
    one
}
