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
        key 36f1fc236d
        outputs."README.md" 13bc178975
        outputs."history.csv" 15537d369f
        outputs."model.json" 762942a67f
        outputs."model.safetensors" 3a41bb4125
        outputs."training.json" ca0891bd0e

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
        key dfbff4013c
        outputs."index.html" 5cd24fd37d

        [stage."scores"]
        key edc333fe78
        outputs."curves/cnn.csv" ad30ed4e44
        outputs."curves/search.csv" e3f5d2d034
        outputs."metrics.json" a7c194d24d
        outputs."predictions.csv" 1d47fe2900

        [stage."search"]
        key 2471fe5bbc
        outputs."README.md" e32546bf72
        outputs."best.json" aa4cd4abc0
        outputs."history.csv" 4d7a066cc4
        outputs."model.json" 3622eda903
        outputs."model.safetensors" 7d13d4f42a
        outputs."search.json" 6d8b09a1b2
        outputs."training.json" 50ab325956
        outputs."trials.csv" 90e3b7d265

        [stage."search[lr=0.001]"]
        key 21f96855e0
        outputs."README.md" c258522786
        outputs."history.csv" 04e5d70ff4
        outputs."model.json" 03151f898c
        outputs."model.safetensors" 5e216d4135
        outputs."training.json" 85e9fe47b0

        [stage."search[lr=0.01]"]
        key f09463c7f4
        outputs."README.md" e32546bf72
        outputs."history.csv" 4d7a066cc4
        outputs."model.json" 3622eda903
        outputs."model.safetensors" 7d13d4f42a
        outputs."training.json" 50ab325956
    "#]]
    .assert_eq(&lock);
}
