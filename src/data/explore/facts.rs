//! What a look at every image tells, one by one.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::measures::Measures;
use crate::data::dataset::{Dataset, Row};
use crate::data::normalize::Sums;

/// What [`Facts::channels`] gives, by name.
pub(super) const CHANNELS: [&str; 6] = ["red", "green", "blue", "red_sd", "green_sd", "blue_sd"];

/// What is found in one image.
pub(super) struct Facts {
    pub sums: Sums,
    pub is_black: bool,
    pub is_white: bool,
    pub measures: Measures,
}

impl Facts {
    /// Looks at some images, in parallel; in their order.
    pub(super) fn of_all(data: &Dataset, rows: Range<usize>, black: u8, white: u8) -> Vec<Facts> {
        let facts = |row| Facts::of(data.image(row), data.width(), black, white);
        rows.into_par_iter().map(facts).collect()
    }

    fn of(image: &[u8], width: usize, black: u8, white: u8) -> Facts {
        let (pixels, _) = image.as_chunks::<3>();
        let (mut dark, mut light) = (0, 0);
        for &[r, g, b] in pixels {
            dark += usize::from(r.max(g).max(b) <= black);
            light += usize::from(r.min(g).min(b) >= white);
        }
        let nearly_all = |found: usize| found * 100 >= pixels.len() * 99;
        Facts {
            sums: Sums::of(image),
            is_black: nearly_all(dark),
            is_white: nearly_all(light),
            measures: Measures::of(image, width, black),
        }
    }

    /// Mean and standard deviation of red, green and blue in the image, 0 to 1.
    pub(super) fn channels(&self) -> [f64; 6] {
        let channels = self.sums.moments();
        let [r, g, b] = channels.mean.map(f64::from);
        let [sr, sg, sb] = channels.sd.map(f64::from);
        [r, g, b, sr, sg, sb]
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
