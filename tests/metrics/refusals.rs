use expect_test::{Expect, expect};
use microtome::metrics::{Confusion, Groups, MetricError, Ranking, Scores, auc, log_loss, roc};

fn check(error: MetricError, message: Expect) {
    message.assert_eq(&error.to_string());
}

#[test]
fn each_fault_names_the_image_and_what_to_do() {
    check(
        roc(&[0, 1], &[0.5]).unwrap_err(),
        expect!["2 labels came with 1 probabilities: give one probability for each label"],
    );
    check(
        log_loss(&[0, 255], &[0.5, 0.5]).unwrap_err(),
        expect!["image 1 has label 255: a label is 0 or 1, leave unlabelled images out"],
    );
    check(
        Confusion::at(&[0, 1], &[0.5, f32::NAN], 0.5).unwrap_err(),
        expect![
            "image 1 has probability NaN: it must lie between 0 and 1 (NaN is the sign of a training that diverged, try a lower learning rate)"
        ],
    );
    check(
        auc(&[1, 1, 1], &[0.1, 0.2, 0.3]).unwrap_err(),
        expect!["all 3 images have label 1: this needs both classes, take a split that holds both"],
    );
    check(
        auc(&[0], &[0.1]).unwrap_err(),
        expect!["all 1 images have label 0: this needs both classes, take a split that holds both"],
    );
    check(
        Ranking::new(&[0, 1], &[0.1, 0.2], &Groups::each(3), 0.5).unwrap_err(),
        expect!["2 labels came with the groups of 3 images: give one group for each image"],
    );
    check(
        log_loss(&[], &[]).unwrap_err(),
        expect!["there are no images to score: choose a split that holds some"],
    );
}

#[test]
fn nothing_outside_zero_to_one_is_a_probability() {
    for wrong in [-1e-6, 1.000_001, f32::INFINITY, f32::NEG_INFINITY] {
        let error = Scores::of(&[0, 1], &[wrong, 0.5], 0.5).unwrap_err();
        assert_eq!(error, MetricError::Probability { index: 0, probability: wrong });
    }
}
