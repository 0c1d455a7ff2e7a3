//! Values at the edge make a page without a NaN, and one that says why something is missing.

use microtome::metrics::Scores;
use microtome::report::*;

use crate::fixture::{exploration, grid, model, trial};
use crate::markup::{assert_well_formed, parts};

/// The page's text and attributes, without style sheet, script and pictures.
fn check(report: &Report) -> String {
    let page = render(report);
    assert_well_formed(&page);
    let [head, body] = parts(&page);
    let words: String = body
        .split("data:image/png;base64,")
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once('"').unwrap().1 })
        .collect();
    for word in ["NaN", "nan%", "inf", "undefined ", "None", "Some("] {
        let found = words.split(word).nth(1).map(|rest| &rest[..rest.len().min(80)]);
        assert_eq!(found, None, "{word:?} on the page");
    }
    format!("{head}{words}")
}

#[test]
fn an_empty_report() {
    let page = check(&Report::default());
    assert!(page.contains("No model was trained or evaluated here."));
    assert!(page.contains("Nothing to compare yet"));
    assert!(!page.contains("id=\"training\"") && !page.contains("<svg"));
}

#[test]
fn one_model_of_one_epoch() {
    let models = vec![model("cnn", 1, 0.0)];
    let page = check(&Report { models, ..Report::default() });
    assert!(page.contains("Ran all of its 1 epoch."));
    assert!(page.contains("epoch 1: training 0."));
}

#[test]
fn a_model_without_history() {
    let cnn = ModelSection { stage: "cnn".into(), ..ModelSection::default() };
    let page = check(&Report { models: vec![cnn], ..Report::default() });
    assert!(page.contains("No epoch was run, so there is no history to draw."));
}

#[test]
fn losses_that_are_no_numbers() {
    let mut cnn = model("cnn", 4, 0.0);
    cnn.history[1].train_loss = f64::NAN;
    cnn.history[2].train_loss = f64::INFINITY;
    for row in &mut cnn.history {
        (row.valid_loss, row.valid_auc) = (Some(f64::NAN), Some(f64::NAN));
    }
    let page = check(&Report { models: vec![cnn], ..Report::default() });
    assert!(page.contains("Lower the learning rate of cnn"));
}

#[test]
fn huge_and_constant_losses() {
    let mut cnn = model("cnn", 4, 0.0);
    for row in &mut cnn.history {
        (row.train_loss, row.valid_loss) = (1e30, Some(0.0));
    }
    check(&Report { models: vec![cnn.clone()], ..Report::default() });
    for row in &mut cnn.history {
        (row.train_loss, row.valid_loss) = (0.25, Some(0.25));
    }
    check(&Report { models: vec![cnn], ..Report::default() });
}

#[test]
fn one_class_or_no_image_evaluated() {
    for (labels, probabilities) in
        [(vec![1, 1], vec![0.9, 0.2]), (vec![0], vec![0.1]), (vec![], vec![])]
    {
        let scores = Scores::of(&labels, &probabilities, 0.5).unwrap();
        let models =
            vec![ModelScores { model: "cnn".into(), scores, roc: None, ..ModelScores::default() }];
        let section = EvaluationSection {
            stage: "scores".into(),
            split: "test".into(),
            models,
            ..EvaluationSection::default()
        };
        let page = check(&Report { evaluations: vec![section], ..Report::default() });
        assert!(page.contains("There is no ROC curve: it needs images of both classes."));
    }
    let nobody = EvaluationSection { stage: "scores".into(), ..EvaluationSection::default() };
    let page = check(&Report { evaluations: vec![nobody], ..Report::default() });
    assert!(page.contains("The stage scores evaluated no model."));
}

#[test]
fn searches_without_trials_or_without_success() {
    let empty = SearchSection { stage: "search".into(), ..SearchSection::default() };
    let page = check(&Report { searches: vec![empty], ..Report::default() });
    assert!(page.contains("This search had no trials."));

    let mut failed = grid();
    for trial in &mut failed.trials {
        trial.outcome = Outcome::Failed { error: "no memory".to_owned() };
    }
    let page = check(&Report { searches: vec![failed], ..Report::default() });
    assert!(page.contains("No trial has a val_auc"));

    let mut odd = grid();
    odd.best = Some(99);
    odd.trials = vec![trial("1", "2", f64::NAN), trial("1", "2", 0.5)];
    odd.trials[1].values.clear();
    check(&Report { searches: vec![odd], ..Report::default() });
}

#[test]
fn data_without_images() {
    let page = check(&Report { exploration: Some(Exploration::default()), ..Report::default() });
    assert!(page.contains("No images were counted."));
    assert!(page.contains("No unreadable, blank or duplicated images were found."));

    let mut data = exploration();
    for row in &mut data.counts {
        (row.negative, row.positive) = (0, 0);
    }
    for histogram in &mut data.brightness {
        histogram.counts.fill(0);
    }
    data.channels[0].mean = [f64::NAN; 3];
    for shades in &mut data.shades {
        shades.counts = [Vec::new(), vec![0; 4], vec![1]];
    }
    for part in &mut data.balance {
        (part.share, part.images) =
            (Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN }, 0);
    }
    for measure in &mut data.measures {
        measure.by_class[0].1 = [f64::NAN; 5];
        measure.by_class[1].1 = [7.0; 5];
        measure.difference = None;
    }
    data.colour[0].auc.low = f64::NAN;
    data.groups[0].stains = Some([f64::NAN, 0.1]);
    check(&Report { exploration: Some(data), ..Report::default() });
}

#[test]
fn ten_thousand_trials_are_summed_up() {
    let mut search = grid();
    let value =
        |i: u32| trial(&format!("0.{i:05}1"), &(i % 3).to_string(), 0.5 + f64::from(i) * 4e-5);
    search.trials = (0..10_000).map(value).collect();
    search.best = Some(9_999);
    let page = check(&Report { searches: vec![search], ..Report::default() });
    assert!(page.contains("And 9,900 more trials."));
    assert!(page.contains("optimizer.adam.lr took 10,000 values, too many to draw."));
    assert!(page.len() < 500_000, "{} bytes", page.len());
}
