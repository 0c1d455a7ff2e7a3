//! What a look at every image tells, one by one.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use sha1::{Digest, Sha1};

use crate::data::dataset::{Dataset, Row};
use crate::data::normalize::Sums;

/// What is found in one image.
pub(super) struct Facts {
    pub sums: Sums,
    /// Mean luma, 0 to 255.
    pub brightness: u8,
    pub is_black: bool,
    pub is_white: bool,
    /// SHA-1 of the pixels; the id of a Kaggle patch.
    pub digest: [u8; 20],
}

impl Facts {
    /// Looks at some images, in parallel; in their order.
    pub(super) fn of_all(data: &Dataset, rows: Range<usize>, black: u8, white: u8) -> Vec<Facts> {
        rows.into_par_iter().map(|row| Facts::of(data.image(row), black, white)).collect()
    }

    fn of(image: &[u8], black: u8, white: u8) -> Facts {
        let (pixels, _) = image.as_chunks::<3>();
        let count = |is: &dyn Fn(u8) -> bool| {
            pixels.iter().filter(|pixel| pixel.iter().all(|&byte| is(byte))).count()
        };
        let nearly_all = |found: usize| found * 100 >= pixels.len() * 99;
        let luma = |&[r, g, b]: &[u8; 3]| {
            (u64::from(r) * 299 + u64::from(g) * 587 + u64::from(b) * 114) / 1000
        };
        let light: u64 = pixels.iter().map(luma).sum();
        Facts {
            sums: Sums::of(image),
            brightness: (light / pixels.len().max(1) as u64) as u8,
            is_black: nearly_all(count(&|byte| byte <= black)),
            is_white: nearly_all(count(&|byte| byte >= white)),
            digest: Sha1::digest(image).into(),
        }
    }
}

/// Images of class 0, of class 1 and without label in each group.
pub(super) fn by_group(rows: &[Row]) -> BTreeMap<&str, [usize; 3]> {
    let mut groups: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for row in rows {
        groups.entry(&row.group).or_default()[row.label.map_or(2, usize::from)] += 1;
    }
    groups
}
