//! What each kind makes of a small recipe is pinned. Where this fails, the same recipe gives another
//! result than it did: raise the `VERSION` of the kind that changed, or caches will hold what a clean
//! run would not give. Then `UPDATE_EXPECT=1 cargo test`.

use crate::world::{TINY, World};
use expect_test::expect;

#[test]
fn equal_recipes_give_equal_results_forever() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    // Stage, key and outputs, the first ten characters of each digest; not what keys are made of.
    let short = |line: &str| match line.split_once(" = \"") {
        _ if line.starts_with("[stage.") => Some(format!("\n{line}\n")),
        Some((name, digest)) if name == "key" || name.starts_with("outputs.") => {
            Some(format!("{name} {}\n", &digest[..10]))
        }
        _ => None,
    };
    let lock: String = world.read("pipeline.lock").lines().filter_map(short).collect();
    expect![[r#"
        [stage."cnn"]
        key f129ebafca
        outputs."README.md" 13bc178975
        outputs."augmentations.png" 40451b1f67
        outputs."history.csv" a84689ff58
        outputs."model.json" 02f7b49a50
        outputs."model.safetensors" 9371f72ee8
        outputs."training.json" ef7358c1c9

        [stage."eda"]
        key b686c16ccc
        outputs."balance.csv" 90cc034959
        outputs."blank.csv" 72856724d8
        outputs."brightness.csv" 214d160c95
        outputs."duplicates.csv" 6de502819c
        outputs."eda.json" 0b30343012
        outputs."groups.csv" a50f682b69
        outputs."images.csv" 4abc605f82
        outputs."map.csv" 9a6818db87
        outputs."mean_0.png" 516f092c2a
        outputs."mean_1.png" 5a718de364
        outputs."samples_0.png" dc30eeacea
        outputs."samples_1.png" 98f0007106
        outputs."shades.csv" 0f9cd8306f
        outputs."twins.csv" 3b84b0de7c

        [stage."patches"]
        key dbd38db0b8
        outputs."dataset.json" 8249f452ff
        outputs."images.safetensors" c60b2970b0
        outputs."index.csv" 569bf8b515
        outputs."rejected.csv" 82f278e4ea

        [stage."prep"]
        key dda8c511f4
        outputs."dataset.json" 98232645a9
        outputs."images.safetensors" c60b2970b0
        outputs."index.csv" b93ad3bcad
        outputs."leaks.csv" e34936a9ed
        outputs."rejected.csv" 82f278e4ea

        [stage."report"]
        key f402223587
        outputs."index.html" 77feaef6b3

        [stage."scores"]
        key 179c7c3bed
        outputs."curves/precision_recall/cnn.csv" 80f8625f11
        outputs."curves/precision_recall/search.csv" 69d8c5ba61
        outputs."curves/roc/cnn.csv" 665ca93370
        outputs."curves/roc/search.csv" 3d301b8d4b
        outputs."groups.csv" 995c5d6aa1
        outputs."metrics.json" 0bb605f8b7
        outputs."predictions.csv" b2a94f1e7c

        [stage."search"]
        key eac1f0f6ea
        outputs."README.md" e32546bf72
        outputs."best.json" 25de54d1a1
        outputs."curves.csv" b92db0d2b1
        outputs."history.csv" 102f3a3cf6
        outputs."leaderboard.csv" bd21691e82
        outputs."model.json" 3fc54377d7
        outputs."model.safetensors" 5406e46208
        outputs."search.json" 2ecbb2787c
        outputs."training.json" 6020b198d1
        outputs."trials.csv" b567c86a27

        [stage."search[lr=0.001]"]
        key 464fcfc75a
        outputs."README.md" c258522786
        outputs."augmentations.png" 40451b1f67
        outputs."history.csv" 8c96187317
        outputs."model.json" 0d162b279b
        outputs."model.safetensors" 5de7ac4d67
        outputs."training.json" 73a3acf9fb

        [stage."search[lr=0.01]"]
        key 532b364738
        outputs."README.md" e32546bf72
        outputs."augmentations.png" 40451b1f67
        outputs."history.csv" 102f3a3cf6
        outputs."model.json" 3fc54377d7
        outputs."model.safetensors" 5406e46208
        outputs."training.json" 6020b198d1
    "#]]
    .assert_eq(lock.trim_start());
}
