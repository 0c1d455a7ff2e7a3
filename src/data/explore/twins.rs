//! Images that are nearly the same: turned, mirrored or compressed anew.

use serde::{Deserialize, Serialize};

use crate::data::dataset::Row;
use crate::data::duplicates::{Copies, Likeness, Pair};

/// Two images that show the same picture with other pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twins {
    pub first: String,
    pub second: String,
    /// What makes the second of the first: `turned by 90° and mirrored`, or `as it is`.
    pub symmetry: String,
    /// Of their pixels, after the symmetry.
    pub correlation: f64,
    /// Whether one says tumour and the other does not.
    pub labels_disagree: bool,
    /// Whether they are in two splits, so that scores would look too good.
    pub across_splits: bool,
    /// Whether they are in two groups, so that splits by group do not keep them together.
    pub across_groups: bool,
}

impl Twins {
    pub(super) const COLUMNS: [&str; 7] = [
        "first",
        "second",
        "symmetry",
        "correlation",
        "labels_disagree",
        "across_splits",
        "across_groups",
    ];

    /// Those among the copies that are not the same pixel by pixel.
    pub(super) fn of(copies: &Copies, rows: &[Row]) -> Vec<Twins> {
        let near = copies.pairs.iter().filter(|pair| pair.likeness == Likeness::Near);
        near.map(|pair| Twins::pair(pair, rows)).collect()
    }

    fn pair(pair: &Pair, rows: &[Row]) -> Twins {
        let (a, b) = (&rows[pair.first], &rows[pair.second]);
        let both = a.split.zip(b.split).is_some_and(|(a, b)| a != b);
        Twins {
            first: a.id.clone(),
            second: b.id.clone(),
            symmetry: pair.symmetry.to_string(),
            correlation: pair.correlation,
            labels_disagree: a.label.zip(b.label).is_some_and(|(a, b)| a != b),
            across_splits: both,
            across_groups: a.group != b.group,
        }
    }
}
