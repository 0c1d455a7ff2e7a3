//! Splits in given shares, without tearing groups apart: drawn at random, or by the hash of names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::Split;
use super::draw::{Counts, draw};
use crate::data::dataset::Row;
use crate::data::problem::Problem;
use crate::data::random::Random;

/// What is never torn apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// All images of one group (patient, slide) go to the same split.
    #[default]
    Group,
    /// Every image goes its own way, also those of one patient: scores will look too good.
    Image,
}

impl SplitBy {
    pub(in crate::data) fn unit(self, row: &Row) -> &str {
        match self {
            SplitBy::Group => &row.group,
            SplitBy::Image => &row.id,
        }
    }
}

/// How it is decided who goes where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All are shared out together, so that the shares are met as closely as whole groups allow.
    #[default]
    Draw,
    /// The hash of a group's (or image's) name decides alone: nobody moves when images are added,
    /// and the shares are met only on average.
    Hash,
}

/// The share of the images that each split gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Fractions {
    /// Share of the train split, 0 to 1.
    #[serde(default = "most")]
    pub train: f64,
    /// Share of the validation split, 0 to 1.
    #[serde(default = "tenth")]
    pub valid: f64,
    /// Share of the test split, 0 to 1.
    #[serde(default = "tenth")]
    pub test: f64,
    /// How it is decided who goes where: "draw" (shares met closely) or "hash" (nobody moves when
    /// images are added).
    #[serde(default)]
    pub method: Method,
    /// Whether groups (patients, slides) stay together: "group" or "image".
    #[serde(default)]
    pub by: SplitBy,
    /// Whether each split gets about the same share of positive images; a hash cannot see to it.
    #[serde(default = "yes")]
    pub stratify: bool,
}

fn most() -> f64 {
    0.8
}

fn tenth() -> f64 {
    0.1
}

fn yes() -> bool {
    true
}

impl Default for Fractions {
    fn default() -> Fractions {
        let (method, by) = (Method::Draw, SplitBy::Group);
        Fractions { train: 0.8, valid: 0.1, test: 0.1, method, by, stratify: true }
    }
}

impl Fractions {
    pub(super) fn share(&self, split: Split) -> f64 {
        match split {
            Split::Train => self.train,
            Split::Valid => self.valid,
            Split::Test => self.test,
        }
    }

    /// What is wrong with the shares; their sum counts only where each by itself is right.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let Fractions { train, valid, test, .. } = *self;
        let shares = [("split.train", train), ("split.valid", valid), ("split.test", test)];
        let outside = |(place, share)| {
            Problem::outside(place, share, 0.0..=1.0, "a fraction lies between 0 and 1")
        };
        let mut problems: Vec<Problem> = shares.into_iter().filter_map(outside).collect();
        if self.method == Method::Hash && self.stratify {
            let message = "a split by hash cannot be stratified: it looks at names alone".into();
            let help = "leave `stratify` out, or take `method = \"draw\"`";
            problems.push(Problem::new("split.stratify", message, help));
        }
        // Decimal fractions such as 0.1 have no exact binary form.
        let sum = train + valid + test;
        if !problems.is_empty() || (sum - 1.0).abs() <= 1e-6 {
            return problems;
        }
        let sum = (sum * 1e6).round() / 1e6;
        let message = format!(
            "the fractions of `split` add up to {sum}: train = {train}, valid = {valid}, \
             test = {test}"
        );
        vec![Problem::new("split", message, "they must add up to 1")]
    }

    /// The split of every row; the shares must be right.
    pub(super) fn assign(&self, rows: &[Row], seed: u64) -> Vec<Split> {
        match self.method {
            Method::Draw => {
                let shares = Split::ALL.map(|split| self.share(split));
                let parts = draw(&shares, units(rows, self.by, self.stratify), seed);
                rows.iter().map(|row| Split::ALL[parts[self.by.unit(row)]]).collect()
            }
            Method::Hash => rows.iter().map(|row| self.hashed(self.by.unit(row), seed)).collect(),
        }
    }

    /// The split of a unit by its name alone: the name's hash is a place between 0 and 1, and the
    /// shares divide that line.
    fn hashed(&self, unit: &str, seed: u64) -> Split {
        let digest: [u8; 20] = Sha1::digest(unit).into();
        let index = digest[..8].iter().fold(0, |index, &byte| index << 8 | u64::from(byte));
        let place = Random::new(seed, "hash split", 0, index).below(PLACES) as f64 / PLACES as f64;
        let (mut end, mut last) = (0.0, Split::Train);
        for split in Split::ALL.into_iter().filter(|&split| self.share(split) > 0.0) {
            (end, last) = (end + self.share(split), split);
            if place < end {
                break;
            }
        }
        // Shares such as 0.1 may add up to a little less than 1: then it is the last.
        last
    }
}

/// Places on the line between 0 and 1; each is a number that f64 holds exactly.
const PLACES: u64 = 1 << 53;

/// What is never torn apart, with its images of each stratum; without stratification all are alike.
pub(super) fn units(rows: &[Row], by: SplitBy, stratify: bool) -> BTreeMap<&str, Counts> {
    let stratum = |row: &Row| match row.label {
        _ if !stratify => 0,
        Some(label) => usize::from(label),
        None => 2,
    };
    let mut units: BTreeMap<&str, Counts> = BTreeMap::new();
    for row in rows {
        units.entry(by.unit(row)).or_default()[stratum(row)] += 1;
    }
    units
}
