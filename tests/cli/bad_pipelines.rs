//! Mistakes in a pipeline file: whole messages, with the caret under the wrong word.

use crate::world::{TINY, World, check};
use expect_test::expect;

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
            22 | model = { layers = [ { conv = 5 }, "batch_norm", "rleu", { max_pool = 2 }, { conv = 7 }, "relu", { avg_pool = 2 }, { dropout = 0.2 }...
               |                                                  ^^^^^^ expected `conv`, `batch_norm`, `relu`, `relu6`, `max_pool`, `avg_pool`, `global_avg_pool`, `adaptive_avg_pool`, `flatten`, `dense`, `dropout`, `residual` or `parallel`
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
            error: stage `scores` (evaluate): `models` takes a model or a search or an ensemble, and `eda` (eda) gives an exploration
              --> pipeline.toml:36:18
               |
            15 | [stage.eda]
               |        --- gives an exploration
            ...
            36 | models = ["cnn", "eda"]
               |                  ^^^^^ takes a model or a search or an ensemble
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

#[test]
fn problems_are_events_for_programs() {
    let world = World::with(&TINY.replace("epochs = 2", "epoch = 2"));
    let done = world.run("run pipeline.toml --json");
    assert_eq!((done.code, done.err.as_str()), (Some(2), ""));
    let event: serde_json::Value = serde_json::from_str(done.out.trim()).unwrap();
    assert_eq!(event["event"], "error");
    assert_eq!(event["message"], "stage `cnn` (train): unknown key `epoch`");
    assert_eq!(
        event["at"],
        serde_json::json!({ "file": "pipeline.toml", "line": 26, "column": 1 })
    );
    assert_eq!(event["help"], "did you mean `epochs`?");
}
