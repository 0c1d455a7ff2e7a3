//! How sure a share is.

use super::bootstrap::Interval;
use super::normal::normal_quantile;

/// The interval of a share that was `part` of `whole` (Wilson 1927, "Probable inference, the law of
/// succession, and statistical inference"); `None` of nothing.
pub fn wilson(part: u64, whole: u64, level: f64) -> Option<Interval> {
    if whole == 0 {
        return None;
    }
    let (z, n) = (normal_quantile(0.5 + level / 2.0), whole as f64);
    let (share, square) = (part as f64 / n, z * z / n);
    let center = (share + square / 2.0) / (1.0 + square);
    let half = (share * (1.0 - share) / n + square / (4.0 * n)).sqrt() * z / (1.0 + square);
    Some(Interval { lower: (center - half).max(0.0), upper: (center + half).min(1.0) })
}
