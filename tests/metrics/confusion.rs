use microtome::metrics::Confusion;

#[test]
fn the_threshold_itself_is_positive() {
    let counts = Confusion::at(&[1, 0, 1, 0], &[0.5, 0.5, 0.499_999, 0.1], 0.5).unwrap();
    let expected =
        Confusion { true_positives: 1, false_positives: 1, false_negatives: 1, true_negatives: 1 };
    assert_eq!(counts, expected);
}

#[test]
fn ratios_by_hand() {
    // 100 images: 40 positive, of which 30 found; 60 negative, of which 6 called positive.
    let c = Confusion {
        true_positives: 30,
        false_negatives: 10,
        false_positives: 6,
        true_negatives: 54,
    };
    assert_eq!((c.images(), c.positives(), c.negatives()), (100, 40, 60));
    assert_eq!(c.accuracy(), Some(0.84)); // (30 + 54) / 100
    assert_eq!(c.sensitivity(), Some(0.75)); // 30 / 40
    assert_eq!(c.specificity(), Some(0.9)); // 54 / 60
    assert_eq!(c.balanced_accuracy(), Some(0.825)); // (0.75 + 0.9) / 2
    assert_eq!(c.precision(), Some(30.0 / 36.0));
    assert_eq!(c.f1(), Some(60.0 / 76.0)); // 2·30 / (2·30 + 6 + 10)
}

#[test]
fn what_is_undefined_is_none() {
    let none = Confusion::default();
    let all = [none.accuracy(), none.sensitivity(), none.specificity(), none.precision()];
    assert_eq!(all, [None; 4]);
    assert_eq!((none.f1(), none.balanced_accuracy()), (None, None));

    let only_negatives = Confusion { true_negatives: 5, ..none };
    assert_eq!(only_negatives.accuracy(), Some(1.0));
    assert_eq!(only_negatives.specificity(), Some(1.0));
    assert_eq!(only_negatives.sensitivity(), None);
    assert_eq!(only_negatives.precision(), None);
    assert_eq!(only_negatives.f1(), None);

    let missed = Confusion { false_negatives: 5, ..none };
    assert_eq!((missed.f1(), missed.precision()), (Some(0.0), None));
}
