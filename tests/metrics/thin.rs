use microtome::metrics::{RocCurve, RocPoint, roc, thin};
use proptest::prelude::*;

use crate::labelled;

fn rates(curve: &RocCurve) -> Vec<(f64, f64)> {
    curve.points.iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect()
}

#[test]
fn corners_stay_and_straight_runs_go() {
    // By falling probability: three positives, two negatives, one positive, two negatives.
    let curve = roc(&[1, 1, 1, 0, 0, 1, 0, 0], &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]).unwrap();
    assert_eq!(curve.points.len(), 9);
    let corners = [(0.0, 0.0), (0.0, 0.75), (0.5, 0.75), (0.5, 1.0), (1.0, 1.0)];
    assert_eq!(rates(&thin(&curve, 100)), corners);
}

#[test]
fn the_flattest_corner_goes_first() {
    // A dent of 0.1 × 0.1 in a curve whose other corner is large.
    let at = |x, y| RocPoint { threshold: None, false_positive_rate: x, true_positive_rate: y };
    let points = vec![at(0.0, 0.0), at(0.0, 0.8), at(0.1, 0.8), at(0.1, 0.9), at(1.0, 1.0)];
    let curve = RocCurve { points, auc: 0.9, positives: 10, negatives: 10 };
    // Twice the triangles: (0,.8) 0.08, (.1,.8) 0.01, (.1,.9) 0.09. The dent goes.
    let four = thin(&curve, 4);
    assert_eq!(rates(&four), [(0.0, 0.0), (0.0, 0.8), (0.1, 0.9), (1.0, 1.0)]);
    assert_eq!(four.auc, 0.9);
    assert_eq!(rates(&thin(&curve, 0)), [(0.0, 0.0), (1.0, 1.0)]);
}

#[test]
fn a_hundred_thousand_predictions_become_two_hundred_points() {
    // A noisy classifier from a linear congruential sequence; positives lean to high values.
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0
    };
    let labels: Vec<u8> = (0..100_000).map(|_| u8::from(next() < 0.4)).collect();
    let probabilities: Vec<f32> =
        labels.iter().map(|&l| if l == 1 { next().sqrt() } else { next() }).collect();
    let curve = roc(&labels, &probabilities).unwrap();
    let small = thin(&curve, 200);
    assert_eq!(small.points.len(), 200);
    assert_eq!(small.auc, curve.auc);
    assert!((small.trapezoid() - curve.auc).abs() < 2e-4, "{} {}", small.trapezoid(), curve.auc);
}

proptest! {
    #[test]
    fn thinning_keeps_a_subsequence_with_both_ends(
        (labels, probabilities) in labelled(), max in 2_usize..30,
    ) {
        let curve = roc(&labels, &probabilities).unwrap();
        let small = thin(&curve, max);
        prop_assert!(small.points.len() <= max);
        let mut all = curve.points.iter();
        prop_assert!(small.points.iter().all(|kept| all.any(|p| p == kept)));
        prop_assert_eq!(small.points.first(), curve.points.first());
        prop_assert_eq!(rates(&small).pop(), rates(&curve).pop());
    }

    #[test]
    fn removing_straight_points_keeps_the_area((labels, probabilities) in labelled()) {
        let curve = roc(&labels, &probabilities).unwrap();
        prop_assert!((thin(&curve, usize::MAX).trapezoid() - curve.auc).abs() < 1e-12);
    }
}
