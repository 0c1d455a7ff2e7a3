//! How many images of each class there are, part by part, and how sure their share is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clustered::{Observed, distinct, mean, wilson};
use super::look::Look;
use crate::data::split::Split;

/// The classes of some images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// What the images have in common: `all`, `split` or `source`.
    pub by: String,
    /// Which split or source.
    pub name: String,
    pub negative: usize,
    pub positive: usize,
    pub unlabelled: usize,
    pub groups: usize,
    /// The share of class 1 among labelled images, with its 95% interval.
    pub share: Option<Share>,
}

/// A share and its 95% interval by Wilson 1927.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// As many independent images would tell as much as these, which resemble one another within
    /// their groups; the interval is that of so many.
    pub effective: f64,
}

impl Share {
    /// The share of class 1; none of no images.
    pub(super) fn of(observed: &[Observed]) -> Option<Share> {
        let images = observed.len() as f64;
        let value = observed.iter().filter(|o| o.label == 1).count() as f64 / images;
        let labels: Vec<Observed> =
            observed.iter().map(|o| Observed { value: f64::from(o.label), ..*o }).collect();
        let groups = distinct(observed.iter().map(|o| o.group));
        let effective = match mean(&labels) {
            // Images that all have their own group, or share one, are taken one by one.
            _ if groups == observed.len() || groups == 1 => images,
            Some(share) if share.error > 0.0 => {
                (value * (1.0 - value) / (share.error * share.error)).min(images)
            }
            // Where all are alike, a group says as much as an image.
            _ => groups as f64,
        };
        let [low, high] = wilson(value, effective);
        (images > 0.0).then_some(Share { value, low, high, effective })
    }
}

/// The balance of all images, of each split and of each source, if there are several.
pub(super) fn balances(look: &Look) -> Vec<Balance> {
    let all = of(look, "all", "all", look.all().collect());
    let named = Split::ALL.map(|split| (split.name(), Some(split)));
    let splits = named.into_iter().chain([("none", None)]).map(|(name, split)| {
        of(look, "split", name, look.all().filter(|&row| look.rows[row].split == split).collect())
    });
    let several = |parts: Vec<Balance>| if parts.len() > 1 { parts } else { Vec::new() };
    let splits = splits.filter(|part| part.images() > 0).collect();
    let mut by_origin: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for row in look.all() {
        by_origin.entry(&look.rows[row].origin).or_default().push(row);
    }
    let sources = by_origin.into_iter().map(|(name, rows)| of(look, "source", name, rows));
    [vec![all], several(splits), several(sources.collect())].concat()
}

impl Balance {
    pub fn images(&self) -> usize {
        self.negative + self.positive + self.unlabelled
    }
}

fn of(look: &Look, by: &str, name: &str, rows: Vec<usize>) -> Balance {
    let count = |label| rows.iter().filter(|&&row| look.rows[row].label == label).count();
    Balance {
        by: by.into(),
        name: name.into(),
        negative: count(Some(0)),
        positive: count(Some(1)),
        unlabelled: count(None),
        groups: distinct(rows.iter().map(|&row| look.group[row])),
        share: Share::of(&look.observed(rows.iter().copied(), |_| Some(0.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(rows: &[(u8, usize)]) -> Vec<Observed> {
        rows.iter().map(|&(label, group)| Observed { value: 0.0, label, group }).collect()
    }

    #[test]
    fn images_of_their_own_groups_count_one_by_one() {
        let share = Share::of(&labels(&[(1, 0), (0, 1), (0, 2), (0, 3)])).unwrap();
        assert_eq!((share.value, share.effective), (0.25, 4.0));
        assert_eq!([share.low, share.high], wilson(0.25, 4.0));
    }

    #[test]
    fn groups_of_one_class_count_as_one_image_each() {
        // Residuals of the groups ±¼ of 8 images: error² = 4/3 · 4 · (½·2/8)² = 1/12, so ¼ · 12.
        let rows: Vec<(u8, usize)> = (0..8).map(|i| ((i / 2 % 2) as u8, i / 2)).collect();
        let share = Share::of(&labels(&rows)).unwrap();
        assert!((share.effective - 3.0).abs() < 1e-9, "{}", share.effective);
        let alike = Share::of(&labels(&[(1, 0), (1, 0), (1, 1), (1, 1)])).unwrap();
        assert_eq!((alike.value, alike.effective), (1.0, 2.0));
        assert_eq!(Share::of(&[]), None);
    }
}
