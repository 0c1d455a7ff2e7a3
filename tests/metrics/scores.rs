use expect_test::expect;
use microtome::metrics::{Scores, log_loss};

#[test]
fn log_loss_by_hand() {
    // −(ln 0.75 + ln 0.5) / 2 = (0.2876820724518 + 0.6931471805599) / 2; all three are exact in f32.
    let loss = log_loss(&[1, 0], &[0.75, 0.5]).unwrap();
    assert!((loss - 0.490_414_626_505_86).abs() < 1e-14, "{loss}");
}

#[test]
fn a_certain_mistake_costs_a_finite_loss() {
    // −ln ε with ε = 2⁻²³ is 23 · 0.693147… = 15.942385…
    let loss = log_loss(&[1], &[0.0]).unwrap();
    assert!((loss - 23.0 * std::f64::consts::LN_2).abs() < 1e-12, "{loss}");
    assert!(log_loss(&[1], &[1.0]).unwrap() < 1.2e-7);
}

#[test]
fn scores_as_they_are_written() {
    // Log loss: −(ln 0.875 + ln 0.5 + ln 0.25 + ln 0.75) / 4 = 2.500655… / 4.
    let scores = Scores::of(&[0, 0, 1, 1], &[0.125, 0.5, 0.25, 0.75], 0.5).unwrap();
    expect![[r#"
        {
          "images": 4,
          "threshold": 0.5,
          "auc": 0.75,
          "average_precision": 0.8333333333333333,
          "accuracy": 0.5,
          "balanced_accuracy": 0.5,
          "sensitivity": 0.5,
          "specificity": 0.5,
          "precision": 0.5,
          "npv": 0.5,
          "f1": 0.5,
          "mcc": 0.0,
          "brier": 0.22265625,
          "log_loss": 0.6251637516890348,
          "ece": 0.40625,
          "confusion": {
            "true_negatives": 1,
            "false_positives": 1,
            "false_negatives": 1,
            "true_positives": 1
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&scores).unwrap());
}

#[test]
fn one_class_or_no_image_leaves_nulls_and_reads_back() {
    let one_class = Scores::of(&[1, 1], &[0.9, 0.2], 0.5).unwrap();
    assert_eq!((one_class.auc, one_class.specificity), (None, None));
    assert_eq!((one_class.accuracy, one_class.sensitivity), (Some(0.5), Some(0.5)));

    let nothing = Scores::of(&[], &[], 0.5).unwrap();
    assert_eq!(nothing, Scores { threshold: 0.5, ..Scores::default() });

    for scores in [one_class, nothing] {
        let json = serde_json::to_string(&scores).unwrap();
        assert!(json.contains("null") && !json.contains("NaN"), "{json}");
        assert_eq!(serde_json::from_str::<Scores>(&json).unwrap(), scores);
    }
}
