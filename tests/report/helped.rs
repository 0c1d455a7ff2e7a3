use expect_test::{Expect, expect};
use microtome::metrics::{Confusion, Scores};
use microtome::report::*;

use crate::fixture::{grid, model, trial};

fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&helped(report).join("\n"));
}

/// A model of that AUC on 100 positive and 100 negative images.
fn of_auc(model: &str, auc: f64) -> ModelScores {
    let confusion = Confusion {
        true_positives: 80,
        false_negatives: 20,
        true_negatives: 90,
        false_positives: 10,
    };
    let scores = Scores {
        images: 200,
        auc: Some(auc),
        accuracy: Some(0.85),
        confusion,
        ..Scores::default()
    };
    ModelScores { model: model.to_owned(), scores, roc: None, ..ModelScores::default() }
}

fn evaluation(models: Vec<ModelScores>) -> Report {
    let section = EvaluationSection {
        stage: "scores".into(),
        split: "test".into(),
        models,
        ..EvaluationSection::default()
    };
    Report { evaluations: vec![section], ..Report::default() }
}

#[test]
fn a_clear_lead_is_called_more_than_chance() {
    check(
        &evaluation(vec![of_auc("cnn", 0.70), of_auc("resnet", 0.95), of_auc("linear", 0.6)]),
        expect![
            "Choice of model: resnet is ahead of cnn by 0.2500 AUC on the test split (0.9500 against 0.7000). With 200 images that is more than chance would explain: the standard error of the difference is about 0.0402."
        ],
    );
}

#[test]
fn a_narrow_lead_is_called_chance() {
    check(
        &evaluation(vec![of_auc("cnn", 0.90), of_auc("resnet", 0.91)]),
        expect![
            "Choice of model: resnet is ahead of cnn by 0.0100 AUC on the test split (0.9100 against 0.9000). With 200 images that is no more than chance could give: the standard error of the difference is about 0.0312."
        ],
    );
}

#[test]
fn a_grid_is_compared_like_with_like() {
    // One trial failed: lr 0.01 with batch size 64. Learning rates are compared over batch size 32
    // alone, batch sizes over the learning rates 0.001 and 0.0001:
    // (0.9341 + 0.9022) / 2 = 0.91815 and (0.9287 + 0.8875) / 2 = 0.9081.
    check(
        &Report { searches: vec![grid()], ..Report::default() },
        expect![[r#"
            Setting that mattered most in search: probably optimizer.adam.lr, whose mean val_auc moves by 0.0629 between its values; that of batch_size moves by 0.0101. This holds for the values tried, not beyond.
            Learning rate (optimizer.adam.lr) in search: 0.001 has the highest mean val_auc, 0.9341. It cannot be told from 0.0001 (+0.0366, 95% interval −0.0818 to +0.1549, 2 pairs alike but for this) and 0.01 (+0.0629 in the only pair alike but for this).
            Batch size (batch_size) in search: 32 has the highest mean val_auc, 0.9182. It cannot be told from 64 (+0.0101, 95% interval −0.0490 to +0.0691, 2 pairs alike but for this)."#]],
    );
}

#[test]
fn seeds_are_the_yardstick_and_no_setting() {
    let mut search = grid();
    search.parameters[1] = "seed".to_owned();
    search.trials = vec![
        trial("0.1", "0", 0.90),
        trial("0.1", "1", 0.92),
        trial("0.2", "0", 0.80),
        trial("0.2", "1", 0.84),
    ];
    check(
        &Report { searches: vec![search], ..Report::default() },
        expect![[r#"
            Learning rate (optimizer.adam.lr) in search: 0.1 has the highest mean val_auc, 0.9100. It cannot be told from 0.2 (+0.0900, 95% interval −0.0371 to +0.2171, 2 pairs alike but for this).
            Chance in search: with equal settings and another seed, val_auc moves by 0.0300 on average. Take smaller differences for noise."#]],
    );
}

#[test]
fn the_best_epoch_is_set_against_the_last() {
    let mut cnn = model("cnn", 3, 0.0);
    for (row, auc) in cnn.history.iter_mut().zip([0.8, 0.9, 0.85]) {
        row.valid_auc = Some(auc);
    }
    cnn.best_epoch = Some(2);
    check(
        &Report { models: vec![cnn], ..Report::default() },
        expect![
            "Keeping the best weights: cnn keeps those of epoch 2, with a validation AUC of 0.9000; after epoch 3 it was 0.8500."
        ],
    );
}

#[test]
fn nothing_to_compare_says_nothing() {
    check(&Report::default(), expect![""]);
    check(&evaluation(vec![of_auc("cnn", 0.9)]), expect![""]);
}

#[test]
fn the_verdict_prefers_the_test_split() {
    let mut report = evaluation(vec![of_auc("cnn", 0.9)]);
    report.evaluations[0].split = "valid".to_owned();
    report.evaluations.push(EvaluationSection {
        stage: "final".into(),
        split: "test".into(),
        models: vec![of_auc("cnn", 0.88), of_auc("resnet", 0.91)],
        ..EvaluationSection::default()
    });
    expect!["Of 2 models resnet ranks best, with an AUC of 0.9100 and an accuracy of 85.0% on the test split: 200 images, 50.0% of them positive."]
        .assert_eq(&verdict(&report));
}

#[test]
fn the_verdict_without_scores() {
    expect!["No model was trained or evaluated here."].assert_eq(&verdict(&Report::default()));
    let trained = Report { models: vec![model("cnn", 3, 0.0)], ..Report::default() };
    expect!["1 model trained, none evaluated."].assert_eq(&verdict(&trained));
    let empty = evaluation(vec![ModelScores { model: "cnn".into(), ..ModelScores::default() }]);
    expect!["cnn was evaluated on the test split, which holds no image."]
        .assert_eq(&verdict(&empty));
}
