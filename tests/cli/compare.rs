//! Models side by side: of one pipeline, of two, and of what a lock file names.

use crate::world::{TINY, World};
use expect_test::{Expect, expect};
use microtome::stages::Evaluation;
use regex::Regex;
use serde_json::Value;

/// Two networks, scored on the test split; `more` follows.
fn pipeline(more: &str) -> String {
    let begin = TINY.split("[stage.search]").next().unwrap();
    format!(
        r#"{begin}[stage.wide]
kind = "train"
data = "prep"
model = {{ layers = [ {{ conv = 9 }}, "relu", "global_avg_pool", {{ dense = 1 }} ] }}
optimizer = {{ adam = {{ lr = 0.003 }} }}
batch_size = 16
epochs = 2

[stage.scores]
kind = "evaluate"
data = "prep"
models = ["cnn", "wide"]
{more}"#
    )
}

/// A world in which the pipeline has run.
fn ran(more: &str) -> World {
    let world = World::with(&pipeline(more));
    let done = world.run("run pipeline.toml");
    assert_eq!(done.code, Some(0), "{}", done.err);
    world
}

/// The output without what varies from run to run.
fn said(world: &World, args: &str) -> String {
    let done = world.run(&format!("compare {args}"));
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{}", done.out);
    let mut text = done.out;
    for (pattern, word) in
        [(r"[0-9.]+ (ms|s)\b", "TIME"), (r"\d+ images/s", "SPEED"), ("  +", "  "), (" +\n", "\n")]
    {
        text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text
}

fn json(world: &World, args: &str) -> Value {
    let done = world.run(&format!("compare {args} --format json"));
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{}", done.out);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn models_of_a_pipeline() {
    let world = ran("");
    expect![[r#"
        model  split  images  auc [95 %]  Δ auc  accuracy  Δ accuracy  sensitivity  specificity  f1  ece  trained in  speed
        cnn  test  30 of 3 groups  0.5179 [0.3750, 0.5417]  0.5000  0.1875  0.8571  0.2857  0.0535  TIME  SPEED
        wide  test  30 of 3 groups  0.3527 [0.2812, 0.5000]  −0.1652  0.5000  0.0000  0.8750  0.0714  0.6512  0.0561  TIME  SPEED

        first − second  Δ auc [95 %]  p by group  p DeLong  p McNemar
        cnn − wide  +0.1652 [+0.0417, +0.2187]  –  0.3155  1.0000
        p-values are adjusted for 1 pair (Holm); with 3 groups only, no conclusion is drawn.

        wide differs from cnn in
          cnn → wide: params.augment: ["flip","rotate90"] → []
          cnn → wide: params.model: conv, batch_norm, relu, max_pool, conv, relu, avg_pool, dropout, flatten, dense → conv, relu, global_avg_pool, dense

        note: there are images of 3 groups only: intervals and p-values by group are rough, and the tests of DeLong and McNemar take all images as independent
    "#]].assert_eq(&said(&world, "pipeline.toml"));
    expect![[r#"
        | model | split | images | auc [95 %] | Δ auc | accuracy | Δ accuracy | sensitivity | specificity | f1 | ece | trained in | speed |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | wide | test | 30 of 3 groups | 0.3527 [0.2812, 0.5000] |  | 0.5000 |  | 0.8750 | 0.0714 | 0.6512 | 0.0561 | TIME | SPEED |
        | cnn | test | 30 of 3 groups | 0.5179 [0.3750, 0.5417] | +0.1652 | 0.5000 | 0.0000 | 0.1875 | 0.8571 | 0.2857 | 0.0535 | TIME | SPEED |

        | first − second | Δ auc [95 %] | p by group | p DeLong | p McNemar |
        | --- | --- | --- | --- | --- |
        | wide − cnn | −0.1652 [−0.2187, −0.0417] | – | 0.3155 | 1.0000 |

        p-values are adjusted for 1 pair (Holm); with 3 groups only, no conclusion is drawn.

        cnn differs from wide in

        - `wide → cnn: params.augment: [] → ["flip","rotate90"]`
        - `wide → cnn: params.model: conv, relu, global_avg_pool, dense → conv, batch_norm, relu, max_pool, conv, relu, avg_pool, dropout, flatten, dense`

        > there are images of 3 groups only: intervals and p-values by group are rough, and the tests of DeLong and McNemar take all images as independent
    "#]]
        .assert_eq(&said(&world, "pipeline.toml:wide pipeline.toml:cnn --format markdown"));
    the_pairs_are_those_of_the_evaluation(&world);
    csv_has_every_metric(&world);
}

fn the_pairs_are_those_of_the_evaluation(world: &World) {
    let found = json(world, "pipeline.toml");
    let text = world.read("out/tiny/scores/metrics.json");
    let evaluation: Evaluation = serde_json::from_str(&text).unwrap();
    assert_eq!(evaluation.pairs.len(), 1);
    assert_eq!(found["pairs"], serde_json::to_value(&evaluation.pairs).unwrap());
    let auc = |model: usize| evaluation.models[model].scores.auc.unwrap();
    assert_eq!(found["models"][0]["metrics"]["auc"]["difference"], Value::Null);
    assert_eq!(found["models"][1]["metrics"]["auc"]["difference"], auc(1) - auc(0));
    let interval = evaluation.models[1].intervals.get(&microtome::metrics::Metric::Auc);
    let told = &found["models"][1]["metrics"]["auc"]["interval"];
    assert_eq!(*told, serde_json::to_value(interval).unwrap());
}

fn csv_has_every_metric(world: &World) {
    let done = world.run("compare pipeline.toml --format csv");
    let mut lines = csv::Reader::from_reader(done.out.as_bytes());
    let header = lines.headers().unwrap().clone();
    assert_eq!(header.len(), 8 + 4 * 13 + 2);
    let records: Vec<_> = lines.records().map(Result::unwrap).collect();
    assert_eq!((&records[0][0], &records[1][0]), ("cnn", "wide"));
    let field = |row: usize, name: &str| {
        let at = header.iter().position(|it| it == name).unwrap();
        records[row][at].to_string()
    };
    let json = json(world, "pipeline.toml");
    for (row, name) in [(0, "auc"), (1, "auc"), (1, "log_loss")] {
        let value: f64 = field(row, name).parse().unwrap();
        assert_eq!(json["models"][row]["metrics"][name]["value"], value);
    }
    assert_eq!((field(0, "auc_difference").as_str(), field(0, "images").as_str()), ("", "30"));
    assert!(field(1, "images_per_second").parse::<f64>().unwrap() > 0.0);
}

#[test]
fn what_was_and_what_is() {
    let world = ran("");
    std::fs::copy(world.path("pipeline.lock"), world.path("old.lock")).unwrap();
    let slower = pipeline("").replacen("lr = 0.003", "lr = 0.0005", 1);
    world.write("pipeline.toml", &slower);
    let refused = world.run("compare pipeline.toml");
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    expect![[r#"
        error: pipeline.toml has no scores: `scores` has no result
          = help: run it first: `microtome run pipeline.toml`
    "#]]
    .assert_eq(&refused.err);
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    expect![[r#"
        model  split  images  auc [95 %]  Δ auc  accuracy  Δ accuracy  sensitivity  specificity  f1  ece  trained in  speed
        old.lock:cnn  test  30 of 3 groups  0.5179 [0.3750, 0.5417]  0.5000  0.1875  0.8571  0.2857  0.0535  TIME  SPEED
        pipeline.toml:cnn  test  30 of 3 groups  0.3170 [0.1667, 0.5000]  −0.2009  0.4667  −0.0333  0.0000  1.0000  0.0000  0.1614  TIME  SPEED

        first − second  Δ auc [95 %]  p by group  p DeLong  p McNemar
        old.lock:cnn − pipeline.toml:cnn  +0.2009 [+0.0417, +0.2634]  –  0.0207  1.0000
        p-values are adjusted for 1 pair (Holm); with 3 groups only, no conclusion is drawn.

        pipeline.toml:cnn differs from old.lock:cnn in
          cnn: params.optimizer.adam.lr: 0.003 → 0.0005

        note: there are images of 3 groups only: intervals and p-values by group are rough, and the tests of DeLong and McNemar take all images as independent
    "#]].assert_eq(&said(&world, "old.lock:cnn pipeline.toml:cnn"));
    let found = json(&world, "old.lock pipeline.toml");
    assert_eq!(found["models"][3]["same_as"], "old.lock:wide");
    assert_eq!(found["pairs"].as_array().unwrap().len(), 3, "each model once");
    // Where what they read differs, that is what is told.
    world.write(
        "pipeline.toml",
        slower.replacen("train = 0.5, valid = 0.25", "train = 0.6, valid = 0.15", 1),
    );
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    expect![[r#"
        model  split  images  auc [95 %]  Δ auc  accuracy  Δ accuracy  sensitivity  specificity  f1  ece  trained in  speed
        old.lock:cnn  test  30 of 3 groups  0.5179 [0.3750, 0.5417]  0.5000  0.1875  0.8571  0.2857  0.0535  TIME  SPEED
        pipeline.toml:cnn  test  30 of 3 groups  0.3665 [0.2083, 0.5000]  −0.1513  0.4333  −0.0667  0.0000  1.0000  0.0000  0.1159  TIME  SPEED

        pipeline.toml:cnn differs from old.lock:cnn in
          prep: params.split.train: 0.5 → 0.6
          prep: params.split.valid: 0.25 → 0.15
          cnn: params.optimizer.adam.lr: 0.003 → 0.0005

        note: `pipeline.toml:cnn` on 30 images of test, and `old.lock:cnn` on 30 images of test, 20 of which are the same: scores differ by the images, too, and no paired test is made between them

        note: there are images of 3 groups only: intervals and p-values by group are rough, and the tests of DeLong and McNemar take all images as independent
    "#]].assert_eq(&said(&world, "old.lock:cnn pipeline.toml:cnn"));
}

#[test]
fn models_on_other_images_are_not_tested_in_pairs() {
    let world = ran(
        "\n[stage.valid]\nkind = \"evaluate\"\ndata = \"prep\"\nsplit = \"valid\"\nmodels = [\"cnn\"]\n",
    );
    expect![[r#"
        model  split  images  auc [95 %]  Δ auc  accuracy  Δ accuracy  sensitivity  specificity  f1  ece  trained in  speed
        cnn (scores)  test  30 of 3 groups  0.5179 [0.3750, 0.5417]  0.5000  0.1875  0.8571  0.2857  0.0535  TIME  SPEED
        wide  test  30 of 3 groups  0.3527 [0.2812, 0.5000]  −0.1652  0.5000  0.0000  0.8750  0.0714  0.6512  0.0561  TIME  SPEED
        cnn (valid)  valid  30 of 3 groups  0.6089 [0.5759, 0.8333]  +0.0910  0.5000  0.0000  0.0000  1.0000  0.0000  0.0755  TIME  SPEED

        first − second  Δ auc [95 %]  p by group  p DeLong  p McNemar
        cnn (scores) − wide  +0.1652 [+0.0417, +0.2187]  –  0.3155  1.0000
        p-values are adjusted for 1 pair (Holm); with 3 groups only, no conclusion is drawn.

        wide differs from cnn (scores) in
          cnn → wide: params.augment: ["flip","rotate90"] → []
          cnn → wide: params.model: conv, batch_norm, relu, max_pool, conv, relu, avg_pool, dropout, flatten, dense → conv, relu, global_avg_pool, dense

        cnn (valid) differs from cnn (scores) in
          scores → valid: params.split: "test" → "valid"

        note: `cnn (valid)` on 30 images of valid, and `cnn (scores)` on 30 images of test, none of which are the same: scores differ by the images, too, and no paired test is made between them

        note: there are images of 3 groups only: intervals and p-values by group are rough, and the tests of DeLong and McNemar take all images as independent
    "#]].assert_eq(&said(&world, "pipeline.toml:scores pipeline.toml:valid"));
    let found = json(&world, "pipeline.toml");
    assert_eq!(found["models"].as_array().unwrap().len(), 3);
    assert_eq!(found["pairs"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_compared() {
    let refused = |world: &World, args: &str, code: i32, message: Expect| {
        let done = world.run(&format!("compare {args}"));
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""));
        message.assert_eq(&done.err);
    };
    let world = World::with(&pipeline(""));
    refused(
        &world,
        "pipeline.toml",
        1,
        expect![[r#"
        error: pipeline.toml has no scores: `scores` has no result
          = help: run it first: `microtome run pipeline.toml`
    "#]],
    );
    refused(
        &world,
        "gone.lock",
        2,
        expect![[r#"
        error: gone.lock does not exist
          = help: an earlier one comes from `git show COMMIT:PATH > FILE.lock`
    "#]],
    );
    refused(
        &world,
        "gone.toml:cnn",
        2,
        expect![[r#"
        error: cannot read gone.toml: No such file or directory (os error 2)
         |
         = help: give the path of a pipeline file, or make one with `microtome init`
    "#]],
    );
    world.write("bad.lock", "version = 7\n");
    refused(
        &world,
        "bad.lock",
        2,
        expect![[r#"
        error: bad.lock has version 7; this microtome knows 1 and 2
          = help: use the microtome that wrote it, or remove the file and run without `--locked`: it is written anew
    "#]],
    );
    let lone = pipeline("").split("[stage.scores]").next().unwrap().to_string();
    world.write("lone.toml", lone);
    refused(
        &world,
        "lone.toml",
        1,
        expect![[r#"
        error: lone.toml has no scores
          = help: it takes a stage of kind `evaluate`, whose scores are compared
    "#]],
    );
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    refused(
        &world,
        "pipeline.toml:wid",
        1,
        expect![[r#"
        error: pipeline.toml has no model or evaluation `wid`
          = help: did you mean `wide`?
    "#]],
    );
    refused(
        &world,
        "pipeline.toml:report",
        1,
        expect![[r#"
        error: pipeline.toml has no model or evaluation `report`
          = help: known here: `cnn`, `scores` and `wide`
    "#]],
    );
    refused(
        &world,
        "pipeline.lock --cache elsewhere",
        1,
        expect![[r#"
        error: pipeline.lock has no scores: `scores` has no result
          = help: check out the pipeline that it belongs to and run it, or name the store that has its results by `--cache`
    "#]],
    );
}
