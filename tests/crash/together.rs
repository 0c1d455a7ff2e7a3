//! Many processes on one store.

use crate::{
    process::{Ended, Process},
    world::World,
};
use std::collections::BTreeMap;

/// What differs between the pipelines: each shares stages with each other.
fn variants() -> [Vec<(&'static str, &'static str)>; 8] {
    let (lr, epochs) = (("lr = 0.003", "lr = 0.01"), ("epochs = 3", "epochs = 2"));
    let size = ("split = {", "size = 10\nsplit = {");
    let alone = ("models = [\"cnn\", \"search\"]", "models = [\"cnn\"]");
    let grid = ("[0.01, 0.001]", "[0.01, 0.003]");
    [vec![], vec![], vec![lr], vec![epochs], vec![grid], vec![grid, lr], vec![alone], vec![size]]
}

fn world() -> World {
    let world = World::new();
    for (i, replace) in variants().iter().enumerate() {
        world.vary(&format!("p{i}"), replace);
    }
    world
}

fn command(world: &World, i: usize) -> std::process::Command {
    world.command(&format!("run p{i}.toml --json --jobs 2 --threads 1"))
}

/// Keys by how often they were started.
fn started(ended: &[Ended]) -> BTreeMap<String, usize> {
    let mut started = BTreeMap::new();
    for (_, key) in ended.iter().flat_map(|ended| ended.events("started")) {
        *started.entry(key).or_default() += 1;
    }
    started
}

#[test]
fn of_eight_processes_that_want_the_same_one_makes_it() {
    // One after the other, in a store that they share.
    let clean = world();
    let one_by_one: Vec<_> = (0..8).map(|i| Process::start(command(&clean, i)).end()).collect();

    let shared = world();
    let running: Vec<_> = (0..8).map(|i| Process::start(command(&shared, i))).collect();
    let all: Vec<_> = running.into_iter().map(Process::end).collect();
    for (i, ended) in all.iter().enumerate() {
        assert_eq!(ended.code(), Some(0), "p{i}: {}", ended.text());
        assert_eq!(shared.lock_file(&format!("p{i}")), clean.lock_file(&format!("p{i}")));
    }
    let (expected, found) = (started(&one_by_one), started(&all));
    assert_eq!(found, expected, "each key runs once, whoever comes first");
    assert!(found.values().all(|&times| times == 1), "{found:?}");
    for part in ["tmp", "scratch", "locks"] {
        assert_eq!(shared.names(part), Vec::<String>::new(), "{part}");
    }
}
