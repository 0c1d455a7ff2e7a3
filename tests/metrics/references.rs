//! Every figure, interval and test beside scikit-learn, scipy, statsmodels and two published
//! implementations of DeLong's method. `reference/figures.py` made `reference/figures.json`.

use microtome::metrics::*;
use serde_json::Value;
use std::sync::LazyLock;

static FIGURES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("reference/figures.json")).unwrap());

/// What closed forms may differ by.
const NEAR: f64 = 1e-9;
const LEVEL: f64 = 0.95;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|v| v as f32).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    numbers(value).into_iter().map(|v| v as u8).collect()
}

/// One data set of the references.
struct Case {
    figures: &'static Value,
    name: &'static str,
    labels: Vec<u8>,
    first: Vec<f32>,
    second: Vec<f32>,
}

/// All of them, the degenerate ones included.
fn cases() -> Vec<Case> {
    let case = |figures: &'static Value| Case {
        figures,
        name: figures["name"].as_str().unwrap(),
        labels: bytes(&figures["labels"]),
        first: floats(&figures["first"]),
        second: floats(&figures["second"]),
    };
    let cases: Vec<_> = FIGURES["cases"].as_array().unwrap().iter().map(case).collect();
    assert_eq!(cases.len(), 12);
    cases
}

#[track_caller]
fn near(ours: Option<f64>, theirs: &Value, what: &str) {
    match (ours, theirs.as_f64()) {
        (None, None) => {}
        (Some(a), Some(b)) if (a - b).abs() <= NEAR => {}
        _ => panic!("{what}: {ours:?} beside {theirs}"),
    }
}

#[track_caller]
fn all_near(ours: &[f64], theirs: &Value, what: &str) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= NEAR, "{what}: {a} beside {b}");
    }
}

#[track_caller]
fn interval_near(ours: Option<Interval>, theirs: &Value, what: &str) {
    match ours {
        Some(Interval { lower, upper }) => all_near(&[lower, upper], theirs, what),
        None => assert!(theirs.is_null(), "{what}: none beside {theirs}"),
    }
}

fn scores_near(ours: &Scores, theirs: &Value, what: &str) {
    for metric in Metric::ALL {
        near(ours.get(metric), &theirs[metric.name()], &format!("{what}: {}", metric.name()));
    }
    let c = &ours.confusion;
    let counts = [c.true_negatives, c.false_positives, c.false_negatives, c.true_positives];
    assert_eq!(counts.map(|n| n as f64).to_vec(), numbers(&theirs["confusion"]), "{what}");
}

#[test]
fn every_score_is_scikit_learns() {
    for case in cases() {
        let ours = Scores::of(&case.labels, &case.first, 0.5).unwrap();
        scores_near(&ours, &case.figures["scores"], case.name);
        let alone = average_precision(&case.labels, &case.first).unwrap();
        near(alone, &case.figures["scores"]["average_precision"], case.name);
        near(brier(&case.labels, &case.first).ok(), &case.figures["scores"]["brier"], case.name);
    }
}

#[test]
fn every_weighted_score_is_scikit_learns_with_sample_weights_zeros_among_them() {
    for case in cases() {
        let each = Groups::each(case.labels.len());
        let ranking = Ranking::new(&case.labels, &case.first, &each, 0.5).unwrap();
        let weights: Vec<u32> =
            numbers(&case.figures["weights"]).into_iter().map(|w| w as u32).collect();
        scores_near(&ranking.scores(&weights), &case.figures["weighted"], case.name);
    }
}

#[test]
fn curves_go_through_scikit_learns_points() {
    for case in cases() {
        let theirs = &case.figures["curves"];
        let Ok(ours) = roc(&case.labels, &case.first) else {
            assert!(theirs.is_null(), "{}", case.name);
            continue;
        };
        let of = |f: fn(&RocPoint) -> f64| ours.points.iter().map(f).collect::<Vec<_>>();
        all_near(&of(|p| p.false_positive_rate), &theirs["fpr"], case.name);
        all_near(&of(|p| p.true_positive_rate), &theirs["tpr"], case.name);
        let ours = precision_recall(&case.labels, &case.first).unwrap();
        let of = |f: fn(&PrPoint) -> f64| ours.iter().map(f).collect::<Vec<_>>();
        all_near(&of(|p| p.threshold.into()), &theirs["thresholds"], case.name);
        all_near(&of(|p| p.precision), &theirs["precision"], case.name);
        all_near(&of(|p| p.recall), &theirs["recall"], case.name);
    }
}

#[test]
fn reliability_bins_are_scikit_learns() {
    for case in cases() {
        for (binning, name) in
            [(Binning::EqualWidth, "equal_width"), (Binning::EqualMass, "equal_mass")]
        {
            let theirs = &case.figures[name];
            if theirs.is_null() {
                continue; // scikit-learn refuses one class
            }
            let bins = reliability(&case.labels, &case.first, binning, BINS).unwrap();
            let of = |f: fn(&ReliabilityBin) -> f64| bins.iter().map(f).collect::<Vec<_>>();
            let what = format!("{}, {name}", case.name);
            all_near(&of(|b| b.positive_share), &theirs["positive_share"], &what);
            all_near(&of(|b| b.mean_probability), &theirs["mean_probability"], &what);
            near(expected_calibration_error(&bins), &theirs["ece"], &what);
        }
    }
}

#[test]
fn temperatures_are_the_roots_that_scipy_finds() {
    let mut found = 0;
    for case in cases() {
        let ours = fit_temperature(&case.labels, &case.first).unwrap();
        // A temperature of 131 has its ninth digit elsewhere than one of 1.
        let scale = ours.unwrap_or(1.0).max(1.0);
        let theirs = case.figures["temperature"].as_f64().map(|t| t / scale);
        near(ours.map(|t| t / scale), &serde_json::json!(theirs), case.name);
        found += usize::from(ours.is_some());
    }
    assert!(found >= 5, "only {found} cases have a temperature");
}

#[test]
fn delongs_variances_intervals_and_tests_are_the_published_ones() {
    let mut tested = 0;
    for case in cases() {
        let theirs = &case.figures["delong"];
        let Ok(first) = DeLong::of(&case.labels, &case.first) else {
            assert!(theirs.is_null(), "{}", case.name);
            continue;
        };
        let second = DeLong::of(&case.labels, &case.second).unwrap();
        if theirs.is_null() {
            assert_eq!((first.variance(), first.interval(LEVEL)), (None, None), "{}", case.name);
            assert_eq!(first.test(&second).p, None, "{}", case.name);
            continue;
        }
        near(Some(first.auc), &theirs["auc"], case.name);
        near(first.variance(), &theirs["variance"], case.name);
        near(first.covariance(&second), &theirs["covariance"], case.name);
        interval_near(first.interval(LEVEL), &theirs["logit"], case.name);
        let test = first.test(&second);
        near(test.z, &theirs["z"], case.name);
        if test.z.is_some() {
            near(test.p, &theirs["p"], case.name);
            interval_near(first.plain_interval(LEVEL), &theirs["plain"], case.name);
            tested += 1;
        }
    }
    assert!(tested >= 5, "only {tested} cases have a test");
}

#[test]
fn mcnemars_test_is_statsmodels() {
    let same = |ours: McNemar, theirs: &Value, what: &str| {
        assert_eq!(ours.first_only, theirs["first_only"].as_u64().unwrap(), "{what}");
        assert_eq!(ours.second_only, theirs["second_only"].as_u64().unwrap(), "{what}");
        let exact = theirs["exact"].as_bool().unwrap();
        assert_eq!(ours.method == McNemarMethod::Exact, exact, "{what}");
        near(Some(ours.p), &theirs["p"], what);
    };
    for case in cases() {
        let right = |probabilities: &[f32]| -> Vec<bool> {
            let decided = probabilities.iter().map(|p| *p >= 0.5);
            decided.zip(&case.labels).map(|(called, label)| called == (*label == 1)).collect()
        };
        let ours = mcnemar(&right(&case.first), &right(&case.second)).unwrap();
        same(ours, &case.figures["mcnemar"], case.name);
    }
    for table in FIGURES["tables"]["mcnemar"].as_array().unwrap() {
        let count = |name: &str| table[name].as_u64().unwrap() as usize;
        let (a, b) = (count("first_only"), count("second_only"));
        let first: Vec<bool> = (0..a + b).map(|i| i < a).collect();
        let second: Vec<bool> = (0..a + b).map(|i| i >= a).collect();
        same(mcnemar(&first, &second).unwrap(), table, &table.to_string());
    }
}

#[test]
fn thresholds_are_those_of_scikit_learns_curves() {
    let cost = ThresholdRule::Cost { false_positive: 1.0, false_negative: 5.0 };
    let rules = [
        ("youden", ThresholdRule::Youden),
        ("sensitivity", ThresholdRule::Sensitivity(0.9)),
        ("specificity", ThresholdRule::Specificity(0.9)),
        ("cost", cost),
    ];
    for case in cases() {
        for (name, rule) in rules {
            let ours = rule.choose(&case.labels, &case.first).ok().map(f64::from);
            near(ours, &case.figures["thresholds"][name], &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn small_functions_are_scipys_and_statsmodels() {
    let tables = &FIGURES["tables"];
    for holms in tables["holm"].as_array().unwrap() {
        let p: Vec<_> = numbers(&holms["p"]).into_iter().map(Some).collect();
        let adjusted: Vec<f64> = holm(&p).into_iter().flatten().collect();
        all_near(&adjusted, &holms["adjusted"], "holm");
    }
    let sorted = numbers(&tables["percentile"]["sorted"]);
    let at = numbers(&tables["percentile"]["at"]);
    let values: Vec<_> = at.iter().filter_map(|at| percentile(&sorted, *at)).collect();
    all_near(&values, &tables["percentile"]["values"], "percentile");
    let chances = numbers(&tables["normal"]["chances"]);
    let quantiles: Vec<_> = chances.iter().map(|p| normal_quantile(*p)).collect();
    all_near(&quantiles, &tables["normal"]["quantiles"], "normal");
    for share in tables["wilson"].as_array().unwrap() {
        let (part, whole) = (share["part"].as_u64().unwrap(), share["whole"].as_u64().unwrap());
        interval_near(wilson(part, whole, LEVEL), &share["interval"], &share.to_string());
    }
}
