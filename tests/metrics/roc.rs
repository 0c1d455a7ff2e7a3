use microtome::metrics::{RocPoint, auc, auc_standard_error, roc};

fn point(threshold: Option<f32>, fpr: f64, tpr: f64) -> RocPoint {
    RocPoint { threshold, false_positive_rate: fpr, true_positive_rate: tpr }
}

#[test]
fn four_images_by_hand() {
    // Sorted: 0.8(1) 0.4(0) 0.35(1) 0.1(0). Of the 2·2 pairs positive–negative, 0.8 beats both
    // negatives, 0.35 beats 0.1 and loses to 0.4: 3 of 4.
    let (labels, probabilities) = ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    let curve = roc(&labels, &probabilities).unwrap();
    assert_eq!(curve.auc, 0.75);
    assert_eq!(
        curve.points,
        [
            point(None, 0.0, 0.0),
            point(Some(0.8), 0.0, 0.5),
            point(Some(0.4), 0.5, 0.5),
            point(Some(0.35), 0.5, 1.0),
            point(Some(0.1), 1.0, 1.0),
        ]
    );
    // Trapezoid: from fpr 0 to ½ at height ½, from ½ to 1 at height 1: ¼ + ½.
    assert_eq!(curve.trapezoid(), 0.75);
    assert_eq!((curve.positives, curve.negatives), (2, 2));
}

#[test]
fn ties_are_one_step_whatever_their_order() {
    // 0.5 holds one positive and two negatives; 0.9 one positive; 0.2 one negative.
    // Pairs: 2·3 = 6. 0.9 wins 3; 0.5 wins against 0.2 and ties with two: 1 + 2·½. AUC = 5/6.
    let probabilities = [0.5, 0.9, 0.5, 0.2, 0.5];
    let curve = roc(&[0, 1, 1, 0, 0], &probabilities).unwrap();
    assert_eq!(curve.auc, 5.0 / 6.0);
    assert_eq!(
        curve.points,
        [
            point(None, 0.0, 0.0),
            point(Some(0.9), 0.0, 0.5),
            point(Some(0.5), 2.0 / 3.0, 1.0),
            point(Some(0.2), 1.0, 1.0),
        ]
    );
    assert_eq!(roc(&[1, 1, 0, 0, 0], &probabilities).unwrap(), curve);
}

#[test]
fn perfect_useless_and_reversed() {
    assert_eq!(auc(&[0, 0, 1], &[0.1, 0.2, 0.3]), Ok(1.0));
    assert_eq!(auc(&[0, 1, 0, 1], &[0.5; 4]), Ok(0.5));
    assert_eq!(auc(&[1, 0], &[0.0, 1.0]), Ok(0.0));
}

#[test]
fn negative_zero_ties_with_zero() {
    assert_eq!(auc(&[0, 1], &[-0.0, 0.0]), Ok(0.5));
}

#[test]
fn youden_finds_the_corner() {
    // Heights tpr − fpr at 0.8, 0.4, 0.35, 0.1: ½, 0, ½, 0; the first of equals wins.
    let curve = roc(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8]).unwrap();
    assert_eq!(curve.youden().and_then(|p| p.threshold), Some(0.8));
}

#[test]
fn standard_error_by_hand() {
    // A = 0.8, 10 positive, 20 negative. Q1 = 0.8/1.2 = 2/3, Q2 = 1.28/1.8 = 0.7111…, A² = 0.64.
    // (0.16 + 9·0.026667 + 19·0.071111)/200 = (0.16 + 0.24 + 1.351111)/200 = 0.00875556;
    // its root is 0.0935712.
    let error = auc_standard_error(0.8, 10, 20).unwrap();
    assert!((error - 0.093_571_2).abs() < 1e-7, "{error}");
    assert_eq!(auc_standard_error(1.0, 5, 5), Some(0.0));
    assert_eq!(auc_standard_error(0.9, 0, 5), None);
}
