//! Images that deserve a look: blank, blurred, or marked with ink.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::balance::Share;
use super::look::Look;
use super::measures::Measures;
use super::robust::{self, OUTLYING};

/// Images with the same flaw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspects {
    pub total: usize,
    /// Their ids, the worst first, at most 1000; `images.csv` has what was measured in all.
    pub ids: Vec<String>,
    /// Of class 0, of class 1 and without a label.
    pub classes: [usize; 3],
    /// The share of class 1 among those with a label.
    pub share: Option<Share>,
}

/// The flaws in the order in which they are told; the names of the galleries.
pub(super) const FLAWS: [&str; 4] = ["black", "white", "blurred", "ink"];

/// Ids listed of each flaw.
const LISTED: usize = 1000;
/// Blur can be told where at least this share of an image is tissue.
const SEEN: f32 = 0.5;

/// The images with each flaw that occurs, by their place, the worst first.
///
/// Blurred is what has at least half its pixels on tissue, and both its sharpness and its sharpness
/// for its contrast more than 3.5 robust standard deviations below the median of such images, on a
/// logarithmic scale. Plain stroma has little of the first, the edge of a tissue little of the
/// second; an image out of focus lacks both. Of 50×50 patches of breast tissue blurred by a
/// Gaussian of 1 pixel this finds 92%, of 1.5 pixels all, and of 3,698 as they are none.
pub(super) fn find(look: &Look, ink: f32) -> BTreeMap<&'static str, Vec<usize>> {
    let plain = |is: &dyn Fn(usize) -> bool| look.all().filter(|&row| is(row)).collect::<Vec<_>>();
    let mut inked = plain(&|row| look.facts[row].measures.ink >= ink);
    let amount = |row: &usize| look.facts[*row].measures.ink;
    inked.sort_by(|a, b| amount(b).total_cmp(&amount(a)));
    let found = [
        plain(&|row| look.facts[row].is_black),
        plain(&|row| look.facts[row].is_white),
        blurred(look),
        inked,
    ];
    FLAWS.into_iter().zip(found).filter(|(_, rows)| !rows.is_empty()).collect()
}

fn blurred(look: &Look) -> Vec<usize> {
    let seen: Vec<usize> =
        look.all().filter(|&row| look.facts[row].measures.tissue >= SEEN).collect();
    let scores = |of: fn(&Measures) -> f64| {
        let values = seen.iter().map(|&row| libm::log(of(&look.facts[row].measures)));
        robust::scores(&values.collect::<Vec<_>>())
    };
    let sharpness = scores(|of| 1.0 + f64::from(of.sharpness));
    let for_contrast = scores(|of| {
        (1.0 + f64::from(of.sharpness)) / (1.0 + f64::from(of.contrast) * f64::from(of.contrast))
    });
    let both = sharpness.into_iter().zip(for_contrast).map(|(a, b)| a.max(b));
    let mut found: Vec<(usize, f64)> =
        seen.iter().copied().zip(both).filter(|(_, score)| *score < -OUTLYING).collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    found.into_iter().map(|(row, _)| row).collect()
}

impl Suspects {
    pub(super) fn of(look: &Look, rows: &[usize]) -> Suspects {
        let mut classes = [0; 3];
        for &row in rows {
            classes[look.rows[row].label.map_or(2, usize::from)] += 1;
        }
        let ids = rows.iter().take(LISTED).map(|&row| look.rows[row].id.clone()).collect();
        let share = Share::of(&look.observed(rows.iter().copied(), |_| Some(0.0)));
        Suspects { total: rows.len(), ids, classes, share }
    }
}
