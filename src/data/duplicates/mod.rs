//! Images that are there twice: with the same pixels, or turned, mirrored or compressed anew. Knows
//! nothing of splits.

mod fingerprint;
mod index;
mod pixels;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::dataset::{Dataset, Row};
use super::error::DataError;
use super::symmetry::Symmetry;
use super::{Progress, report};
use fingerprint::Fingerprint;
use index::Index;

/// How much alike two images are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same pixels.
    Exact,
    /// The same picture: turned, mirrored, compressed anew.
    Near,
}

/// Two images that show the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The row of one image in the data set.
    pub first: usize,
    /// The row of the other, which comes later.
    pub second: usize,
    pub likeness: Likeness,
    /// What makes the second of the first.
    pub symmetry: Symmetry,
    /// Correlation of their pixels, after the symmetry; 1 if they are the same.
    pub correlation: f64,
}

/// The duplicates of a data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copies {
    /// In the order of their rows. Of several images with the same pixels each is paired with the
    /// first of them, and only the first with those that are nearly the same.
    pub pairs: Vec<Pair>,
    /// Images with hardly anything on them, in whose likeness there is nothing to see.
    pub blank: Vec<usize>,
    /// The SHA-1 of each image's pixels, which is the id of a Kaggle patch.
    pub digests: Vec<[u8; 20]>,
}

/// Images between two reports of progress.
const AT_A_TIME: usize = 256;

/// What is looked at of an image: the SHA-1 of its pixels, which is the id of a Kaggle patch, and
/// its fingerprint.
struct Look {
    digest: [u8; 20],
    fingerprint: Fingerprint,
}

impl Copies {
    /// Looks for duplicates among all images of a data set.
    ///
    /// Exact ones have the same SHA-1 of their pixels, whatever file they came from: a patch of
    /// PCam's HDF5 and the same patch of Kaggle's TIFFs are an exact pair. Near ones have
    /// fingerprints that agree and pixels that correlate. Time grows with the
    /// number of images, not with that of pairs; memory is about 200 bytes an image.
    ///
    /// # Errors
    /// [`DataError::Interrupted`] where `progress` asks for it.
    pub fn find(data: &Dataset, progress: Progress) -> Result<Copies, DataError> {
        let mut looks = Vec::with_capacity(data.len());
        while looks.len() < data.len() {
            let end = data.len().min(looks.len() + AT_A_TIME);
            let look = |row: usize| Look {
                digest: Sha1::digest(data.image(row)).into(),
                fingerprint: Fingerprint::of(data.image(row), data.height(), data.width()),
            };
            let more: Vec<Look> = (looks.len()..end).into_par_iter().map(look).collect();
            looks.extend(more);
            report(progress, end, data.len())?;
        }
        let is_blank = |row: &usize| looks[*row].fingerprint.is_blank();
        let blank = (0..looks.len()).filter(is_blank).collect();
        let (mut pairs, distinct) = exact(&looks);
        pairs.extend(near(data, &looks, &distinct));
        pairs.sort_by_key(|pair| (pair.first, pair.second));
        let digests = looks.iter().map(|look| look.digest).collect();
        Ok(Copies { pairs, blank, digests })
    }

    /// Sets of rows that are joined by pairs: first those whose labels disagree, then the others,
    /// each in the order of their first rows. Images without a duplicate are in none.
    pub fn sets(&self, rows: &[Row]) -> Vec<Vec<usize>> {
        // Every row points to one before it in the same set, the first of a set to itself.
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        for pair in &self.pairs {
            let (a, b) = (first(&before, pair.first), first(&before, pair.second));
            before.insert(a.max(b), a.min(b));
            before.entry(a.min(b)).or_insert(a.min(b));
        }
        let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &row in before.keys() {
            sets.entry(first(&before, row)).or_default().push(row);
        }
        let mut sets: Vec<Vec<usize>> = sets.into_values().collect();
        let agree = |set: &Vec<usize>| {
            let mut labels = set.iter().filter_map(|&row| rows[row].label);
            labels.next().is_none_or(|first| labels.all(|label| label == first))
        };
        sets.sort_by_key(agree);
        sets
    }
}

fn first(before: &BTreeMap<usize, usize>, row: usize) -> usize {
    let mut row = row;
    while let Some(&earlier) = before.get(&row).filter(|&&earlier| earlier != row) {
        row = earlier;
    }
    row
}

/// Pairs with the same pixels, and the rows that are the first with theirs. All blank images may
/// well have the same pixels without being copies.
fn exact(looks: &[Look]) -> (Vec<Pair>, Vec<usize>) {
    let mut firsts: BTreeMap<[u8; 20], usize> = BTreeMap::new();
    let (mut pairs, mut distinct) = (Vec::new(), Vec::new());
    for (row, look) in looks.iter().enumerate().filter(|(_, look)| !look.fingerprint.is_blank()) {
        let first = *firsts.entry(look.digest).or_insert(row);
        if first == row {
            distinct.push(row);
            continue;
        }
        let (likeness, symmetry) = (Likeness::Exact, Symmetry::IDENTITY);
        pairs.push(Pair { first, second: row, likeness, symmetry, correlation: 1.0 });
    }
    (pairs, distinct)
}

/// Pairs of these rows whose fingerprints agree and whose pixels correlate.
fn near(data: &Dataset, looks: &[Look], rows: &[usize]) -> Vec<Pair> {
    let fingerprints: Vec<&Fingerprint> = rows.iter().map(|&row| &looks[row].fingerprint).collect();
    let index = Index::of(&fingerprints);
    let square = data.height() == data.width();
    let of = |at: usize| -> Vec<Pair> {
        let mut found: Vec<Pair> = Vec::new();
        for (other, symmetry) in index.like(at, &fingerprints) {
            let symmetry = if other < at { symmetry.inverse() } else { symmetry };
            let (first, second) = (rows[at.min(other)], rows[at.max(other)]);
            if symmetry.turns % 2 == 1 && !square {
                continue;
            }
            let Some(correlation) = pixels::agree(data, first, second, symmetry) else { continue };
            found.push(Pair { first, second, likeness: Likeness::Near, symmetry, correlation });
        }
        found
    };
    let mut pairs: Vec<Pair> = (0..rows.len()).into_par_iter().flat_map_iter(of).collect();
    // A pair is met from both sides, and a picture that is its own mirror image in several ways.
    pairs.sort_by(|a, b| {
        let place = |pair: &Pair| (pair.first, pair.second);
        let better = b.correlation.total_cmp(&a.correlation);
        place(a).cmp(&place(b)).then(better).then(a.symmetry.cmp(&b.symmetry))
    });
    pairs.dedup_by_key(|pair| (pair.first, pair.second));
    pairs
}
