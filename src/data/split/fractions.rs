//! Splits drawn at random in given shares, without tearing groups apart.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Split;
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
    /// Whether groups (patients, slides) stay together: "group" or "image".
    #[serde(default)]
    pub by: SplitBy,
    /// Whether each split gets about the same share of positive images.
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
        Fractions { train: 0.8, valid: 0.1, test: 0.1, by: SplitBy::Group, stratify: true }
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
        let problems: Vec<Problem> = shares.into_iter().filter_map(outside).collect();
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
        let mut units: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for row in rows {
            units.entry(self.unit(row)).or_default()[self.stratum(row)] += 1;
        }
        let splits = self.fill(units, seed);
        rows.iter().map(|row| splits[self.unit(row)]).collect()
    }

    fn unit<'a>(&self, row: &'a Row) -> &'a str {
        match self.by {
            SplitBy::Group => &row.group,
            SplitBy::Image => &row.id,
        }
    }

    /// Negative, positive, unlabelled; without stratification all are alike.
    fn stratum(&self, row: &Row) -> usize {
        match row.label {
            _ if !self.stratify => 0,
            Some(label) => usize::from(label),
            None => 2,
        }
    }

    /// Gives the units out one by one, the largest first and equals in random order, each to the
    /// split that it brings closest to its share of every stratum (least χ² distance, as in
    /// scikit-learn's `StratifiedGroupKFold`, but for unequal shares).
    fn fill<'a>(
        &self,
        units: BTreeMap<&'a str, [usize; 3]>,
        seed: u64,
    ) -> BTreeMap<&'a str, Split> {
        let mut total = [0; 3];
        for counts in units.values() {
            (0..3).for_each(|stratum| total[stratum] += counts[stratum]);
        }
        let mut queue: Vec<(&str, [usize; 3])> = units.into_iter().collect();
        Random::new(seed, "split", 0, 0).shuffle(&mut queue);
        queue.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<usize>()));

        let shares = Split::ALL.map(|split| self.share(split));
        let mut draw = Draw { shares, total, have: [[0; 3]; 3], given: BTreeMap::new() };
        for (name, counts) in queue {
            let cost = |split: &Split| draw.cost(*split, counts);
            let best = draw.open().min_by(|a, b| cost(a).total_cmp(&cost(b)));
            draw.give(name, counts, best.unwrap_or(Split::Train));
        }
        draw.fill_gaps();
        draw.given.into_iter().map(|(name, (split, _))| (name, split)).collect()
    }
}

/// Images of each stratum: negative, positive, unlabelled.
type Counts = [usize; 3];

/// Units as they are given out.
struct Draw<'a> {
    /// By split.
    shares: [f64; 3],
    total: Counts,
    /// By split.
    have: [Counts; 3],
    given: BTreeMap<&'a str, (Split, Counts)>,
}

impl<'a> Draw<'a> {
    /// The splits that are to have images.
    fn open(&self) -> impl Iterator<Item = Split> + use<> {
        let shares = self.shares;
        Split::ALL.into_iter().filter(move |&split| shares[split as usize] > 0.0)
    }

    /// By how much the χ² distance from the shares grows if the split gets these images.
    fn cost(&self, split: Split, counts: Counts) -> f64 {
        let grows = |stratum: usize| {
            let target = self.shares[split as usize] * self.total[stratum] as f64;
            let (have, more) = (self.have[split as usize][stratum] as f64, counts[stratum] as f64);
            // (have + more - target)² - (have - target)², relative to the target.
            if more > 0.0 { more * (2.0 * (have - target) + more) / target } else { 0.0 }
        };
        (0..3).map(grows).sum()
    }

    fn give(&mut self, name: &'a str, counts: Counts, split: Split) {
        if let Some((before, counts)) = self.given.insert(name, (split, counts)) {
            (0..3).for_each(|stratum| self.have[before as usize][stratum] -= counts[stratum]);
        }
        (0..3).for_each(|stratum| self.have[split as usize][stratum] += counts[stratum]);
    }

    /// With few units, a small share may be less than half of one: a split that went without some
    /// stratum gets the smallest unit that another split can spare.
    fn fill_gaps(&mut self) {
        for split in self.open() {
            for stratum in 0..2 {
                if self.have[split as usize][stratum] > 0 {
                    continue;
                }
                let spared = self.given.iter().filter(|(_, (from, counts))| {
                    counts[stratum] > 0 && self.can_spare(*from, *counts)
                });
                let smallest =
                    spared.min_by_key(|(name, (_, counts))| (counts.iter().sum::<usize>(), **name));
                if let Some((&name, &(_, counts))) = smallest {
                    self.give(name, counts, split);
                }
            }
        }
    }

    fn can_spare(&self, from: Split, counts: Counts) -> bool {
        (0..2).all(|stratum| {
            counts[stratum] == 0 || self.have[from as usize][stratum] > counts[stratum]
        })
    }
}
