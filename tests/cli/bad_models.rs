//! What is right by its types and still cannot work: shapes, grids, sizes, a page with two looks.

use crate::world::{TINY, World, check};
use expect_test::expect;

#[test]
fn a_shape_that_does_not_fit() {
    check(
        "{ avg_pool = 2 }",
        "{ avg_pool = 20 }",
        expect![[r#"
            error: stage `cnn` (train): layer 7 (avg_pool = 20) cannot take 20×20 windows of a 12×12 map: remove this layer or an earlier pool or stride, or use larger images
              --> pipeline.toml:22:98
               |
            22 | model = { layers = [ { conv = 5 }, "batch_norm", "relu", { max_pool = 2 }, { conv = 7 }, "relu", { avg_pool = 20 }, { dropout = 0.2 ...
               |                                                                                                  ^^^^^^^^^^^^^^^^^ here
        "#]],
    );
    check(
        "\"flatten\", { dense = 1 }",
        "{ dense = 1 }",
        expect![[r#"
            error: stage `cnn` (train): layer 9 (dense = 1) takes a vector, not a 6×6×7 map: put "flatten" or "global_avg_pool" before it
              --> pipeline.toml:22:135
               |
            22 | ...nv = 7 }, "relu", { avg_pool = 2 }, { dropout = 0.2 }, { dense = 1 } ] }
               |                                                           ^^^^^^^^^^^^^ here
        "#]],
    );
    check(
        "\"flatten\", { dense = 1 }",
        "\"flatten\", { dense = 2 }",
        expect![[r#"
            error: stage `cnn` (train): layer 10 (dense = 2) is the last and gives 1×1×2, but a classifier of two classes ends in one logit: add { dense = 1 }
              --> pipeline.toml:22:146
               |
            22 | ...relu", { avg_pool = 2 }, { dropout = 0.2 }, "flatten", { dense = 2 } ] }
               |                                                           ^^^^^^^^^^^^^ here
        "#]],
    );
}

/// What a message about the tiny pipeline, one text replaced, has its caret under.
fn pointed_at(from: &str, to: &str) -> String {
    let toml = TINY.replacen(from, to, 1);
    let done = World::with(&toml).run("check pipeline.toml");
    let place = done.err.lines().find_map(|line| line.trim().strip_prefix("--> pipeline.toml:"));
    let (line, column) =
        place.and_then(|place| place.split_once(':')).unwrap_or_else(|| panic!("{}", done.err));
    let (line, column): (usize, usize) = (line.parse().unwrap(), column.parse().unwrap());
    let carets = done.err.lines().find(|line| line.contains('^')).unwrap().matches('^').count();
    toml.lines().nth(line - 1).unwrap()[column - 1..][..carets].to_owned()
}

/// Both ways of writing a residual block, its shortcut, and a branch.
#[test]
fn a_layer_within_another_is_pointed_at() {
    for (outer, wrong) in [
        (r#"{ residual = [ "relu", WRONG ] }"#, "{ avg_pool = 20 }"),
        (r#"{ residual = { layers = [ "relu", WRONG ] } }"#, "{ avg_pool = 20 }"),
        ("{ residual = { layers = [], shortcut = [ WRONG ] } }", "{ max_pool = 30 }"),
        (r#"{ residual = { layers = [ { residual = [ WRONG ] } ] } }"#, "{ max_pool = 30 }"),
        (r#"{ parallel = [ [], [ "relu", WRONG ] ] }"#, "{ dense = 1 }"),
    ] {
        let block = outer.replace("WRONG", wrong);
        assert_eq!(pointed_at("{ avg_pool = 2 }", &block), wrong, "{block}");
    }
}

#[test]
fn an_address_of_weights_that_is_none() {
    let model = TINY.lines().find(|line| line.starts_with("model = ")).unwrap();
    let weights = |weights: &str| format!("model = {{ resnet20 = {{ weights = \"{weights}\" }} }}");
    check(
        model,
        &weights("hf://owner/weights.safetensors"),
        expect![[r#"
            error: stage `cnn` (train): `hf://owner/weights.safetensors` names no file of the Hugging Face hub
              --> pipeline.toml:22:34
               |
            22 | model = { resnet20 = { weights = "hf://owner/weights.safetensors" } }
               |                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: write `hf://owner/repository/file`, or `hf://owner/repository@revision/file` for a branch, a tag or a commit
        "#]],
    );
    #[cfg(not(feature = "hub"))]
    check(
        model,
        &weights("hf://owner/name/weights.safetensors"),
        expect![[r#"
            error: stage `cnn` (train): this build does not fetch files from the Hugging Face hub
              --> pipeline.toml:22:34
               |
            22 | model = { resnet20 = { weights = "hf://owner/name/weights.safetensors" } }
               |                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: build it with `--features hub`, or download them and give their path
        "#]],
    );
}

#[test]
fn an_empty_grid() {
    check(
        "{ \"optimizer.adam.lr\" = [0.01, 0.001] }",
        "{}",
        expect![[r#"
            error: stage `search` (tune): the grid is empty
              --> pipeline.toml:31:8
               |
            31 | grid = {}
               |        ^^ here
               |
               = help: name a parameter and its values: `grid = { "optimizer.adam.lr" = [1e-2, 1e-3] }`
        "#]],
    );
    check(
        "[0.01, 0.001]",
        "[]",
        expect![[r#"
            error: stage `search` (tune): `optimizer.adam.lr` has no values to try
              --> pipeline.toml:31:32
               |
            31 | grid = { "optimizer.adam.lr" = [] }
               |                                ^^ here
               |
               = help: list at least one value
        "#]],
    );
}

#[test]
fn a_grid_over_something_that_is_no_parameter() {
    check(
        "\"optimizer.adam.lr\"",
        "\"optimizer.adam.rate\"",
        expect![[r#"
            error: a point of `search` (train): unknown key `rate`
              --> pipeline.toml:31:10
               |
            31 | grid = { "optimizer.adam.rate" = [0.01, 0.001] }
               |          ^^^^^^^^^^^^^^^^^^^^^ not known here
               |
               = help: known here: `lr`, `beta1`, `beta2`, `eps`, `weight_decay` and `decay`
        "#]],
    );
    check(
        "[0.01, 0.001]",
        "[0.01, \"fast\"]",
        expect![[r#"
            error: a point of `search` (train): expected a number, found the string "fast"
              --> pipeline.toml:31:39
               |
            31 | grid = { "optimizer.adam.lr" = [0.01, "fast"] }
               |                                       ^^^^^^ expected a number
        "#]],
    );
    check(
        "[0.01, 0.001]",
        "[0.01, 0.01]",
        expect![[r#"
            error: stage `search` (tune): `optimizer.adam.lr` lists 0.01 twice
              --> pipeline.toml:31:32
               |
            31 | grid = { "optimizer.adam.lr" = [0.01, 0.01] }
               |                                ^^^^^^^^^^^^ here
               |
               = help: each point is trained once: remove one of them
        "#]],
    );
    check(
        "[0.01, 0.001]",
        "[0.01, 0.0]",
        expect![[r#"
            error: a point of `search` (train): the learning rate is 0, and must be above 0
              --> pipeline.toml:31:39
               |
            31 | grid = { "optimizer.adam.lr" = [0.01, 0.0] }
               |                                       ^^^ here
               |
               = help: 0.001 is a good start
        "#]],
    );
}

/// The stage stops at once, and says where it left the last good network.
#[test]
fn a_learning_rate_that_diverges() {
    let settings = "optimizer = { sgd = { lr = 1e-3 } }\nschedule = { milestones = { at = [1], factor = 1e40 } }";
    let world = World::with(
        &TINY
            .replace("optimizer = { adam = { lr = 0.003 } }", settings)
            .replace("optimizer.adam.lr", "optimizer.sgd.lr"),
    );
    let done = world.run("run pipeline.toml cnn");
    assert_eq!(done.code, Some(1));
    let error = done.err.lines().find(|line| line.contains("is kept in")).unwrap_or(&done.err);
    let kept = error.rsplit(' ').next().unwrap();
    assert!(world.path(kept).is_file(), "{kept}");
    expect!["  = help: the network as it was after epoch 1 is kept in SCRATCH/checkpoint"]
        .assert_eq(&error.replace(kept, "SCRATCH/checkpoint"));
}

#[test]
fn two_explorations_on_one_page() {
    let second = "[stage.look]\nkind = \"eda\"\ndata = \"prep\"\n\n[stage.report]";
    let toml =
        TINY.replace("[stage.report]", second).replace("\"eda\", \"cnn\"", "\"eda\", \"look\"");
    let done = World::with(&toml).run("check pipeline.toml");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: stage `report` (report): `of` names 2 stages of kind `eda`, and a page shows one
          --> pipeline.toml:42:8
           |
        42 | [stage.report]
           |        ^^^^^^ here
           |
           = help: write a report for each of them
    "#]]
    .assert_eq(&done.err);
}

#[test]
fn a_model_scored_on_images_of_another_size() {
    let second =
        "[stage.small]\nkind = \"preprocess\"\ndata = \"patches\"\nsize = 12\n\n[stage.scores]";
    let toml = TINY.replace("[stage.scores]", second);
    let toml = toml.replace("data = \"prep\"\nmodels", "data = \"small\"\nmodels");
    let done = World::with(&toml).run("check pipeline.toml");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: stage `scores` (evaluate): a model takes images of 24×24 pixels, and `data` has 12×12
          --> pipeline.toml:38:8
           |
        38 | [stage.scores]
           |        ^^^^^^ here
           |
           = help: score it on data of the size that it was trained on
    "#]]
    .assert_eq(&done.err);
}
