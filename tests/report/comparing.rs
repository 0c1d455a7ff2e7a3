//! What is said of models on the same images follows from their intervals and tests.

use expect_test::{Expect, expect};
use microtome::metrics::Interval;
use microtome::report::*;

use crate::fixture::{compared, model, ranked_grid};

fn report(change: impl FnOnce(&mut EvaluationSection)) -> Report {
    let mut evaluation = compared();
    change(&mut evaluation);
    let mut cnn = model("cnn", 12, 0.03);
    cnn.architecture.retain(|layer| layer.layer != "batch_norm");
    Report {
        models: vec![cnn, model("resnet", 9, 0.22)],
        evaluations: vec![evaluation],
        ..Report::default()
    }
}

fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&format!("{}\n{}", verdict(report), helped(report).join("\n")));
}

#[test]
fn models_that_can_be_told_apart() {
    check(
        &report(|_| {}),
        expect![[r#"
        Of 2 models resnet ranks best, with an AUC of 0.9739 (95% interval 0.9619 to 0.9859) and an accuracy of 91.5% on the test split: 2,200 images, 40.5% of them positive.
        Choice of model: resnet is ahead of cnn by 0.0510 AUC on the test split (0.9739 against 0.9230). They can be told apart: the 95% interval of the difference, from drawing 34 groups anew, is +0.0300 to +0.0710, and p is 0.001 after Holm's correction over 1 pair.
        cnn against resnet: the first has no batch norm. Its AUC on the test split differs by −0.0510 (95% interval −0.0710 to −0.0300), which is worse beyond chance.
        Keeping the best weights: cnn keeps those of epoch 10, with a validation AUC of 0.9724; after epoch 12 it was 0.9626.
        Keeping the best weights: resnet keeps those of epoch 8, with a validation AUC of 0.9358; after epoch 9 it was 0.9259."#]],
    );
}

#[test]
fn models_that_cannot() {
    let alike = report(|evaluation| {
        evaluation.indistinguishable = vec!["cnn".to_owned()];
        evaluation.pairs[0].p = Some(0.41);
        evaluation.pairs[0].interval = Some(Interval { lower: -0.02, upper: 0.011 });
    });
    check(
        &alike,
        expect![[r#"
        Of 2 models resnet ranks best, with an AUC of 0.9739 (95% interval 0.9619 to 0.9859) and an accuracy of 91.5% on the test split: 2,200 images, 40.5% of them positive. It cannot be told from cnn on these images.
        Choice of model: resnet is ahead of cnn by 0.0510 AUC on the test split (0.9739 against 0.9230). They cannot be told apart: the 95% interval of the difference, from drawing 34 groups anew, is −0.0110 to +0.0200, and p is 0.410 after Holm's correction over 1 pair.
        cnn against resnet: the first has no batch norm. Its AUC on the test split differs by −0.0510 (95% interval −0.0200 to +0.0110), which cannot be told from no difference.
        Keeping the best weights: cnn keeps those of epoch 10, with a validation AUC of 0.9724; after epoch 12 it was 0.9626.
        Keeping the best weights: resnet keeps those of epoch 8, with a validation AUC of 0.9358; after epoch 9 it was 0.9259."#]],
    );
}

#[test]
fn a_search_names_what_cannot_be_told_from_its_best() {
    let page = render(&Report { searches: vec![ranked_grid()], ..Report::default() });
    let section = page.split("id=\"search-0\"").nth(1).unwrap();
    let sentences: Vec<&str> =
        section.split("<p>").skip(1).take(3).map(|p| p.split("</p>").next().unwrap()).collect();
    expect![[r#"
        A partial result: of 6 trials 1 failed, and all that follows rests on the others. The model kept is search[lr=0.001,batch_size=32], with a val_auc of 0.9341.
        The best combination is lr 0.001 and batch_size 32, with a val_auc of 0.9341 ± 0.0041 (mean and standard deviation of 3 trainings).
        lr 0.001 and batch_size 64 cannot be told from it; 3 are worse."#]].assert_eq(&sentences.join("\n"));
}
