//! Mistakes in a pipeline file: whole messages, with the caret under the wrong word.

use crate::world::{TINY, World};
use expect_test::{Expect, expect};

/// What `check` says of the tiny pipeline with one text replaced.
fn check(from: &str, to: &str, expected: Expect) {
    assert!(TINY.contains(from), "{from}");
    let done = World::with(&TINY.replacen(from, to, 1)).run("check pipeline.toml");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    expected.assert_eq(&done.err);
}

#[test]
fn a_right_pipeline() {
    let done = World::with(TINY).run("check pipeline.toml");
    assert_eq!(done.code, Some(0));
    assert_eq!(done.out, "pipeline.toml: 7 stages and 2 points of searches, nothing wrong\n");
}

#[test]
fn an_unknown_kind() {
    check(
        "\"preprocess\"",
        "\"preproces\"",
        expect![[r#"
            error: stage `prep` has an unknown kind
              --> pipeline.toml:11:8
               |
            11 | kind = "preproces"
               |        ^^^^^^^^^^^ no such kind
               |
               = help: did you mean `preprocess`?
        "#]],
    );
}

#[test]
fn an_unknown_key() {
    check(
        "epochs = 2",
        "epoch = 2",
        expect![[r#"
            error: stage `cnn` (train): unknown key `epoch`
              --> pipeline.toml:26:1
               |
            26 | epoch = 2
               | ^^^^^ not known here
               |
               = help: did you mean `epochs`?
        "#]],
    );
}

#[test]
fn an_unknown_layer() {
    check(
        "\"relu\"",
        "\"rleu\"",
        expect![[r#"
            error: stage `cnn` (train): `rleu` is not a choice here
              --> pipeline.toml:22:50
               |
            22 | ...m", "rleu", { max_pool = 2 }, { conv = 7 }, "relu", { avg_pool = 2 }, { dropout = 0.2 }, "flatten", { dense = 1 } ] }
               |        ^^^^^^ expected `conv`, `batch_norm`, `relu`, `max_pool`, `avg_pool`, `global_avg_pool`, `flatten`, `dense` or `dropout`
               |
               = help: did you mean `relu`?
        "#]],
    );
}

#[test]
fn a_wrong_type() {
    check(
        "batch_size = 16",
        "batch_size = \"16\"",
        expect![[r#"
            error: stage `cnn` (train): expected a whole number, 0 or more, found the string "16"
              --> pipeline.toml:25:14
               |
            25 | batch_size = "16"
               |              ^^^^ expected a whole number, 0 or more
        "#]],
    );
    check(
        "batch_size = 16",
        "batch_size = 0",
        expect![[r#"
            error: stage `cnn` (train): must be at least 1
              --> pipeline.toml:25:14
               |
            25 | batch_size = 0
               |              ^ here
        "#]],
    );
}

#[test]
fn a_missing_reference() {
    check(
        "data = \"prep\"\nmodel",
        "model",
        expect![[r#"
            error: stage `cnn`: missing key `data`
              --> pipeline.toml:19:8
               |
            19 | [stage.cnn]
               |        ^^^ `data` belongs here
               |
               = help: name the stage to read: `data = "…"`
        "#]],
    );
}

#[test]
fn a_misspelt_reference() {
    check(
        "models = [\"cnn\", \"search\"]",
        "models = [\"cnn\", \"serach\"]",
        expect![[r#"
        error: no stage is called `serach`
          --> pipeline.toml:36:18
           |
        36 | models = ["cnn", "serach"]
           |                  ^^^^^^^^ no such stage
           |
           = help: did you mean `search`?
    "#]],
    );
}

#[test]
fn a_cycle() {
    check(
        "data = \"patches\"",
        "data = \"prep\"",
        expect![[r#"
        error: the stages wait for each other: prep → prep
          --> pipeline.toml:12:8
           |
        12 | data = "prep"
           |        ^^^^^^ `prep` reads `prep`
           |
           = help: a stage can only read what does not depend on it: take one of these references away
    "#]],
    );
}

#[test]
fn an_edge_of_the_wrong_type() {
    check(
        "models = [\"cnn\", \"search\"]",
        "models = [\"cnn\", \"eda\"]",
        expect![[r#"
            error: stage `scores` (evaluate): `models` takes a model or a search, and `eda` (eda) gives an exploration
              --> pipeline.toml:36:18
               |
            15 | [stage.eda]
               |        --- gives an exploration
            ...
            36 | models = ["cnn", "eda"]
               |                  ^^^^^ takes a model or a search
        "#]],
    );
    check(
        "train = \"cnn\"",
        "train = \"eda\"",
        expect![[r#"
            error: stage `search` (tune): `train` needs a stage of kind `train`, and `eda` is `eda`
              --> pipeline.toml:30:9
               |
            15 | [stage.eda]
               |        --- is of kind `eda`
            ...
            30 | train = "eda"
               |         ^^^^^ needs kind `train`
        "#]],
    );
}

#[test]
fn data_without_a_split() {
    check(
        "data = \"prep\"\nmodel",
        "data = \"patches\"\nmodel",
        expect![[r#"
            error: stage `cnn` (train): `data` has no split into train, valid and test
              --> pipeline.toml:19:8
               |
            19 | [stage.cnn]
               |        ^^^ here
               |
               = help: read a stage of kind `preprocess`, which makes one

            error: a point of `search` (train): `data` has no split into train, valid and test
              --> pipeline.toml:28:8
               |
            28 | [stage.search]
               |        ^^^^^^ here
               |
               = help: read a stage of kind `preprocess`, which makes one

            2 problems; nothing was run
        "#]],
    );
}

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
               = help: known here: `lr`, `beta1`, `beta2` and `eps`
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

#[test]
fn several_at_once() {
    check(
        "kind = \"eda\"\ndata = \"prep\"",
        "kind = \"eda\"\ndata = \"pep\"\nper_clas = 3\nwhite = 300",
        expect![[r#"
            error: no stage is called `pep`
              --> pipeline.toml:17:8
               |
            17 | data = "pep"
               |        ^^^^^ no such stage
               |
               = help: did you mean `prep`?

            error: stage `eda` (eda): unknown key `per_clas`
              --> pipeline.toml:18:1
               |
            18 | per_clas = 3
               | ^^^^^^^^ not known here
               |
               = help: did you mean `per_class`?

            error: stage `eda` (eda): expected a whole number from 0 to 255, found the number 300
              --> pipeline.toml:19:9
               |
            19 | white = 300
               |         ^^^ expected a whole number from 0 to 255

            3 problems; nothing was run
        "#]],
    );
}

#[test]
fn a_file_that_is_not_there() {
    let done = World::new().run("check pipelin.toml");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: cannot read pipelin.toml: No such file or directory (os error 2)
         |
         = help: give the path of a pipeline file, or make one with `microtome init`
    "#]]
    .assert_eq(&done.err);
}

#[test]
fn a_setting_that_is_wrong() {
    let world = World::with(TINY);
    let done = world.run("check pipeline.toml --set stage.cnn.epochs=many");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: stage `cnn` (train): expected a whole number, 0 or more, found the string "many"
         --> --set:1:18
          |
        1 | stage.cnn.epochs=many
          |                  ^^^^ expected a whole number, 0 or more
    "#]]
    .assert_eq(&done.err);
}

#[test]
fn a_stage_that_is_not_there() {
    let done = World::with(TINY).run("run pipeline.toml repotr");
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: no stage is called `repotr`
         |
         = help: did you mean `report`?
    "#]]
    .assert_eq(&done.err);
}

#[test]
fn an_instruction_set_that_is_not_there() {
    let world = World::with(TINY);
    let mut command = world.command("run pipeline.toml");
    let done = crate::world::done(command.env("MICROTOME_ISA", "sse9").output().unwrap());
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: MICROTOME_ISA is `sse9`: set it to avx512, avx2 or scalar, or leave it unset
    "#]]
    .assert_eq(&done.err);
}
