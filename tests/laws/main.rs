//! The law of build systems (Mokhov, Mitchell, Peyton Jones: *Build Systems à la Carte*, 2018):
//! whatever was edited, stopped, killed or damaged before, a run leaves what a clean build leaves;
//! and it makes only what was not there, so that early cutoff happens exactly where results are
//! equal.
//!
//! A few dozen random histories run every time, the same each time; more of them, and others, by
//! `MICROTOME_CASES=2000 MICROTOME_SEED=1 cargo test --release --test laws`.
//!
//! It is a binary of its own since it starts processes that are killed: until a new process is what it
//! is to be, it holds the locks of all tests that run beside it.

mod drive;
mod edit;
mod graph;
mod kinds;
mod model;
mod place;
// Not all of the toys are played with here.
#[allow(dead_code)]
#[path = "../engine/toys.rs"]
mod toys;
#[allow(dead_code)]
#[path = "../engine/trying.rs"]
mod trying;

use edit::{Edit, history};
use place::Place;
use proptest::test_runner::{Config, RngSeed, TestRunner};

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

#[test]
fn correct_build() {
    let config = Config {
        cases: number("MICROTOME_CASES", 40) as u32,
        rng_seed: RngSeed::Fixed(number("MICROTOME_SEED", 7)),
        // What fails is printed, in its smallest form; nothing is left lying around.
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let law = |(graph, edits)| {
        let mut place = Place::new(graph);
        for edit in edits {
            place.suffer(edit);
        }
        place.ends_as_a_clean_build_would();
        Ok(())
    };
    TestRunner::new(config).run(&history(), law).unwrap_or_else(|error| panic!("{error}"));
}

/// The test must be able to fail.
#[test]
#[should_panic(expected = "two keys for")]
fn what_the_model_does_not_expect_is_noticed() {
    use graph::{Graph, Stage, What};
    let stages = vec![Stage { name: 0, what: What::Quote { file: 0 } }];
    let mut place = Place::new(Graph { stages, turned: 0 });
    place.suffer(Edit::Run { jobs: 1 });
    place.change_behind_the_models_back();
    place.ends_as_a_clean_build_would();
}
