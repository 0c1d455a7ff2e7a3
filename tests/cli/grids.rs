//! The language of searches: which points a grid stands for, and what is wrong with one.

use crate::world::{TINY, check};
use expect_test::{Expect, expect};
use microtome::{engine::pipeline, stages::KINDS};

const GRID: &str = "grid = { \"optimizer.adam.lr\" = [0.01, 0.001] }";

/// The stages of the tiny pipeline with another grid that are not in its file.
fn points(grid: &str, expected: Expect) {
    points_of(TINY, grid, expected);
}

fn points_of(toml: &str, grid: &str, expected: Expect) {
    let toml = toml.replacen(GRID, grid, 1);
    let parsed = pipeline::parse("pipeline.toml".as_ref(), toml, &[], KINDS);
    let pipeline = parsed.map_err(|rejected| rejected.problems).unwrap();
    let names = pipeline.nodes.iter().map(|node| node.name.as_str());
    let made: Vec<_> = names.filter(|name| name.contains('[')).collect();
    expected.assert_eq(&made.join("\n"));
}

fn wrong(grid: &str, expected: Expect) {
    check(GRID, grid, expected);
}

#[test]
fn a_product_of_whole_values() {
    points(
        "grid = { model = [\"basic_cnn\", { resnet20 = {} }], augment = [[], [\"flip\", \"rotate90\"]] }",
        expect![[r#"
            search[augment=none,model=basic_cnn]
            search[augment=none,model=resnet20]
            search[augment=flip+rotate90,model=basic_cnn]
            search[augment=flip+rotate90,model=resnet20]"#]],
    );
}

#[test]
fn a_union_of_products_names_each_point_once() {
    points(
        "grid = [{ batch_size = [8, 16], seed = [1] }, { batch_size = [16, 32], seed = [1] }, { epochs = [1] }]",
        expect![[r#"
            search[batch_size=8,seed=1]
            search[batch_size=16,seed=1]
            search[batch_size=32,seed=1]
            search[epochs=1]"#]],
    );
}

#[test]
fn parameters_that_advance_together() {
    points(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [32, 8], seed = [1, 2] }\nzip = [[\"optimizer.adam.lr\", \"batch_size\"]]",
        expect![[r#"
            search[batch_size=32,lr=0.1,seed=1]
            search[batch_size=32,lr=0.1,seed=2]
            search[batch_size=8,lr=0.01,seed=1]
            search[batch_size=8,lr=0.01,seed=2]"#]],
    );
}

#[test]
fn a_parameter_that_is_varied_only_when_it_applies() {
    points(
        "grid = { optimizer = [\"adam\", \"sgd\"], \"optimizer.sgd.momentum\" = [0.0, 0.9] }\nwhen = { \"optimizer.sgd.momentum\" = { optimizer = \"sgd\" } }",
        expect![[r#"
            search[optimizer=adam]
            search[optimizer=sgd,momentum=0.0]
            search[optimizer=sgd,momentum=0.9]"#]],
    );
}

#[test]
fn combinations_that_are_left_out() {
    points(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [8, 16, 32] }\nexclude = [{ batch_size = [16, 32], \"optimizer.adam.lr\" = 0.1 }]",
        expect![[r#"
            search[batch_size=8,lr=0.01]
            search[batch_size=8,lr=0.1]
            search[batch_size=16,lr=0.01]
            search[batch_size=32,lr=0.01]"#]],
    );
}

#[test]
fn names_from_a_template() {
    points(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], augment = [[], [\"flip\"]] }\nname = \"{augment}-lr{lr}\"\nseeds = 2",
        expect![[r#"
            search[none-lr0.01,seed=0]
            search[none-lr0.01,seed=1]
            search[none-lr0.1,seed=0]
            search[none-lr0.1,seed=1]
            search[flip-lr0.01,seed=0]
            search[flip-lr0.01,seed=1]
            search[flip-lr0.1,seed=0]
            search[flip-lr0.1,seed=1]"#]],
    );
}

#[test]
fn folds_are_copies_of_the_preprocess_stage() {
    let folds = TINY.replace(
        "split = { train = 0.5, valid = 0.25, test = 0.25 }",
        "split = { folds = 4, fold = 0 }",
    );
    points_of(
        &folds,
        "grid = { batch_size = [8, 16] }\nfolds = 3",
        expect![[r#"
        prep[fold=1]
        prep[fold=2]
        search[batch_size=8,fold=0]
        search[batch_size=8,fold=1]
        search[batch_size=8,fold=2]
        search[batch_size=16,fold=0]
        search[batch_size=16,fold=1]
        search[batch_size=16,fold=2]"#]],
    );
    points_of(
        &folds,
        "grid = { \"prep.split.fold\" = [0, 1], batch_size = [8] }",
        expect![[r#"
        prep[fold=1]
        search[batch_size=8,fold=0]
        search[batch_size=8,fold=1]"#]],
    );
}

#[test]
fn drawn_points_stay_when_there_are_more() {
    let drawn = |how: &str, n: u32| {
        format!(
            "grid = {{ \"optimizer.adam.lr\" = {{ log = [1e-5, 1e-2] }}, batch_size = {{ integer = [8, 64] }} }}\nsearch = {{ {how} = {{ points = {n} }} }}"
        )
    };
    points(
        &drawn("random", 3),
        expect![[r#"
        search[batch_size=18,lr=0.0002119]
        search[batch_size=25,lr=0.00786]
        search[batch_size=62,lr=0.00851]"#]],
    );
    points(
        &drawn("random", 5),
        expect![[r#"
        search[batch_size=18,lr=0.0002119]
        search[batch_size=25,lr=0.00786]
        search[batch_size=62,lr=0.00851]
        search[batch_size=40,lr=0.0005122]
        search[batch_size=41,lr=0.006672]"#]],
    );
    points(
        &drawn("quasi_random", 3),
        expect![[r#"
        search[batch_size=15,lr=0.0003638]
        search[batch_size=53,lr=0.001448]
        search[batch_size=34,lr=0.005765]"#]],
    );
    points(
        &drawn("quasi_random", 5),
        expect![[r#"
        search[batch_size=15,lr=0.0003638]
        search[batch_size=53,lr=0.001448]
        search[batch_size=34,lr=0.005765]
        search[batch_size=8,lr=0.00009137]
        search[batch_size=46,lr=0.00002295]"#]],
    );
}

#[test]
fn a_placeholder_that_is_not_known() {
    wrong(
        &format!("{GRID}\nname = \"{{model}}-{{lr}}\""),
        expect![[r#"
        error: stage `search` (tune): the grid does not vary `model`
          --> pipeline.toml:32:8
           |
        32 | name = "{model}-{lr}"
           |        ^^^^^^^^^^^^^^ here
           |
           = help: known here: {lr}, {seed}, {fold}
    "#]],
    );
    wrong(
        &format!("{GRID}\nname = \"{{lr\""),
        expect![[r#"
        error: stage `search` (tune): the name has a `{` without its `}`
          --> pipeline.toml:32:8
           |
        32 | name = "{lr"
           |        ^^^^^ here
           |
           = help: known here: {lr}, {seed}, {fold}
    "#]],
    );
    wrong(
        &format!("{GRID}\nname = \"a/{{lr}}\""),
        expect![[r#"
        error: stage `search` (tune): a name cannot hold '/'
          --> pipeline.toml:32:8
           |
        32 | name = "a/{lr}"
           |        ^^^^^^^^ here
           |
           = help: known here: {lr}, {seed}, {fold}
    "#]],
    );
}

#[test]
fn two_points_of_one_name() {
    wrong(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [8, 16] }\nname = \"b{batch_size}\"",
        expect![[r#"
            error: stage `search` (tune): two points are called `b8`
              --> pipeline.toml:32:8
               |
            32 | name = "b{batch_size}"
               |        ^^^^^^^^^^^^^^^ here
               |
               = help: they differ in `optimizer.adam.lr`: put `{lr}` into it
        "#]],
    );
}

#[test]
fn a_zip_that_does_not_fit() {
    wrong(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [8, 16, 32] }\nzip = [[\"optimizer.adam.lr\", \"batch_size\"]]",
        expect![[r#"
            error: stage `search` (tune): values that advance together are as many: `optimizer.adam.lr` has 2, `batch_size` has 3
              --> pipeline.toml:32:8
               |
            32 | zip = [["optimizer.adam.lr", "batch_size"]]
               |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: give each the same number of values
        "#]],
    );
    wrong(
        &format!("{GRID}\nzip = [[\"optimizer.adam.lr\", \"batch_size\"]]"),
        expect![[r#"
        error: stage `search` (tune): the grid does not vary `batch_size`
          --> pipeline.toml:32:30
           |
        32 | zip = [["optimizer.adam.lr", "batch_size"]]
           |                              ^^^^^^^^^^^^ here
           |
           = help: it varies optimizer.adam.lr
    "#]],
    );
}

#[test]
fn conditions_that_cannot_hold() {
    wrong(
        &format!("{GRID}\nexclude = [{{ \"optimizer.adam.lr\" = 0.02 }}]"),
        expect![[r#"
        error: stage `search` (tune): `optimizer.adam.lr` is never 0.02
          --> pipeline.toml:32:36
           |
        32 | exclude = [{ "optimizer.adam.lr" = 0.02 }]
           |                                    ^^^^ here
           |
           = help: its values are 0.01, 0.001
    "#]],
    );
    wrong(
        &format!("{GRID}\nexclude = [{{ \"optimizer.adam.lr\" = [0.01, 0.001] }}]"),
        expect![[r#"
            error: stage `search` (tune): nothing of the grid is left
              --> pipeline.toml:32:11
               |
            32 | exclude = [{ "optimizer.adam.lr" = [0.01, 0.001] }]
               |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: exclude less
        "#]],
    );
    wrong(
        &format!("{GRID}\nwhen = {{ batch_size = {{ \"optimizer.adam.lr\" = 0.01 }} }}"),
        expect![[r#"
            error: stage `search` (tune): the grid does not vary `batch_size`
              --> pipeline.toml:32:23
               |
            32 | when = { batch_size = { "optimizer.adam.lr" = 0.01 } }
               |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: it varies optimizer.adam.lr
        "#]],
    );
}

#[test]
fn a_range_in_a_grid() {
    wrong(
        "grid = { \"optimizer.adam.lr\" = { log = [1e-5, 1e-2] } }",
        expect![[r#"
        error: stage `search` (tune): `optimizer.adam.lr` is a range, which has no end of values
          --> pipeline.toml:31:32
           |
        31 | grid = { "optimizer.adam.lr" = { log = [1e-5, 1e-2] } }
           |                                ^^^^^^^^^^^^^^^^^^^^^^ here
           |
           = help: list values, or draw some: `search = { quasi_random = { points = 20 } }`
    "#]],
    );
    wrong(
        "search = { random = { points = 2 } }\ngrid = { \"optimizer.adam.lr\" = { log = [0.0, 1e-2] } }",
        expect![[r#"
            error: stage `search` (tune): `optimizer.adam.lr` starts at 0, which has no logarithm
              --> pipeline.toml:32:32
               |
            32 | grid = { "optimizer.adam.lr" = { log = [0.0, 1e-2] } }
               |                                ^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: start above 0, or take `range`
        "#]],
    );
    wrong(
        "grid = { \"optimizer.adam.lr\" = { lg = [0.0, 1e-2] } }",
        expect![[r#"
        error: stage `search` (tune): `lg` is not a choice here
          --> pipeline.toml:31:32
           |
        31 | grid = { "optimizer.adam.lr" = { lg = [0.0, 1e-2] } }
           |                                ^^^^^^^^^^^^^^^^^^^^ expected `choice`, `range`, `log` or `integer`
           |
           = help: did you mean `log`?
    "#]],
    );
    wrong(
        "grid = { \"optimizer.adam.lr\" = 0.1 }",
        expect![[r#"
        error: stage `search` (tune): expected a list of values, or `{ range = [0.0, 0.5] }`, `{ log = [1e-5, 1e-2] }` or `{ integer = [1, 8] }`, found the number 0.1
          --> pipeline.toml:31:32
           |
        31 | grid = { "optimizer.adam.lr" = 0.1 }
           |                                ^^^ expected a list of values, or `{ range = [0.0, 0.5] }`, `{ log = [1e-5, 1e-2] }` or `{ integer = [1, 8] }`
    "#]],
    );
    wrong(
        "grid = { \"optimizer.adam.lr\" = [0.01, 0.001] }\nsearch = { random = { points = 3 } }",
        expect![[r#"
            error: stage `search` (tune): only 2 different points can be drawn
              --> pipeline.toml:32:10
               |
            32 | search = { random = { points = 3 } }
               |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
               |
               = help: ask for fewer points
        "#]],
    );
}

#[test]
fn folds_that_the_data_do_not_have() {
    wrong(
        &format!("{GRID}\nfolds = 3"),
        expect![[r#"
            error: stage `prep` (preprocess): `folds` and `train` exclude each other: folds are equal parts
              --> pipeline.toml:13:9
               |
            13 | split = { train = 0.5, valid = 0.25, test = 0.25 }
               |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
            ...
            32 | folds = 3
               |         - varied here
        "#]],
    );
    wrong(
        "grid = { \"scores.threshold\" = [0.1, 0.2] }",
        expect![[r#"
        error: stage `search` (tune): `scores` does nothing for `cnn`, which does not read it
          --> pipeline.toml:31:10
           |
        31 | grid = { "scores.threshold" = [0.1, 0.2] }
           |          ^^^^^^^^^^^^^^^^^^ here
           |
           = help: before it are prep, patches
    "#]],
    );
}
