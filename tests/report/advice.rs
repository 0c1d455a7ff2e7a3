//! Each rule fires where it should and is silent where it should be.

use expect_test::{Expect, expect};
use microtome::metrics::{Confusion, RocCurve, RocPoint, Scores};
use microtome::report::*;

use crate::fixture::{counts, grid, trial};

fn check(report: &Report, expected: Expect) {
    let lines: Vec<String> =
        advice(report).into_iter().map(|a| format!("{}. {}", a.action, a.reason)).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn silent(report: &Report) {
    check(report, expect![""]);
}

fn data(change: impl FnOnce(&mut Exploration)) -> Report {
    let mut data =
        Exploration { counts: vec![counts("train", 6_000, 4_000, 50)], ..Exploration::default() };
    change(&mut data);
    Report { exploration: Some(data), ..Report::default() }
}

fn finding(kind: FindingKind, total: u64) -> Report {
    data(|data| data.findings.push(Finding { kind, total, items: Vec::new() }))
}

/// A model of three healthy epochs, the second best.
fn trained(change: impl FnOnce(&mut ModelSection)) -> Report {
    let row = |epoch| EpochRow {
        epoch,
        lr: None,
        train_loss: 0.3,
        train_accuracy: Some(0.90),
        valid_loss: Some(0.35),
        valid_accuracy: Some(0.87),
        valid_auc: Some(0.94),
    };
    let mut model = ModelSection {
        stage: "cnn".to_owned(),
        history: (1..=3).map(row).collect(),
        best_epoch: Some(2),
        ..ModelSection::default()
    };
    change(&mut model);
    Report { models: vec![model], ..Report::default() }
}

/// A grid over learning rates 0.1, 0.01, 0.001 whose best is the middle, by far.
fn searched(change: impl FnOnce(&mut SearchSection)) -> Report {
    let mut search = grid();
    search.parameters.truncate(1);
    search.trials = vec![trial("0.1", "", 0.80), trial("0.01", "", 0.92), trial("0.001", "", 0.85)];
    search.best = Some(1);
    change(&mut search);
    Report { searches: vec![search], ..Report::default() }
}

/// One model on 2,000 images, 40% positive, balanced and calibrated.
fn evaluated(change: impl FnOnce(&mut Scores)) -> Report {
    let mut scores = Scores {
        images: 2_000,
        threshold: 0.5,
        auc: Some(0.95),
        log_loss: Some(0.3),
        sensitivity: Some(0.88),
        specificity: Some(0.90),
        confusion: Confusion {
            true_positives: 704,
            false_negatives: 96,
            true_negatives: 1_080,
            false_positives: 120,
        },
        ..Scores::default()
    };
    change(&mut scores);
    let at = |threshold, fpr, tpr| RocPoint {
        threshold,
        false_positive_rate: fpr,
        true_positive_rate: tpr,
    };
    let points = vec![at(None, 0.0, 0.0), at(Some(0.37), 0.125, 0.9), at(Some(0.0), 1.0, 1.0)];
    let roc = RocCurve { points, auc: 0.95, positives: 800, negatives: 1_200 };
    let model =
        ModelScores { model: "cnn".to_owned(), scores, roc: Some(roc), ..ModelScores::default() };
    let section = EvaluationSection {
        stage: "scores".into(),
        split: "test".into(),
        models: vec![model],
        ..EvaluationSection::default()
    };
    Report { evaluations: vec![section], ..Report::default() }
}

#[test]
fn what_is_sound_gets_no_advice() {
    silent(&Report::default());
    silent(&data(|_| {}));
    silent(&trained(|_| {}));
    silent(&searched(|_| {}));
    silent(&evaluated(|_| {}));
}

#[test]
fn findings_in_the_data() {
    check(
        &finding(FindingKind::Leak, 12),
        expect![
            "Split the data so that equal images share a split. 12 images with an equal in another split: the scores above may be too good."
        ],
    );
    check(
        &finding(FindingKind::ConflictingDuplicate, 1),
        expect![
            "Review the labels of duplicated images. 1 set of equal images with labels that differ: no model can get all of them right."
        ],
    );
    check(
        &finding(FindingKind::Unreadable, 3),
        expect![
            "Restore the files that could not be read. 3 images left out of all counts and of training."
        ],
    );
    silent(&finding(FindingKind::Leak, 0));
    silent(&finding(FindingKind::Duplicate, 5));
    silent(&finding(FindingKind::Twin, 5));
    check(
        &finding(FindingKind::LeakingTwin, 2),
        expect![
            "Split the data so that equal images share a split. 2 pairs that are nearly the same lie in two splits: the scores above may be too good."
        ],
    );
    check(
        &finding(FindingKind::ConflictingTwin, 1),
        expect![
            "Review the labels of duplicated images. 1 pair of nearly the same images with labels that differ: no model can get all of them right."
        ],
    );
}

#[test]
fn imbalance() {
    check(
        &data(|d| d.counts = vec![counts("train", 9_000, 1_000, 5)]),
        expect![
            "Weigh the classes in the loss, or draw them equally often. 10.0% of the images to train on are positive; always giving the commoner answer is already 90.0% accurate, so judge by AUC."
        ],
    );
    silent(&data(|d| d.counts = vec![counts("train", 8_000, 2_000, 5)]));
    // Only what is trained on counts.
    silent(&data(|d| d.counts.push(counts("test", 500, 0, 5))));
}

#[test]
fn few_images() {
    check(
        &data(|d| d.counts = vec![counts("all", 700, 500, 5)]),
        expect![
            "Train on more images, augment more, or start from pretrained weights. There are only 1,200 labelled images to train on."
        ],
    );
}

#[test]
fn a_gap_between_training_and_validation() {
    check(
        &trained(|m| m.history[1].train_accuracy = Some(0.98)),
        expect![
            "Give cnn more augmentation, dropout or weight decay. In epoch 2 it is 98.0% accurate on the images it trains on and 87.0% on the validation split, a gap of 11.0 points."
        ],
    );
    silent(&trained(|m| m.history[2].train_accuracy = Some(0.98))); // not the epoch that was kept
    silent(&trained(|m| m.history[1].train_accuracy = None));
}

#[test]
fn the_best_epoch_is_the_last() {
    check(
        &trained(|m| m.best_epoch = Some(3)),
        expect![
            "Train cnn for more epochs. Its best epoch was the last, number 3: it may not be done."
        ],
    );
    silent(&trained(|m| (m.best_epoch, m.ending) = (Some(3), Ending::StoppedEarly)));
}

#[test]
fn a_model_that_learns_nothing_or_diverges() {
    check(
        &trained(|m| m.history[1].valid_auc = Some(0.55)),
        expect![
            "Try another learning rate or a larger network for cnn. Its validation AUC does not pass 0.5500; 0.5 is guessing."
        ],
    );
    check(
        &trained(|m| m.history[2].train_loss = f64::NAN),
        expect!["Lower the learning rate of cnn. Its loss was no longer a number in epoch 3."],
    );
    check(
        &trained(|m| {
            for row in &mut m.history {
                (row.valid_loss, row.valid_accuracy, row.valid_auc) = (None, None, None);
            }
        }),
        expect![
            "Give cnn a validation split. Without one nothing shows when it starts to overfit."
        ],
    );
}

#[test]
fn the_best_value_at_an_end_of_the_grid() {
    check(
        &searched(|s| {
            s.trials =
                vec![trial("1e-2", "", 0.8), trial("1e-3", "", 0.9), trial("1e-4", "", 0.95)];
            s.best = Some(2);
        }),
        expect![
            "Extend search to lower values of optimizer.adam.lr, such as 0.00001. val_auc is highest on average at 1e-4, which is the smallest of the 3 values tried (0.9500)."
        ],
    );
    check(
        &searched(|s| {
            (s.goal, s.objective) = (Goal::Minimize, "val_loss".to_owned());
            s.trials = vec![trial("16", "", 0.8), trial("32", "", 0.6), trial("64", "", 0.4)];
            s.best = Some(2);
        }),
        expect![
            "Extend search to higher values of optimizer.adam.lr, such as 128. val_loss is lowest on average at 64, which is the largest of the 3 values tried (0.4000)."
        ],
    );
}

#[test]
fn no_advice_to_go_where_nothing_is() {
    let best_of_two = |low: &'static str, high: &'static str, best: usize| {
        searched(|s| {
            let scores = if best == 0 { [0.9, 0.8] } else { [0.8, 0.9] };
            s.trials = vec![trial(low, "", scores[0]), trial(high, "", scores[1])];
            s.best = Some(best);
        })
    };
    silent(&best_of_two("0", "0.5", 0)); // below zero there is no dropout
    silent(&best_of_two("adam", "sgd", 1)); // words have no ends
    let report = best_of_two("0.25", "0.5", 1); // a share of 1 is no example to give
    assert!(advice(&report)[0].action.ends_with("higher values of optimizer.adam.lr"));
    silent(&searched(|s| {
        s.parameters[0] = "seed".to_owned();
        s.trials.truncate(2);
    }));
}

#[test]
fn failed_trials() {
    check(
        &searched(|s| {
            s.trials.push(Trial {
                name: "bad".into(),
                values: vec!["1".into()],
                outcome: Outcome::Failed { error: "no memory".into() },
            });
        }),
        expect![
            "Look into the failed trials of search. 1 of 4 trials gave no val_auc; the errors are in its table."
        ],
    );
}

#[test]
fn a_close_call_with_one_seed() {
    check(
        &searched(|s| s.trials[0] = trial("0.1", "", 0.9162)),
        expect![
            "Repeat search with several seeds. Its two best trials differ by only 0.0038 in val_auc, and each was trained once."
        ],
    );
}

#[test]
fn a_lopsided_threshold() {
    check(
        &evaluated(|s| (s.sensitivity, s.specificity) = (Some(0.70), Some(0.97))),
        expect![
            "Lower the threshold of cnn, chosen on validation images. At 0.5 its sensitivity is 70.0% and its specificity 97.0% on the test split. On this split their sum would be largest at 0.37 (90.0% and 87.5%)."
        ],
    );
    let raised = evaluated(|s| (s.sensitivity, s.specificity) = (Some(0.97), Some(0.70)));
    assert!(advice(&raised)[0].action.starts_with("Raise the threshold of cnn"));
    silent(&evaluated(|s| s.sensitivity = None));
}

#[test]
fn confident_mistakes() {
    // With 40% positives, always answering 0.4 costs −(0.4 ln 0.4 + 0.6 ln 0.6) = 0.6730.
    check(
        &evaluated(|s| s.log_loss = Some(0.8)),
        expect![
            "Regularise or calibrate cnn. It ranks the test images well (AUC 0.9500), yet its log loss of 0.8000 is worse than the 0.6730 of always answering with the share of positives: it is too sure of its mistakes."
        ],
    );
    silent(&evaluated(|s| s.log_loss = Some(0.67)));
}

#[test]
fn too_few_images_to_tell_models_apart() {
    check(
        &evaluated(|s| {
            s.images = 60;
            s.confusion = Confusion {
                true_positives: 21,
                false_negatives: 3,
                true_negatives: 32,
                false_positives: 4,
            };
        }),
        expect![
            "Evaluate on more images than the test split has. With 60 images the standard error of cnn's AUC is 0.0324: smaller differences say little."
        ],
    );
}

#[test]
fn ink_and_stains() {
    let ink = Flaw {
        kind: FlawKind::Ink,
        negative: 4,
        positive: 1,
        unlabelled: 0,
        share: None,
        picture: None,
        shown: Vec::new(),
    };
    check(
        &data(|d| d.flaws.push(ink)),
        expect![
            "Leave out the images with marker ink, or blot it out. 5 images show blue or green ink; see the findings."
        ],
    );
    let staining = Staining { groups: 20, outliers: 2, ..Staining::default() };
    check(
        &data(|d| d.staining = Some(staining)),
        expect![
            "Normalise the stain, or vary it while training. Up to 0.0% of the variance of a dye lies between groups, and 2 groups stained unlike the others: a new laboratory may stain differently again."
        ],
    );
    silent(&data(|d| d.staining = Some(Staining { groups: 20, ..Staining::default() })));
}

#[test]
fn a_model_that_does_not_clearly_beat_colour() {
    let with = |auc: f64| {
        let mut report = evaluated(|scores| scores.auc = Some(0.95));
        let auc = Interval { value: auc, low: auc - 0.02, high: auc + 0.02 };
        let on = "test".to_owned();
        let colour = ColourScore { on, negative: 1_200, positive: 800, groups: 40, auc };
        report.exploration = data(|d| d.colour = vec![colour]).exploration;
        report
    };
    check(
        &with(0.94),
        expect![
            "Find out whether cnn sees more than colour. Its AUC on the test split is 0.9500, that of a regression on mean colours 0.9400: train it on normalised or jittered stains, or score it on more groups."
        ],
    );
    silent(&with(0.85));
    // Scored on other images, the two cannot be compared.
    let mut other = with(0.94);
    if let Some(data) = &mut other.exploration {
        data.colour[0].positive = 799;
    }
    silent(&other);
}
