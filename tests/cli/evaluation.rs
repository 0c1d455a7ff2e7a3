//! What `evaluate` writes, what it refuses, and how gates end a run.

use crate::world::{TINY, World, check};
use expect_test::expect;
use microtome::{
    data::Split,
    metrics::{
        DeLong, Metric, RocPoint, Scores, ThresholdRule, average_precision, fit_temperature, soften,
    },
    stages::{Evaluation, GroupLine, Prediction},
};
use serde::de::DeserializeOwned;

const MODELS: &str = "models = [\"cnn\", \"search\"]\n";

/// The tiny pipeline with more lines in its evaluation, and a plain evaluation of the valid split.
fn tiny(more: &str) -> String {
    let valid = "[stage.valid]\nkind = \"evaluate\"\ndata = \"prep\"\nsplit = \"valid\"\n";
    TINY.replacen(MODELS, &format!("{MODELS}{more}\n{valid}{MODELS}"), 1)
}

fn table<T: DeserializeOwned>(world: &World, name: &str) -> Vec<T> {
    let text = world.read(name);
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn evaluation(world: &World, stage: &str) -> Evaluation {
    serde_json::from_str(&world.read(&format!("out/tiny/{stage}/metrics.json"))).unwrap()
}

/// Labels and probabilities of one model, as `predictions.csv` has them.
fn predictions(world: &World, stage: &str, model: &str) -> (Vec<u8>, Vec<f32>) {
    let lines: Vec<Prediction> = table(world, &format!("out/tiny/{stage}/predictions.csv"));
    let lines = lines.into_iter().filter(|line| line.model == model);
    lines.map(|line| (line.label, line.probability)).unzip()
}

#[test]
fn thresholds_and_temperatures_come_from_the_valid_split() {
    let more = "threshold = { sensitivity = 0.8 }\ncalibrate = \"temperature\"\n";
    let world = World::with(&tiny(more));
    world.stages("run pipeline.toml scores valid");
    let scores = evaluation(&world, "scores");
    let mut fitted = 0;
    for model in &scores.models {
        let (labels, raw) = predictions(&world, "valid", &model.model);
        let temperature = fit_temperature(&labels, &raw).unwrap();
        assert_eq!(model.calibration.temperature, temperature, "{}", model.model);
        assert_eq!(model.calibration.before.is_some(), temperature.is_some());
        let scaled: Vec<f32> =
            raw.iter().map(|p| temperature.map_or(*p, |t| soften(*p, t))).collect();
        let threshold = ThresholdRule::Sensitivity(0.8).choose(&labels, &scaled).unwrap();
        assert_eq!(model.scores.threshold, threshold, "{}", model.model);
        fitted += usize::from(temperature.is_some());
    }
    assert!(fitted > 0, "no model of the tiny pipeline has a temperature: choose another");
}

#[test]
fn everything_written_follows_from_the_predictions() {
    let world = World::with(&tiny("intervals = { resamples = 500, level = 0.9 }\n"));
    world.stages("run pipeline.toml scores");
    let written = evaluation(&world, "scores");
    let lines: Vec<Prediction> = table(&world, "out/tiny/scores/predictions.csv");
    assert!(lines.iter().all(|line| line.source == "synthetic"), "{:?}", lines[0]);
    assert_eq!((written.split, written.models.len()), (Split::Test, 2));
    assert_eq!(written.images as usize * 2, lines.len());
    for model in &written.models {
        let name = &model.model;
        let (labels, probabilities) = predictions(&world, "scores", name);
        assert_eq!(model.scores, Scores::of(&labels, &probabilities, 0.5).unwrap());
        let delong = DeLong::of(&labels, &probabilities).unwrap();
        assert_eq!(model.delong, delong.interval(0.9));
        for metric in [Metric::Auc, Metric::Accuracy, Metric::Brier, Metric::LogLoss] {
            let (value, interval) =
                (model.scores.get(metric).unwrap(), model.interval(metric).unwrap());
            assert!(interval.lower <= value && value <= interval.upper, "{name} {metric:?}");
            assert!(interval.lower < interval.upper, "{name} {metric:?}");
        }
        let [source] = &model.sources[..] else { panic!("{:?}", model.sources) };
        assert_eq!((&*source.name, source.images), ("synthetic", written.images));
        assert_eq!(source.accuracy, model.scores.accuracy);
        let curve: Vec<RocPoint> = table(&world, &format!("out/tiny/scores/curves/roc/{name}.csv"));
        assert_eq!(curve.last().unwrap().true_positive_rate, 1.0);
        let steps = world.read(&format!("out/tiny/scores/curves/precision_recall/{name}.csv"));
        assert!(steps.starts_with("threshold,precision,recall\n"));
        let area = average_precision(&labels, &probabilities).unwrap();
        assert_eq!(model.scores.average_precision, area);
    }
    let groups: Vec<GroupLine> = table(&world, "out/tiny/scores/groups.csv");
    assert_eq!(groups.len() as u64, 2 * written.groups);
    for model in &written.models {
        let own = || groups.iter().filter(|line| line.model == model.model);
        assert_eq!(own().map(|line| line.images).sum::<u64>(), written.images);
        let confusion = model.scores.confusion;
        let errors = confusion.false_positives + confusion.false_negatives;
        assert_eq!(own().map(|line| line.errors).sum::<u64>(), errors);
        assert!(model.worst_groups.len() <= 5);
        for worst in &model.worst_groups {
            assert!(own().any(|line| line.group == worst.name && line.errors == worst.errors));
        }
    }
}

#[test]
fn every_pair_is_compared_and_the_best_says_which_equal_it() {
    let world = World::with(&tiny(""));
    world.stages("run pipeline.toml scores");
    let written = evaluation(&world, "scores");
    let [pair] = &written.pairs[..] else { panic!("{:?}", written.pairs) };
    assert_eq!((&*pair.first, &*pair.second), ("cnn", "search"));
    let delong = |model| {
        let (labels, probabilities) = predictions(&world, "scores", model);
        DeLong::of(&labels, &probabilities).unwrap()
    };
    assert_eq!(pair.auc, Some(delong("cnn").test(&delong("search"))));
    // One pair has nothing to correct for.
    assert_eq!(pair.adjusted_p, pair.p);
    assert_eq!(pair.delong_adjusted_p, pair.auc.and_then(|auc| auc.p));
    assert_eq!(pair.mcnemar_adjusted_p, Some(pair.mcnemar.p));
    let best = written.best.clone().unwrap();
    assert_eq!(best, written.best().unwrap().model);
    let other = if best == "cnn" { "search" } else { "cnn" };
    let told_apart = pair.p.is_some_and(|p| p < 0.05);
    let expected: Vec<&str> = if told_apart { vec![] } else { vec![other] };
    assert_eq!(written.indistinguishable, expected);
}

#[test]
fn a_missed_gate_fails_every_run_and_keeps_the_results() {
    let gates = "gate = [\"auc.lower>=0.001\", \"cnn.auc >= 1.5\", \"search.ece < 1e-6\"]\n";
    let world = World::with(&tiny(gates));
    let first = world.run("run pipeline.toml");
    let written = evaluation(&world, "scores");
    let value = |model: &str, metric| {
        let found = written.models.iter().find(|m| m.model == model).unwrap();
        found.scores.get(metric).unwrap()
    };
    let (auc, ece) = (value("cnn", Metric::Auc), value("search", Metric::Ece));
    let expected = format!(
        "error: gates were missed:\n  \
         `scores`: cnn.auc >= 1.5: `cnn` has {auc:.4}, which is {:.4} too low\n  \
         `scores`: search.ece < 0.000001: `search` has {ece:.4}, which is {:.4} too high\n",
        1.5 - auc,
        ece - 1e-6,
    );
    assert!(first.err.ends_with(&expected), "{}\n--- expected at its end:\n{expected}", first.err);
    assert_eq!((first.code, &*first.out), (Some(1), ""));
    let met: Vec<bool> = written.gates.iter().map(|gate| gate.met).collect();
    assert_eq!(met, [true, false, false]);
    assert_eq!(written.gates[0].gate, "auc.lower >= 0.001");
    assert!(world.read("out/tiny/report/index.html").contains("</html>"));
    assert!(world.read("pipeline.lock").contains("scores"));

    // All is cached now, and the gates are missed as before.
    let again = world.run("run pipeline.toml");
    assert!(again.err.contains("10 cached in"), "{}", again.err);
    assert!(again.err.ends_with(&expected), "{}", again.err);
    assert_eq!(again.code, Some(1));

    // A stage that does not read the gates is not concerned.
    assert_eq!(world.run("run pipeline.toml cnn").code, Some(0));
    // A program reads the same words.
    let json = world.run("run pipeline.toml --json").out;
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "error");
    assert_eq!(format!("error: {}\n", last["message"].as_str().unwrap()), expected);
}

#[test]
fn spaces_in_a_gate_are_no_change_of_it() {
    let world = World::with(&tiny("gate = [\"auc>=0.10\"]\n"));
    assert_eq!(world.run("run pipeline.toml scores").code, Some(0));
    world.write("pipeline.toml", tiny("gate = [\" auc  >= 0.1 \"]\n"));
    assert_eq!(world.ran("run pipeline.toml scores"), Vec::<String>::new());
}

#[test]
fn gates_are_read_before_anything_runs() {
    let gates = "gate = [\"aux >= 0.9\", \"cm.auc >= 0.9\", \"auc.lowr >= 0.9\", \"auc 0.9\", \"auc >= high\"]\n";
    check(
        MODELS,
        &format!("{MODELS}{gates}"),
        expect![[r#"
        error: stage `scores` (evaluate): no metric is called `aux` in the gate `aux >= 0.9`
          --> pipeline.toml:37:9
           |
        37 | gate = ["aux >= 0.9", "cm.auc >= 0.9", "auc.lowr >= 0.9", "auc 0.9", "auc >= high"]
           |         ^^^^^^^^^^^^ here
           |
           = help: did you mean `auc`?

        error: stage `scores` (evaluate): the gate `cm.auc >= 0.9` is about `cm`, which is not among `models`
          --> pipeline.toml:37:23
           |
        37 | gate = ["aux >= 0.9", "cm.auc >= 0.9", "auc.lowr >= 0.9", "auc 0.9", "auc >= high"]
           |                       ^^^^^^^^^^^^^^^ here
           |
           = help: known here: `cnn` and `search`

        error: stage `scores` (evaluate): `auc` has no `lowr` in the gate `auc.lowr >= 0.9`
          --> pipeline.toml:37:40
           |
        37 | gate = ["aux >= 0.9", "cm.auc >= 0.9", "auc.lowr >= 0.9", "auc 0.9", "auc >= high"]
           |                                        ^^^^^^^^^^^^^^^^^ here
           |
           = help: did you mean `lower`?

        error: stage `scores` (evaluate): the gate `auc 0.9` compares nothing
          --> pipeline.toml:37:59
           |
        37 | gate = ["aux >= 0.9", "cm.auc >= 0.9", "auc.lowr >= 0.9", "auc 0.9", "auc >= high"]
           |                                                           ^^^^^^^^^ here
           |
           = help: write it as `auc.lower >= 0.9`, with >=, <=, > or <

        error: stage `scores` (evaluate): `high` in the gate `auc >= high` is not a number
          --> pipeline.toml:37:70
           |
        37 | gate = ["aux >= 0.9", "cm.auc >= 0.9", "auc.lowr >= 0.9", "auc 0.9", "auc >= high"]
           |                                                                      ^^^^^^^^^^^^^ here
           |
           = help: write it as `auc.lower >= 0.9`

        5 problems; nothing was run
    "#]],
    );
}

#[test]
fn the_valid_split_cannot_judge_what_was_chosen_on_it() {
    let more = "split = \"valid\"\nthreshold = \"youden\"\ncalibrate = \"temperature\"\n";
    check(
        MODELS,
        &format!("{MODELS}{more}"),
        expect![[r#"
        error: stage `scores` (evaluate): the threshold would be chosen on the valid split and scored on it too
          --> pipeline.toml:38:13
           |
        38 | threshold = "youden"
           |             ^^^^^^^^ here
           |
           = help: score another split, or give the threshold as a number

        error: stage `scores` (evaluate): the temperature would be fitted on the valid split and scored on it too
          --> pipeline.toml:39:13
           |
        39 | calibrate = "temperature"
           |             ^^^^^^^^^^^^^ here
           |
           = help: score another split, or leave `calibrate` out

        2 problems; nothing was run
    "#]],
    );
}

#[test]
fn thresholds_and_intervals_are_checked() {
    let more = "threshold = { sensitivity = 95 }\nintervals = { resamples = 10, level = 95 }\n";
    check(
        MODELS,
        &format!("{MODELS}{more}"),
        expect![[r#"
        error: stage `scores` (evaluate): the threshold asks for a share of 95, and shares are in 0 to 1
          --> pipeline.toml:37:13
           |
        37 | threshold = { sensitivity = 95 }
           |             ^^^^^^^^^^^^^^^^^^^^ here
           |
           = help: 95% is 0.95

        error: stage `scores` (evaluate): intervals from 10 resamples
          --> pipeline.toml:38:27
           |
        38 | intervals = { resamples = 10, level = 95 }
           |                           ^^ here
           |
           = help: take 100 to 1000000; the default is 2000

        error: stage `scores` (evaluate): the level of intervals is 95, and it lies in 0.5 to 1
          --> pipeline.toml:38:39
           |
        38 | intervals = { resamples = 10, level = 95 }
           |                                       ^^ here
           |
           = help: the default is 0.95

        3 problems; nothing was run
    "#]],
    );
    let more = "threshold = { cost = { false_positive = -1 } }\n";
    check(
        MODELS,
        &format!("{MODELS}{more}"),
        expect![[r#"
        error: stage `scores` (evaluate): mistakes cost -1 and 1
          --> pipeline.toml:37:22
           |
        37 | threshold = { cost = { false_positive = -1 } }
           |                      ^^^^^^^^^^^^^^^^^^^^^^^ here
           |
           = help: take 0 or more for each, and not 0 for both
    "#]],
    );
    check(
        MODELS,
        &format!("{MODELS}threshold = \"yuden\"\n"),
        expect![[r#"
        error: stage `scores` (evaluate): `yuden` is not a choice here
          --> pipeline.toml:37:13
           |
        37 | threshold = "yuden"
           |             ^^^^^^^ expected `youden`, `sensitivity`, `specificity` or `cost`
           |
           = help: did you mean `youden`?
    "#]],
    );
    check(
        MODELS,
        &format!("{MODELS}threshold = {{ sensitivty = 0.9 }}\n"),
        expect![[r#"
        error: stage `scores` (evaluate): `sensitivty` is not a choice here
          --> pipeline.toml:37:15
           |
        37 | threshold = { sensitivty = 0.9 }
           |               ^^^^^^^^^^ expected `youden`, `sensitivity`, `specificity` or `cost`
           |
           = help: did you mean `sensitivity`?
    "#]],
    );
    check(
        MODELS,
        &format!("{MODELS}threshold = \"sensitivity\"\n"),
        expect![[r#"
        error: stage `scores` (evaluate): expected a number, `"youden"`, `{ sensitivity = … }`, `{ specificity = … }` or `{ cost = { … } }`, found the string "sensitivity"
          --> pipeline.toml:37:13
           |
        37 | threshold = "sensitivity"
           |             ^^^^^^^^^^^^^ expected a number, `"youden"`, `{ sensitivity = … }`, `{ specificity = … }` or `{ cost = { … } }`
    "#]],
    );
    check(
        MODELS,
        &format!("{MODELS}threshold = true\n"),
        expect![[r#"
        error: stage `scores` (evaluate): expected a number, `"youden"`, `{ sensitivity = … }`, `{ specificity = … }` or `{ cost = { … } }`, found true
          --> pipeline.toml:37:13
           |
        37 | threshold = true
           |             ^^^^ expected a number, `"youden"`, `{ sensitivity = … }`, `{ specificity = … }` or `{ cost = { … } }`
    "#]],
    );
}

#[test]
fn an_empty_valid_split_cannot_choose() {
    let other = "[stage.other]\nkind = \"preprocess\"\ndata = \"patches\"\n\
                 split = { train = 0.5, valid = 0, test = 0.5 }\n";
    let scores = "[stage.scores]\nkind = \"evaluate\"\ndata = \"prep\"\n";
    let on_other = format!("{other}{}", scores.replace("prep", "other"));
    check(
        scores,
        &format!("{on_other}threshold = \"youden\"\n"),
        expect![[r#"
        error: stage `scores` (evaluate): the threshold is chosen on the valid split, and that of `data` is empty
          --> pipeline.toml:40:13
           |
        40 | threshold = "youden"
           |             ^^^^^^^^ here
           |
           = help: give `valid` a share in the `split` of the preprocess stage
    "#]],
    );
    check(
        scores,
        &format!("{on_other}calibrate = \"temperature\"\n"),
        expect![[r#"
        error: stage `scores` (evaluate): the temperature is fitted on the valid split, and that of `data` is empty
          --> pipeline.toml:40:13
           |
        40 | calibrate = "temperature"
           |             ^^^^^^^^^^^^^ here
           |
           = help: give `valid` a share in the `split` of the preprocess stage
    "#]],
    );
}
