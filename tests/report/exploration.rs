//! What the page says of the data, sentence by sentence.

use expect_test::{Expect, expect};
use microtome::report::*;

use crate::fixture::{colour_score, exploration, measures};

fn check(data: &Exploration, expected: Expect) {
    expected.assert_eq(&observations(data).join("\n"));
}

fn only(change: impl FnOnce(&mut Exploration)) -> Exploration {
    let mut data = Exploration::default();
    change(&mut data);
    data
}

fn interval(low: f64, value: f64, high: f64) -> Interval {
    Interval { value, low, high }
}

#[test]
fn nothing_is_said_of_nothing() {
    check(&Exploration::default(), expect![""]);
}

#[test]
fn everything_that_is_said_of_a_full_look() {
    check(
        &exploration(),
        expect![[r#"
            21,998 of 22,000 files are TIFF rgb8 (100.0%), but there are also 2 that are PNG grey8. Formats and modes can be told apart without looking at tissue: see that the classes do not differ in them.
            All 22,000 images are of one kind: 96×96.
            40.5% (95% interval 37.5% to 43.5%) of the labelled images are positive. Images of one group resemble one another, so these 22,000 tell as much of the share as 1,029 independent ones would.
            The splits have 40.5% in train and 40.6% in test, no further apart than chance would let them be.
            In 1 of the 30 groups with two labelled images or more (3.3%) all are of one class.
            A logistic regression on the mean and spread of red, green and blue, which sees no shape, reaches an AUC of 0.790 (95% interval 0.760 to 0.820) on the test split, and 0.800 (95% interval 0.770 to 0.830) on the valid split. Colour gives much of the label away here. A network has to beat this before it can be said to see more than stain and brightness.
            The middle half of the 30 groups with enough tissue hold between 0.20 and 0.28 of haematoxylin and between 0.11 and 0.14 of eosin, in optical density. 45.0% of the variance of haematoxylin among images and 50.0% of that of eosin lie between groups.
            1 group is stained unlike the others (more than 3.5 robust standard deviations from the median): slide-7 (61 images), whose eosin of 0.40 lies 9.1 deviations above the median of 0.13. Look at its images before trusting what rests on them.
            On average positive images are darker (by 12.2, 9.2 to 15.2), fuller of tissue (by 12.5 points, 10.0 points to 15.0 points) and richer in haematoxylin (by 0.062, 0.050 to 0.075) than negative ones (95% intervals of the difference in brackets, groups taken as independent). In contrast or eosin no difference beyond chance shows.
            Much of the variance lies between groups in haematoxylin (45.0%) and eosin (50.0%): groups can be recognised by it, and a new patient may lie outside what a network has seen.
            Compared with their rim, the central thirds of positive images are 4.00 darker than those of negative ones (95% interval of the difference -5.00 to -3.00 of 255): the label has to do with the centre, so crops and shifts should keep it in view.
            On two axes that hold 75.0% of the variance of 4 simple features, similar images lie close together. The first (50.0%) follows mostly red, green and blue, the second (25.0%) mostly the spread of green, the spread of blue and tissue.
            30.0% of the variance on the map lies between groups and 20.0% between classes: images resemble those of their group more than those of their class, so a split that does not keep groups together would reward recognising them.
            12 images (0.1%) are marked with blue or green ink: an annotation on the glass, which may give labels away. Of those with a label 8.0% (95% interval 1.0% to 35.0%) are positive, against 40.5% of all: a network may take the flaw for a sign of the label.
            4 images (0.0%) are all white: there is no tissue to judge."#]],
    );
}

fn parts(by: &str, shares: [(&str, f64, f64); 2]) -> Exploration {
    let part = |(name, share, half): (&str, f64, f64)| Part {
        by: by.to_owned(),
        name: name.to_owned(),
        images: 100,
        groups: 100,
        share: interval(share - half, share, share + half),
        effective: 100.0,
    };
    only(|data| data.balance = shares.map(part).to_vec())
}

#[test]
fn shares_that_differ_and_shares_that_may_not() {
    check(
        &parts("split", [("train", 0.4, 0.05), ("test", 0.6, 0.05)]),
        expect![
            "The splits differ in their share of positives, 40.0% in train and 60.0% in test: 20.0 points between test and train is more than chance explains, so accuracy and precision cannot be compared between them; AUC does not depend on the share."
        ],
    );
    check(
        &parts("split", [("train", 0.4, 0.1), ("test", 0.5, 0.1)]),
        expect![
            "The splits have 40.0% in train and 50.0% in test, no further apart than chance would let them be."
        ],
    );
    check(
        &parts("source", [("kaggle", 0.2, 0.05), ("own", 0.9, 0.05)]),
        expect![
            "The sources differ in their share of positives, 20.0% in kaggle and 90.0% in own: 70.0 points between own and kaggle is more than chance explains, so a network that recognises the source knows something of the label."
        ],
    );
}

#[test]
fn groups_of_one_class() {
    let groups = |pure: usize| {
        let group = |i: usize| GroupLook {
            name: i.to_string(),
            negative: 2,
            positive: u64::from(i >= pure),
            ..GroupLook::default()
        };
        only(|data| data.groups = (0..4).map(group).collect())
    };
    check(
        &groups(0),
        expect!["Each of the 4 groups with two labelled images or more has both classes."],
    );
    check(
        &groups(1),
        expect![
            "In 1 of the 4 groups with two labelled images or more (25.0%) all are of one class."
        ],
    );
    check(
        &groups(4),
        expect![
            "In 4 of the 4 groups with two labelled images or more all are of one class: whatever recognises a group knows its labels, so groups must stay within a split."
        ],
    );
}

#[test]
fn what_colour_alone_is_worth() {
    let colour = |on: &str, auc: Interval| {
        only(|data| data.colour = vec![colour_score(on, 60, 40, 20, auc)])
    };
    check(
        &colour("test", interval(0.85, 0.9, 0.95)),
        expect![
            "A logistic regression on the mean and spread of red, green and blue, which sees no shape, reaches an AUC of 0.900 (95% interval 0.850 to 0.950) on the test split. Colour gives much of the label away here. A network has to beat this before it can be said to see more than stain and brightness."
        ],
    );
    check(
        &colour("folds", interval(0.55, 0.6, 0.65)),
        expect![
            "A logistic regression on the mean and spread of red, green and blue, which sees no shape, reaches an AUC of 0.600 (95% interval 0.550 to 0.650) on groups it was not fitted on. Colour gives part of the label away; a network has to beat this before it can be said to see more than stain and brightness."
        ],
    );
    check(
        &colour("valid", interval(0.42, 0.52, 0.62)),
        expect![
            "A logistic regression on the mean and spread of red, green and blue, which sees no shape, reaches an AUC of 0.520 (95% interval 0.420 to 0.620) on the valid split. That is no better than guessing, as far as so many images can tell: nothing shows that mean colours give the label away."
        ],
    );
    check(
        &colour("test", interval(0.3, 0.4, 0.48)),
        expect![
            "A logistic regression on the mean and spread of red, green and blue, which sees no shape, reaches an AUC of 0.400 (95% interval 0.300 to 0.480) on the test split. That is worse than guessing: colour goes with the label otherwise here than where the regression was fitted, and may lead networks astray as well."
        ],
    );
    // What it was fitted on says nothing.
    check(&colour("train", interval(0.85, 0.9, 0.95)), expect![""]);
}

#[test]
fn measures_that_tell_classes_apart_and_those_that_do_not() {
    check(
        &only(|data| data.measures = measures()),
        expect![[r#"
            On average positive images are darker (by 12.2, 9.2 to 15.2), fuller of tissue (by 12.5 points, 10.0 points to 15.0 points) and richer in haematoxylin (by 0.062, 0.050 to 0.075) than negative ones (95% intervals of the difference in brackets, groups taken as independent). In contrast or eosin no difference beyond chance shows.
            Much of the variance lies between groups in haematoxylin (45.0%) and eosin (50.0%): groups can be recognised by it, and a new patient may lie outside what a network has seen.
            Compared with their rim, the central thirds of positive images are 4.00 darker than those of negative ones (95% interval of the difference -5.00 to -3.00 of 255): the label has to do with the centre, so crops and shifts should keep it in view."#]],
    );
    let none = |mut measure: Measure| {
        measure.difference = Some(interval(-1.0, 0.0, 1.0));
        measure.between_groups = None;
        measure
    };
    let unclear = measures().into_iter().map(none).collect();
    check(
        &only(|data| data.measures = unclear),
        expect![[r#"
        Positive and negative images differ in brightness, contrast, tissue, haematoxylin or eosin no more than chance would let them.
        Compared with their rim, the central thirds of positive images are neither brighter nor darker than those of negative ones, as far as so many images can tell (95% interval of the difference -1.00 to 1.00 of 255): nothing here says that the label is about the centre alone."#]],
    );
}

#[test]
fn stains_without_and_with_several_outliers() {
    let outlying = |i: u64| Outlying {
        group: format!("p{i}"),
        images: 10 + i,
        stains: [0.1, 0.2],
        scores: [-4.0 - i as f64, 1.0],
    };
    let staining = |outliers: u64| Staining {
        groups: 90,
        haematoxylin: [0.2, 0.25, 0.3],
        eosin: [0.1, 0.12, 0.15],
        outliers,
        outlying: (0..outliers.min(100)).map(outlying).collect(),
    };
    check(
        &only(|data| data.staining = Some(staining(0))),
        expect![[r#"
        The middle half of the 90 groups with enough tissue hold between 0.20 and 0.30 of haematoxylin and between 0.10 and 0.15 of eosin, in optical density.
        No group is stained unlike the others: none lies more than 3.5 robust standard deviations from the median."#]],
    );
    check(
        &only(|data| data.staining = Some(staining(7))),
        expect![[r#"
        The middle half of the 90 groups with enough tissue hold between 0.20 and 0.30 of haematoxylin and between 0.10 and 0.15 of eosin, in optical density.
        7 groups are stained unlike the others (more than 3.5 robust standard deviations from the median): p0 (10 images), whose haematoxylin of 0.10 lies 4.0 deviations below the median of 0.25, p1 (11 images), whose haematoxylin of 0.10 lies 5.0 deviations below the median of 0.25, p2 (12 images), whose haematoxylin of 0.10 lies 6.0 deviations below the median of 0.25, p3 (13 images), whose haematoxylin of 0.10 lies 7.0 deviations below the median of 0.25, p4 (14 images), whose haematoxylin of 0.10 lies 8.0 deviations below the median of 0.25 and 2 more, named in groups.csv. Look at their images before trusting what rests on them."#]],
    );
}

#[test]
fn files_that_surprise() {
    let tally = |(name, images): &(&str, u64)| Tally { name: name.to_string(), images: *images };
    let sizes = [("50×50", 4_370), ("50×31", 4), ("12×50", 2)];
    check(
        &only(|data| data.sizes = sizes.iter().map(tally).collect()),
        expect![
            "4,370 of 4,376 images are 50×50 (99.9%), but there are also 4 that are 50×31 and 2 that are 12×50. They were brought to one size, so detail and blur differ between them."
        ],
    );
}

#[test]
fn models_are_held_against_colour() {
    let mut report = crate::fixture::full();
    let beyond = |report: &Report| {
        let all = helped(report);
        all.into_iter().find(|sentence| sentence.starts_with("Beyond colour")).unwrap_or_default()
    };
    let counts = report.evaluations[0].models[0].scores.confusion;
    let (negative, positive) = (counts.negatives(), counts.positives());
    let mut with = |auc: Interval| {
        let colour = vec![colour_score("test", negative, positive, 34, auc)];
        report.exploration = Some(only(|data| data.colour = colour));
        beyond(&report)
    };
    expect!["Beyond colour: a regression on mean colours reaches an AUC of 0.7500 on the test split, resnet one of 0.9739. It sees more than stain and brightness."].assert_eq(&with(interval(0.7, 0.75, 0.8)));
    expect!["Beyond colour: a regression on mean colours reaches an AUC of 0.9650 on the test split, resnet one of 0.9739. That is no more than chance could give (the standard error of the difference is about 0.0133), so it is not shown to see more than stain and brightness."].assert_eq(&with(interval(0.94, 0.965, 0.99)));
}
