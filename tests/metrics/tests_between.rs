//! Comparisons where a reference has nothing to say: undefined ones, and names.

use microtome::metrics::*;

#[test]
fn equal_models_are_not_told_apart() {
    let labels = [0, 1, 1, 0, 1, 0];
    let model = DeLong::of(&labels, &[0.1, 0.9, 0.4, 0.3, 0.8, 0.6]).unwrap();
    let test = model.test(&model.clone());
    let expected =
        AucDifference { difference: 0.0, standard_error: Some(0.0), z: None, p: Some(1.0) };
    assert_eq!(test, expected);
}

#[test]
fn areas_that_differ_without_a_variance_have_no_p() {
    // One ranks all pairs rightly, the other none of them apart: neither varies.
    let labels = [0, 0, 1, 1];
    let perfect = DeLong::of(&labels, &[0.1, 0.2, 0.8, 0.9]).unwrap();
    let constant = DeLong::of(&labels, &[0.5; 4]).unwrap();
    let test = perfect.test(&constant);
    assert_eq!((test.difference, test.standard_error, test.p), (0.5, Some(0.0), None));
    assert_eq!(perfect.interval(0.95), None);
    let point = constant.interval(0.95).unwrap();
    assert_eq!((point.lower, point.upper), (0.5, 0.5));
}

#[test]
fn other_images_are_not_compared() {
    let three = DeLong::of(&[0, 1, 1], &[0.1, 0.2, 0.3]).unwrap();
    let four = DeLong::of(&[0, 1, 1, 0], &[0.1, 0.2, 0.3, 0.9]).unwrap();
    assert_eq!((three.covariance(&four), three.test(&four).p), (None, None));
    assert!(mcnemar(&[true], &[true, false]).is_err());
}

#[test]
fn undefined_tests_do_not_count_for_holm() {
    assert_eq!(holm(&[]), []);
    assert_eq!(holm(&[None, Some(0.01), None, Some(0.04)]), [None, Some(0.02), None, Some(0.04)]);
}

#[test]
fn every_metric_has_the_name_of_its_field() {
    let scores = Scores::of(&[0, 0, 1, 1, 1], &[0.1, 0.6, 0.4, 0.7, 0.8], 0.5).unwrap();
    let written = serde_json::to_value(&scores).unwrap();
    for metric in Metric::ALL {
        assert_eq!(written[metric.name()].as_f64(), scores.get(metric), "{metric:?}");
        assert!(scores.get(metric).is_some(), "{metric:?}");
        assert_eq!(Metric::of_name(metric.name()), Some(metric));
        assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
    }
}

#[test]
fn a_temperature_keeps_the_order_and_a_half() {
    for temperature in [0.3, 1.0, 7.0] {
        assert_eq!(soften(0.5, temperature), 0.5);
        let probabilities = [0.0, 1e-30, 0.2, 0.5, 0.9, 1.0];
        let scaled = probabilities.map(|p| soften(p, temperature));
        assert!(scaled.windows(2).all(|pair| pair[0] <= pair[1]), "{scaled:?}");
    }
    assert_eq!(soften(0.2, 1.0), 0.2);
}
