//! Searches as they run: what is trained when one is stopped, a point fails, or a value comes.

use crate::world::{TINY, World};
use expect_test::expect;
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

const GRID: &str = "grid = { \"optimizer.adam.lr\" = [0.01, 0.001] }";

fn with(grid: &str) -> String {
    assert!(TINY.contains(GRID));
    TINY.replacen(GRID, grid, 1)
}

/// Everything before the search is done, so that only it and what reads it is left.
fn world(grid: &str) -> World {
    let world = World::with(&with(grid));
    world.stages("run pipeline.toml eda cnn");
    world
}

/// The columns of a CSV file by their names, a line a row.
fn columns(world: &World, file: &str, names: &[&str]) -> String {
    let text = world.read(file);
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let header = csv.headers().unwrap().clone();
    let place = |name: &&str| header.iter().position(|h| h == *name).unwrap();
    let places: Vec<usize> = names.iter().map(place).collect();
    let line = |row: csv::StringRecord| {
        let cells: Vec<_> = places.iter().map(|&place| row[place].to_string()).collect();
        cells.join(" | ") + "\n"
    };
    csv.records().map(|row| line(row.unwrap())).collect()
}

#[test]
fn an_interrupted_search_goes_on_where_it_was() {
    let world = world("grid = { \"optimizer.adam.lr\" = [0.01, 0.001, 0.0001] }");
    let mut run = world.command("run pipeline.toml --jobs 1 --json");
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().contains("\"event\":\"ran\"")).unwrap();
    assert!(first.unwrap().contains("search[lr=0.0001]"));
    std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    lines.for_each(drop);
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let ran = world.ran("run pipeline.toml --jobs 1");
    assert!(!ran.contains(&"search[lr=0.0001]".to_string()), "{ran:?}");
    for stage in ["search[lr=0.01]", "search", "scores", "report"] {
        assert!(ran.contains(&stage.to_string()), "{stage} is not in {ran:?}");
    }
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
}

#[test]
fn a_point_that_diverges_fails_alone_and_is_remembered() {
    let world = world("grid = { \"optimizer.adam.lr\" = [0.01, 1e30] }");
    let first = world.run("run pipeline.toml");
    assert_eq!(first.code, Some(1), "{}", first.err);
    assert!(first.err.contains("`search[lr=1e+30]` failed: the loss became"), "{}", first.err);
    let statuses = ["trial", "status", "error"];
    expect![[r#"
        search[lr=0.01] | ok | 
        search[lr=1e+30] | failed | the loss became NaN in epoch 1, batch 2: the training diverged; try a lower learning rate than 1e30 (a tenth of it), `warmup = { epochs = 1 }`, `clip = { norm = 1.0 }`, or "batch_norm" after the convolutions
    "#]].assert_eq(&columns(&world, "out/tiny/search/trials.csv", &statuses));
    assert!(world.read("out/tiny/search/leaderboard.csv").contains("failed"));
    assert!(first.err.contains("partial: 1 of 2 points failed"), "{}", first.err);

    let second = world.run("run pipeline.toml");
    assert_eq!(second.code, Some(1));
    assert!(second.err.contains("it failed before, and is not tried again"), "{}", second.err);
    assert!(second.err.contains("`--retry-failed` tries it again"), "{}", second.err);
    let why = world.run("why pipeline.toml search[lr=1e+30]");
    assert!(why.out.starts_with("search[lr=1e+30] failed before"), "{}", why.out);

    let third = world.run("run pipeline.toml --retry-failed");
    assert_eq!(third.code, Some(1));
    assert!(!third.err.contains("it failed before"), "{}", third.err);
    assert!(third.err.contains("`search[lr=1e+30]` failed: the loss became"), "{}", third.err);

    world.write("pipeline.toml", with("grid = { \"optimizer.adam.lr\" = [0.01, 0.02] }"));
    let ran = world.ran("run pipeline.toml");
    assert_eq!(ran, ["report", "scores", "search", "search[lr=0.02]"]);
    assert!(!world.read("out/tiny/search/trials.csv").contains("failed,"));
}

#[test]
fn a_value_that_is_added_runs_alone() {
    let world = world("grid = { \"optimizer.adam.lr\" = [0.01], batch_size = [16, 32] }");
    world.stages("run pipeline.toml");
    world.write(
        "pipeline.toml",
        with("grid = { \"optimizer.adam.lr\" = [0.01, 0.001], batch_size = [16, 32] }"),
    );
    let ran = world.ran("run pipeline.toml");
    let points = ["search[batch_size=16,lr=0.001]", "search[batch_size=32,lr=0.001]"];
    assert_eq!(ran[..3], ["report", "scores", "search"]);
    assert_eq!(ran[3..], points);
}

#[test]
fn a_larger_budget_keeps_the_points_that_it_has() {
    let drawn = |n: u32| {
        with(&format!(
            "grid = {{ \"optimizer.adam.lr\" = {{ log = [1e-4, 1e-2] }} }}\nsearch = {{ quasi_random = {{ points = {n} }} }}"
        ))
    };
    let world = World::with(&drawn(2));
    let before = world.ran("run pipeline.toml search");
    world.write("pipeline.toml", drawn(3));
    let ran = world.ran("run pipeline.toml search");
    assert_eq!(ran.len(), 2, "{ran:?}");
    assert_eq!(ran[0], "search");
    assert!(ran[1].starts_with("search[lr=") && !before.contains(&ran[1]), "{ran:?}");
}

#[test]
fn folds_and_seeds_share_what_they_can() {
    let split = "split = { train = 0.5, valid = 0.25, test = 0.25 }";
    let toml = with("grid = { batch_size = [16, 32] }\nfolds = 2\nseeds = 2");
    let world = World::with(&toml.replace(split, "split = { folds = 4, fold = 0 }"));
    let ran = world.ran("run pipeline.toml search");
    expect![[r#"
        patches
        prep
        prep[fold=1]
        search
        search[batch_size=16,fold=0,seed=0]
        search[batch_size=16,fold=0,seed=1]
        search[batch_size=16,fold=1,seed=0]
        search[batch_size=16,fold=1,seed=1]
        search[batch_size=32,fold=0,seed=0]
        search[batch_size=32,fold=0,seed=1]
        search[batch_size=32,fold=1,seed=0]
        search[batch_size=32,fold=1,seed=1]"#]]
    .assert_eq(&ran.join("\n"));
    let repeats = ["trial", "combination", "batch_size", "fold", "seed", "status"];
    expect![[r#"
        search[batch_size=16,fold=0,seed=0] | 0 | 16 | 0 | 0 | ok
        search[batch_size=16,fold=0,seed=1] | 0 | 16 | 0 | 1 | ok
        search[batch_size=16,fold=1,seed=0] | 0 | 16 | 1 | 0 | ok
        search[batch_size=16,fold=1,seed=1] | 0 | 16 | 1 | 1 | ok
        search[batch_size=32,fold=0,seed=0] | 1 | 32 | 0 | 0 | ok
        search[batch_size=32,fold=0,seed=1] | 1 | 32 | 0 | 1 | ok
        search[batch_size=32,fold=1,seed=0] | 1 | 32 | 1 | 0 | ok
        search[batch_size=32,fold=1,seed=1] | 1 | 32 | 1 | 1 | ok
    "#]]
    .assert_eq(&columns(&world, "out/tiny/search/trials.csv", &repeats));
    let ranks = ["rank", "n", "failed", "standing"];
    expect![[r#"
        1 | 4 | 0 | best
        2 | 4 | 0 | not told from the best
    "#]]
    .assert_eq(&columns(&world, "out/tiny/search/leaderboard.csv", &ranks));
    let best: serde_json::Value =
        serde_json::from_str(&world.read("out/tiny/search/best.json")).unwrap();
    assert_eq!(best["fold"], 0, "the model is of the fold that `prep` itself has");
    assert!(world.read("out/tiny/search/curves.csv").lines().count() == 1 + 8 * 2);
}

/// Four combinations train for one epoch, the best two for two; more epochs for the best of these run
/// alone.
#[test]
fn halving_trains_only_the_best_for_longer() {
    let halving = |rungs: &str| {
        with(&format!(
            "grid = {{ \"optimizer.adam.lr\" = [0.01, 0.001], batch_size = [16, 32] }}\nhalving = {{ epochs = {rungs}, factor = 2 }}"
        ))
    };
    let world = World::with(&halving("[1, 2]"));
    let done = world.run("run pipeline.toml search --jobs 1");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("2 held back"), "{}", done.err);
    assert!(done.err.contains("the best 2 of 4 go on"), "{}", done.err);
    let names = ["combination", "rung", "status"];
    expect![[r#"
        0 | 0 | ok
        1 | 0 | ok
        2 | 0 | ok
        3 | 0 | ok
        0 | 1 | not promoted
        1 | 1 | ok
        2 | 1 | ok
        3 | 1 | not promoted
    "#]]
    .assert_eq(&columns(&world, "out/tiny/search/trials.csv", &names));
    let names = ["rank", "rung", "standing"];
    expect![[r#"
        1 | 1 | best
        2 | 1 | unknown
        3 | 0 | not promoted
        4 | 0 | not promoted
    "#]]
    .assert_eq(&columns(&world, "out/tiny/search/leaderboard.csv", &names));
    // What the gate let through are the best two of the first rung.
    let search: serde_json::Value =
        serde_json::from_str(&world.read("out/tiny/search/search.json")).unwrap();
    let trials = search["trials"].as_array().unwrap();
    let figure = |t: &serde_json::Value| t["outcome"]["scored"]["objective"].as_f64().unwrap();
    let mut first: Vec<_> = trials.iter().filter(|t| t["rung"] == 0).collect();
    first.sort_by(|a, b| figure(b).total_cmp(&figure(a)));
    let ran = trials.iter().filter(|t| t["rung"] == 1 && t["outcome"] != "not_promoted");
    for trial in ran {
        assert!(first[..2].iter().any(|best| best["combination"] == trial["combination"]));
    }
    assert_eq!(world.ran("run pipeline.toml search"), Vec::<String>::new());
    let plan = world.run("plan pipeline.toml search --exit-code");
    assert_eq!(plan.code, Some(0), "{}", plan.out);
    assert!(plan.out.contains("held back"), "{}", plan.out);

    world.write("pipeline.toml", halving("[1, 2, 3]"));
    let ran = world.ran("run pipeline.toml search");
    assert_eq!(ran.len(), 3, "{ran:?}");
    assert_eq!(ran[0], "search");
    assert!(ran[1].ends_with(",epochs=3]") && ran[2] == "search[rung=2]", "{ran:?}");
}

/// The leaderboard's means and the trials' figures agree, and the best is the highest.
#[test]
fn the_leaderboard_is_that_of_the_trials() {
    let world = World::with(&with(
        "grid = { \"optimizer.adam.lr\" = [0.01, 0.001], augment = [[], [\"flip\"]] }\nseeds = 2",
    ));
    world.stages("run pipeline.toml search");
    let search: serde_json::Value =
        serde_json::from_str(&world.read("out/tiny/search/search.json")).unwrap();
    let trials = search["trials"].as_array().unwrap();
    let figure = |place: &serde_json::Value| {
        let trial = &trials[place.as_u64().unwrap() as usize];
        trial["outcome"]["scored"]["objective"].as_f64().unwrap()
    };
    let mut last = f64::INFINITY;
    for ranked in search["combinations"].as_array().unwrap() {
        let places = ranked["trials"].as_array().unwrap();
        let mean = places.iter().map(figure).sum::<f64>() / places.len() as f64;
        assert!((mean - ranked["mean"].as_f64().unwrap()).abs() < 1e-12);
        assert!(mean <= last);
        last = mean;
    }
    assert_eq!(search["importance"]["method"], "fanova");
    let main: Vec<f64> = serde_json::from_value(search["importance"]["shares"].clone()).unwrap();
    let both = search["interaction"]["share"].as_f64().unwrap();
    assert!((main.iter().sum::<f64>() + both - 1.0).abs() < 1e-9, "{main:?} {both}");
    let best = &search["combinations"][0]["trials"];
    assert!(best.as_array().unwrap().contains(&search["best"]));
}
