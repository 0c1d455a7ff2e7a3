//! Fewer points for the same-looking ROC curve, so that a report of many predictions stays small.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::roc::{RocCurve, RocPoint};

/// The curve with at most `max_points` points (never fewer than its two ends).
///
/// Points on a straight line between their neighbours go first, which loses nothing; if too many
/// corners are left, the one that spans the smallest triangle with its neighbours goes, again and
/// again (Visvalingam & Whyatt 1993, "Line generalisation by repeated elimination of points").
/// `auc` stays that of the whole curve. Takes n log n steps.
pub fn thin(curve: &RocCurve, max_points: usize) -> RocCurve {
    let corners = corners(&curve.points);
    let points = if corners.len() > max_points { simplify(&corners, max_points) } else { corners };
    RocCurve { points, auc: curve.auc, positives: curve.positives, negatives: curve.negatives }
}

/// Twice the area of a triangle of rates: far above rounding error, far below a pixel.
const STRAIGHT: f64 = 1e-14;

/// Twice the area of the triangle.
fn triangle(a: &RocPoint, b: &RocPoint, c: &RocPoint) -> f64 {
    let (abx, aby) = vector(a, b);
    let (acx, acy) = vector(a, c);
    (abx * acy - aby * acx).abs()
}

fn vector(from: &RocPoint, to: &RocPoint) -> (f64, f64) {
    let x = to.false_positive_rate - from.false_positive_rate;
    let y = to.true_positive_rate - from.true_positive_rate;
    (x, y)
}

/// The points where the curve turns, and its ends.
fn corners(points: &[RocPoint]) -> Vec<RocPoint> {
    let mut kept: Vec<RocPoint> = Vec::new();
    for (i, point) in points.iter().enumerate() {
        // Against the last point kept, so that a gentle bend cannot vanish piece by piece.
        let straight = match (kept.last(), points.get(i + 1)) {
            (Some(before), Some(after)) => triangle(before, point, after) < STRAIGHT,
            _ => false,
        };
        if !straight {
            kept.push(*point);
        }
    }
    kept
}

/// Removes the flattest inner point until `max_points` are left.
fn simplify(points: &[RocPoint], max_points: usize) -> Vec<RocPoint> {
    let last = points.len() - 1;
    let mut before: Vec<usize> = (0..=last).map(|i| i.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (0..=last).map(|i| (i + 1).min(last)).collect();
    // An area's bits order like the area itself, since it is never negative. Of equal areas the
    // later point goes first: the left end of the curve, at high specificity, is where one looks.
    let rank = |before: usize, i: usize, after: usize| {
        (triangle(&points[before], &points[i], &points[after]).to_bits(), Reverse(i))
    };
    let mut queue: BTreeSet<_> = (1..last).map(|i| rank(i - 1, i, i + 1)).collect();
    let mut left = points.len();
    while left > max_points.max(2)
        && let Some((_, Reverse(gone))) = queue.pop_first()
    {
        left -= 1;
        let (b, a) = (before[gone], after[gone]);
        for i in [b, a].into_iter().filter(|&i| i != 0 && i != last) {
            queue.remove(&rank(before[i], i, after[i]));
        }
        (after[b], before[a]) = (a, b);
        for i in [b, a].into_iter().filter(|&i| i != 0 && i != last) {
            queue.insert(rank(before[i], i, after[i]));
        }
    }
    let mut kept = vec![points[0]];
    let mut i = 0;
    while i != last {
        i = after[i];
        kept.push(points[i]);
    }
    kept
}
