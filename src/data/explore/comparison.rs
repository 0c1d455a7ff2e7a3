//! Each measure side by side: how it is spread in each class, what tells the classes apart, and
//! how much of it lies between groups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::class_of;
use super::clustered::{Estimate, difference, share_between};
use super::facts::Facts;
use super::look::Look;
use super::robust::Quantiles;

/// How one measure is spread over the images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// `brightness`, `contrast`, `sharpness`, `tissue`, `haematoxylin`, `eosin` or `centre`: what
    /// they are is told in the documentation of `images.csv`.
    pub measure: String,
    /// Images in which it could be measured.
    pub images: usize,
    pub by_class: BTreeMap<String, Quantiles>,
    /// The mean of class 1 less the mean of class 0; none without both, or with one group.
    pub difference: Option<Estimate>,
    /// The share of the variance that lies between groups, 0 to 1; none without groups.
    pub between_groups: Option<f64>,
}

/// A measure's name, and how it is read.
pub(super) type Measure = (&'static str, fn(&Facts) -> Option<f64>);

/// What is measured in each image.
pub(super) const MEASURES: [Measure; 7] = [
    ("brightness", |facts| Some(f64::from(facts.measures.brightness))),
    ("contrast", |facts| Some(f64::from(facts.measures.contrast))),
    ("sharpness", |facts| Some(f64::from(facts.measures.sharpness))),
    ("tissue", |facts| Some(f64::from(facts.measures.tissue))),
    ("haematoxylin", |facts| facts.measures.stains.map(|stains| f64::from(stains[0]))),
    ("eosin", |facts| facts.measures.stains.map(|stains| f64::from(stains[1]))),
    ("centre", |facts| Some(f64::from(facts.measures.centre))),
];

/// All measures.
pub(super) fn compare(look: &Look) -> Vec<Comparison> {
    MEASURES.map(|measure| of(look, measure)).to_vec()
}

fn of(look: &Look, (name, read): Measure) -> Comparison {
    let mut by_class: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut by_group = Vec::with_capacity(look.rows.len());
    for row in look.all() {
        let Some(value) = read(&look.facts[row]) else { continue };
        by_class.entry(class_of(&look.rows[row])).or_default().push(value);
        by_group.push((look.group[row], value));
    }
    let quantiles =
        |(class, values): (&str, Vec<f64>)| Some((class.into(), Quantiles::of(values)?));
    Comparison {
        measure: name.into(),
        images: by_group.len(),
        by_class: by_class.into_iter().filter_map(quantiles).collect(),
        difference: difference(&look.observed(look.all(), |row| read(&look.facts[row]))),
        between_groups: look.is_grouped().then(|| share_between(&by_group)).flatten(),
    }
}
