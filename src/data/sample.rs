//! Which images of a source are read when not all are. Knows nothing of pixels.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dataset::Row;
use super::error::DataError;
use super::problem::Problem;
use super::random::Random;
use super::split::Split;

/// How many images to draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// A share of them, above 0 and up to 1.
    Fraction(f64),
    /// So many.
    Count(usize),
}

impl Sample {
    pub(super) fn problem(&self) -> Option<Problem> {
        match *self {
            Sample::Fraction(share) if !(share > 0.0 && share <= 1.0) => {
                let message = format!("`sample.fraction` is {share}");
                let help = "a share is above 0 and at most 1";
                Some(Problem::new("sample.fraction", message, help))
            }
            Sample::Count(0) => {
                let message = "`sample.count` is 0".into();
                Some(Problem::new("sample.count", message, "draw one image or more"))
            }
            _ => None,
        }
    }

    /// The places of the images that are drawn, in ascending order: of each source, split and class
    /// the same share, made whole by largest remainders.
    pub(super) fn draw<'a>(
        &self,
        rows: impl Iterator<Item = &'a Row>,
        seed: u64,
    ) -> Result<Vec<usize>, DataError> {
        let mut strata = BTreeMap::<(&str, Option<Split>, Option<u8>), Vec<usize>>::new();
        let mut total = 0;
        for (at, row) in rows.enumerate() {
            strata.entry((&row.origin, row.split, row.label)).or_default().push(at);
            total += 1;
        }
        let wanted = match *self {
            Sample::Fraction(share) => (share * total as f64).round() as usize,
            Sample::Count(count) => count,
        };
        if wanted == 0 || wanted > total {
            let advice = if wanted == 0 { "draw more" } else { "there are not more: leave it out" };
            return Err(DataError::Sample { left: wanted, total, advice });
        }
        let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
        let mut drawn = Vec::with_capacity(wanted);
        for ((stratum, places), count) in strata.values_mut().enumerate().zip(shares(&sizes, wanted)) {
            Random::new(seed, "sample", 0, stratum as u64).shuffle(places);
            drawn.extend(&places[..count]);
        }
        drawn.sort_unstable();
        Ok(drawn)
    }
}

/// Divides `wanted` among strata in proportion to their sizes, in whole numbers.
fn shares(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let total: u128 = sizes.iter().map(|&size| size as u128).sum();
    let exact = |size: &usize| *size as u128 * wanted as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|size| (exact(size) / total) as usize).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(exact(&sizes[at]) % total));
    let rest = wanted - shares.iter().sum::<usize>();
    order.iter().take(rest).for_each(|&at| shares[at] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn shares_are_whole_and_add_up() {
        // 3.5, 2.5 and 1: the first of equal remainders goes up.
        assert_eq!(shares(&[7, 5, 2], 7), [4, 2, 1]);
        assert_eq!(shares(&[7, 5, 2], 14), [7, 5, 2]);
        // 0.9, 0.09 and 0.01 of one image.
        assert_eq!(shares(&[90, 9, 1], 1), [1, 0, 0]);
    }
}
