//! All images with what was found in each, and the groups as numbers.

use std::collections::BTreeMap;

use super::clustered::Observed;
use super::facts::Facts;
use crate::data::dataset::Row;

/// What is known and what was found, image by image.
pub(super) struct Look<'a> {
    pub rows: &'a [Row],
    pub facts: &'a [Facts],
    /// The names of the groups, ascending.
    pub groups: Vec<&'a str>,
    /// The place of each image's group in `groups`.
    pub group: Vec<usize>,
}

impl<'a> Look<'a> {
    pub fn new(rows: &'a [Row], facts: &'a [Facts]) -> Look<'a> {
        let names: BTreeMap<&str, ()> = rows.iter().map(|row| (row.group.as_str(), ())).collect();
        let groups: Vec<&str> = names.into_keys().collect();
        // Every name is among them, so a search never fails.
        let place = |row: &Row| groups.binary_search(&row.group.as_str()).unwrap_or(0);
        Look { rows, facts, group: rows.iter().map(place).collect(), groups }
    }

    /// Whether the data say which images belong together.
    pub fn is_grouped(&self) -> bool {
        self.groups.len() < self.rows.len()
    }

    /// What `of` says of the labelled images among `rows`, where it says something.
    pub fn observed(
        &self,
        rows: impl Iterator<Item = usize>,
        of: impl Fn(usize) -> Option<f64>,
    ) -> Vec<Observed> {
        rows.filter_map(|row| {
            let (value, label) = (of(row)?, self.rows[row].label?);
            Some(Observed { value, label, group: self.group[row] })
        })
        .collect()
    }

    /// All places in `rows`.
    pub fn all(&self) -> std::ops::Range<usize> {
        0..self.rows.len()
    }
}
