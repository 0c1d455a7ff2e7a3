//! What each kind makes of a small recipe is pinned. Where this fails, the same recipe gives another
//! result than it did: raise the `VERSION` of the kind that changed, or caches will hold what a clean
//! run would not give. Then `UPDATE_EXPECT=1 cargo test`.

use crate::world::{TINY, World};
use expect_test::expect;

#[test]
fn equal_recipes_give_equal_results_forever() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    // Stage, key and outputs, the first ten characters of each digest.
    let short = |line: &str| match line.split_once(" = \"") {
        Some((name, digest)) => format!("{name} {}\n", &digest[..10]),
        None => format!("{line}\n"),
    };
    let lock: String = world.read("pipeline.lock").lines().skip(3).map(short).collect();
    expect![[r#"
        [stage."cnn"]
        key 2584c70dd7
        outputs."README.md" 13bc178975
        outputs."history.csv" a84689ff58
        outputs."model.json" 02f7b49a50
        outputs."model.safetensors" 2023883c6c
        outputs."training.json" ef7358c1c9

        [stage."eda"]
        key 7c8f180503
        outputs."blank.csv" 72856724d8
        outputs."brightness.csv" 42bb1c2a87
        outputs."duplicates.csv" 6de502819c
        outputs."eda.json" ec363aee9a
        outputs."groups.csv" 0fc7cffcf8
        outputs."samples_0.png" dc30eeacea
        outputs."samples_1.png" 98f0007106

        [stage."patches"]
        key 80fc3be576
        outputs."dataset.json" 6bb35fcf4a
        outputs."images.safetensors" c60b2970b0
        outputs."index.csv" f66caf8025
        outputs."rejected.csv" 82f278e4ea

        [stage."prep"]
        key a95a27a714
        outputs."dataset.json" 7ee84e03f2
        outputs."images.safetensors" c60b2970b0
        outputs."index.csv" b2651a84c9
        outputs."rejected.csv" 82f278e4ea

        [stage."report"]
        key c166ffe31c
        outputs."index.html" f5ac2299f0

        [stage."scores"]
        key 0e9185d195
        outputs."curves/cnn.csv" 665ca93370
        outputs."curves/search.csv" 3d301b8d4b
        outputs."metrics.json" f111cc4aee
        outputs."predictions.csv" f7a2067f15

        [stage."search"]
        key e6b4a0f9b8
        outputs."README.md" e32546bf72
        outputs."best.json" 3b7b5e27c8
        outputs."history.csv" 102f3a3cf6
        outputs."model.json" 3fc54377d7
        outputs."model.safetensors" 7db3daa12f
        outputs."search.json" 16ffc398d6
        outputs."training.json" 6020b198d1
        outputs."trials.csv" 3600fe60b1

        [stage."search[lr=0.001]"]
        key 6080cb0482
        outputs."README.md" c258522786
        outputs."history.csv" 8c96187317
        outputs."model.json" 0d162b279b
        outputs."model.safetensors" 33140961d5
        outputs."training.json" 73a3acf9fb

        [stage."search[lr=0.01]"]
        key ec0cce5a65
        outputs."README.md" e32546bf72
        outputs."history.csv" 102f3a3cf6
        outputs."model.json" 3fc54377d7
        outputs."model.safetensors" 7db3daa12f
        outputs."training.json" 6020b198d1
    "#]]
    .assert_eq(&lock);
}
