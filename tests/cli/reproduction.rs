//! The same bits on every instruction set, with any number of threads and jobs.

use crate::world::{TINY, World};

/// The lock file of a whole run into a store of its own.
fn lock(args: &str, isa: &str) -> String {
    let world = World::with(TINY);
    let mut command = world.command(&format!("run pipeline.toml {args}"));
    let output = command.env("MICROTOME_ISA", isa).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.read("pipeline.lock")
}

/// The instruction sets that this machine has; `scalar` is everywhere.
fn instruction_sets() -> Vec<&'static str> {
    let mut sets = vec!["scalar"];
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        sets.push("avx2");
    }
    if std::arch::is_x86_feature_detected!("avx512f") {
        sets.push("avx512");
    }
    sets
}

#[test]
fn every_digest_is_the_same_on_each_instruction_set() {
    let scalar = lock("", "scalar");
    assert_eq!(scalar.matches("key = ").count(), 9, "{scalar}");
    for isa in instruction_sets() {
        assert_eq!(lock("", isa), scalar, "{isa}");
    }
}

#[test]
fn every_digest_is_the_same_with_any_number_of_threads_and_jobs() {
    let isa = *instruction_sets().last().unwrap();
    let alone = lock("--threads 1 --jobs 1", isa);
    for args in ["--threads 2 --jobs 1", "--threads 3 --jobs 4", "--threads 1 --jobs 3"] {
        assert_eq!(lock(args, isa), alone, "{args}");
    }
}

#[test]
fn locked_proves_it_and_says_what_differs() {
    let world = World::with(TINY);
    let missing = world.run("run pipeline.toml --locked");
    assert_eq!(missing.code, Some(4));
    assert_eq!(
        missing.err,
        "error: there is no pipeline.lock\n  = help: run once without `--locked`, and commit the lock file\n"
    );
    world.run("run pipeline.toml");
    assert_eq!(world.run("run pipeline.toml --locked --cache elsewhere").code, Some(0));
    let changed = world.run("run pipeline.toml --locked --set stage.eda.per_class=3");
    assert_eq!(changed.code, Some(4));
    assert!(
        changed.err.contains(
            "error: the run differs from pipeline.lock (locked → found):\n  eda: params.per_class: 12 → 3\n"
        ),
        "{}",
        changed.err
    );
    assert_eq!(world.run("run pipeline.toml --locked").code, Some(0), "the lock file is as it was");
}
