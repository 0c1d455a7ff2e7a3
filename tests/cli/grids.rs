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
        expect![[""]],
    );
}

#[test]
fn a_union_of_products_names_each_point_once() {
    points(
        "grid = [{ batch_size = [8, 16], seed = [1] }, { batch_size = [16, 32], seed = [1] }, { epochs = [1] }]",
        expect![[""]],
    );
}

#[test]
fn parameters_that_advance_together() {
    points(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [32, 8], seed = [1, 2] }\nzip = [[\"optimizer.adam.lr\", \"batch_size\"]]",
        expect![[""]],
    );
}

#[test]
fn a_parameter_that_is_varied_only_when_it_applies() {
    points(
        "grid = { optimizer = [\"adam\", \"sgd\"], \"optimizer.sgd.momentum\" = [0.0, 0.9] }\nwhen = { \"optimizer.sgd.momentum\" = { optimizer = \"sgd\" } }",
        expect![[""]],
    );
}

#[test]
fn combinations_that_are_left_out() {
    points(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [8, 16, 32] }\nexclude = [{ batch_size = [16, 32], \"optimizer.adam.lr\" = 0.1 }]",
        expect![[""]],
    );
}

#[test]
fn names_from_a_template() {
    points(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], augment = [[], [\"flip\"]] }\nname = \"{augment}-lr{lr}\"\nseeds = 2",
        expect![[""]],
    );
}

#[test]
fn folds_are_copies_of_the_preprocess_stage() {
    let folds = TINY.replace(
        "split = { train = 0.5, valid = 0.25, test = 0.25 }",
        "split = { folds = 4, fold = 0 }",
    );
    points_of(&folds, "grid = { batch_size = [8, 16] }\nfolds = 3", expect![[""]]);
    points_of(&folds, "grid = { \"prep.split.fold\" = [0, 1], batch_size = [8] }", expect![[""]]);
}

#[test]
fn drawn_points_stay_when_there_are_more() {
    let drawn = |how: &str, n: u32| {
        format!(
            "grid = {{ \"optimizer.adam.lr\" = {{ log = [1e-5, 1e-2] }}, batch_size = {{ integer = [8, 64] }} }}\nsearch = {{ {how} = {{ points = {n} }} }}"
        )
    };
    points(&drawn("random", 3), expect![[""]]);
    points(&drawn("random", 5), expect![[""]]);
    points(&drawn("quasi_random", 3), expect![[""]]);
    points(&drawn("quasi_random", 5), expect![[""]]);
}

#[test]
fn a_placeholder_that_is_not_known() {
    wrong(&format!("{GRID}\nname = \"{{model}}-{{lr}}\""), expect![[""]]);
    wrong(&format!("{GRID}\nname = \"{{lr\""), expect![[""]]);
    wrong(&format!("{GRID}\nname = \"a/{{lr}}\""), expect![[""]]);
}

#[test]
fn two_points_of_one_name() {
    wrong(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [8, 16] }\nname = \"b{batch_size}\"",
        expect![[""]],
    );
}

#[test]
fn a_zip_that_does_not_fit() {
    wrong(
        "grid = { \"optimizer.adam.lr\" = [0.1, 0.01], batch_size = [8, 16, 32] }\nzip = [[\"optimizer.adam.lr\", \"batch_size\"]]",
        expect![[""]],
    );
    wrong(&format!("{GRID}\nzip = [[\"optimizer.adam.lr\", \"batch_size\"]]"), expect![[""]]);
}

#[test]
fn conditions_that_cannot_hold() {
    wrong(&format!("{GRID}\nexclude = [{{ \"optimizer.adam.lr\" = 0.02 }}]"), expect![[""]]);
    wrong(
        &format!("{GRID}\nexclude = [{{ \"optimizer.adam.lr\" = [0.01, 0.001] }}]"),
        expect![[""]],
    );
    wrong(
        &format!("{GRID}\nwhen = {{ batch_size = {{ \"optimizer.adam.lr\" = 0.01 }} }}"),
        expect![[""]],
    );
}

#[test]
fn a_range_in_a_grid() {
    wrong("grid = { \"optimizer.adam.lr\" = { log = [1e-5, 1e-2] } }", expect![[""]]);
    wrong(
        "search = { random = { points = 2 } }\ngrid = { \"optimizer.adam.lr\" = { log = [0.0, 1e-2] } }",
        expect![[""]],
    );
    wrong("grid = { \"optimizer.adam.lr\" = { lg = [0.0, 1e-2] } }", expect![[""]]);
    wrong("grid = { \"optimizer.adam.lr\" = 0.1 }", expect![[""]]);
    wrong(
        "grid = { \"optimizer.adam.lr\" = [0.01, 0.001] }\nsearch = { random = { points = 3 } }",
        expect![[""]],
    );
}

#[test]
fn folds_that_the_data_do_not_have() {
    wrong(&format!("{GRID}\nfolds = 3"), expect![[""]]);
    wrong("grid = { \"scores.threshold\" = [0.1, 0.2] }", expect![[""]]);
}
