use microtome::metrics::{Confusion, auc, log_loss, roc};
use proptest::prelude::*;

use crate::labelled;

proptest! {
    #[test]
    fn auc_equals_the_count_of_pairs((labels, probabilities) in labelled()) {
        let images = || labels.iter().zip(&probabilities);
        let (mut won, mut pairs) = (0.0, 0.0);
        for (_, positive) in images().filter(|(l, _)| **l == 1) {
            for (_, negative) in images().filter(|(l, _)| **l == 0) {
                pairs += 1.0;
                won += if positive > negative { 1.0 } else if positive == negative { 0.5 } else { 0.0 };
            }
        }
        prop_assert_eq!(auc(&labels, &probabilities), Ok(won / pairs));
    }

    #[test]
    fn auc_equals_the_area_under_the_curve((labels, probabilities) in labelled()) {
        let curve = roc(&labels, &probabilities).unwrap();
        prop_assert!((curve.trapezoid() - curve.auc).abs() < 1e-12);
    }

    #[test]
    fn auc_sees_only_the_order((labels, probabilities) in labelled()) {
        let squeezed: Vec<f32> = probabilities.iter().map(|p| 0.2 + 0.5 * p * p).collect();
        prop_assert_eq!(auc(&labels, &squeezed), auc(&labels, &probabilities));
    }

    #[test]
    fn flipped_labels_give_the_complement((labels, probabilities) in labelled()) {
        let flipped: Vec<u8> = labels.iter().map(|l| 1 - l).collect();
        let sum = auc(&labels, &probabilities).unwrap() + auc(&flipped, &probabilities).unwrap();
        prop_assert!((sum - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_order_of_images_does_not_matter_to_curves((labels, probabilities) in labelled()) {
        let reverse = |v: &[f32]| v.iter().rev().copied().collect::<Vec<_>>();
        let backward: Vec<u8> = labels.iter().rev().copied().collect();
        prop_assert_eq!(roc(&backward, &reverse(&probabilities)), roc(&labels, &probabilities));
    }

    #[test]
    fn the_curve_rises_from_corner_to_corner((labels, probabilities) in labelled()) {
        let curve = roc(&labels, &probabilities).unwrap();
        let at = |i: usize| (curve.points[i].false_positive_rate, curve.points[i].true_positive_rate);
        prop_assert_eq!(at(0), (0.0, 0.0));
        prop_assert_eq!(at(curve.points.len() - 1), (1.0, 1.0));
        for pair in curve.points.windows(2) {
            prop_assert!(pair[0].false_positive_rate <= pair[1].false_positive_rate);
            prop_assert!(pair[0].true_positive_rate <= pair[1].true_positive_rate);
            prop_assert!(pair[0].threshold.is_none_or(|t| t > pair[1].threshold.unwrap()));
        }
    }

    #[test]
    fn each_point_is_the_confusion_at_its_threshold((labels, probabilities) in labelled()) {
        for point in &roc(&labels, &probabilities).unwrap().points[1..] {
            let counts = Confusion::at(&labels, &probabilities, point.threshold.unwrap()).unwrap();
            prop_assert_eq!(counts.sensitivity(), Some(point.true_positive_rate));
            let specificity = counts.specificity().unwrap();
            prop_assert!((1.0 - specificity - point.false_positive_rate).abs() < 1e-15);
        }
    }

    #[test]
    fn a_constant_guess_costs_ln_two_at_least_when_balanced(p in 0.0_f32..=1.0) {
        let loss = log_loss(&[0, 1], &[p, p]).unwrap();
        prop_assert!(loss >= std::f64::consts::LN_2 - 1e-12);
    }
}
