//! Whether two models decide rightly equally often, by the images on which only one of them does.

use serde::{Deserialize, Serialize};

use super::error::MetricError;
use super::normal::two_sided_p;

/// McNemar's test (McNemar 1947, "Note on the sampling error of the difference between correlated
/// proportions"). Images count as independent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McNemar {
    /// Images that the first model alone decided rightly.
    pub first_only: u64,
    /// Images that the second model alone decided rightly.
    pub second_only: u64,
    /// Two-sided.
    pub p: f64,
    pub method: McNemarMethod,
}

/// How the p-value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum McNemarMethod {
    /// The binomial distribution, below 25 images on which the two differ.
    Exact,
    /// χ² with one degree of freedom and a continuity correction of 1 (Edwards 1948), from 25 on.
    ChiSquare,
}

/// From so many differing images on the χ² distribution is near enough.
const MANY: u64 = 25;

/// Compares the decisions of two models: `true` where the image was decided rightly.
///
/// # Errors
/// [`MetricError::Lengths`] if these are not the same images.
pub fn mcnemar(first: &[bool], second: &[bool]) -> Result<McNemar, MetricError> {
    if first.len() != second.len() {
        let (labels, probabilities) = (first.len(), second.len());
        return Err(MetricError::Lengths { labels, probabilities });
    }
    let count = |pair: (bool, bool)| {
        first.iter().zip(second).filter(|(a, b)| (**a, **b) == pair).count() as u64
    };
    let (first_only, second_only) = (count((true, false)), count((false, true)));
    let differing = first_only + second_only;
    let (p, method) = if differing < MANY {
        (binomial(first_only.min(second_only), differing), McNemarMethod::Exact)
    } else {
        let distance = first_only.abs_diff(second_only) as f64 - 1.0;
        // χ² with one degree of freedom is the square of a normal number.
        let z = distance / (differing as f64).sqrt();
        (two_sided_p(z), McNemarMethod::ChiSquare)
    };
    Ok(McNemar { first_only, second_only, p, method })
}

/// Twice the chance of at most `few` heads in `all` throws of a coin, 1 at most.
fn binomial(few: u64, all: u64) -> f64 {
    let (mut ways, mut sum) = (1_u64, 0_u64);
    for k in 0..=few {
        sum += ways;
        ways = ways * (all - k) / (k + 1);
    }
    (2.0 * sum as f64 / (1_u64 << all) as f64).min(1.0)
}
