//! What a change reruns, and how it is explained.

use crate::world::{TINY, World};
use std::fs;

#[test]
fn the_second_run_does_nothing_and_says_so() {
    let world = World::with(TINY);
    assert_eq!(world.stages("run pipeline.toml").len(), 9);
    let second = world.run("run pipeline.toml");
    assert_eq!(second.code, Some(0));
    assert!(second.err.contains("9 cached in "), "{}", second.err);
    assert!(second.err.contains("report: out/tiny/report/index.html"), "{}", second.err);
    assert_eq!(second.out, "");
    let why = world.run("why pipeline.toml cnn");
    assert!(
        why.out.starts_with("cnn is cached: nothing that it depends on has changed.\n"),
        "{}",
        why.out
    );
    assert!(world.read("out/tiny/report/index.html").contains("<h1>"));
}

#[test]
fn one_learning_rate_reruns_its_point_the_search_and_its_readers() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    world.write("pipeline.toml", TINY.replace("[0.01, 0.001]", "[0.01, 0.0005]"));
    let why = world.run("why pipeline.toml search[lr=0.0005]");
    assert_eq!(
        why.out,
        "search[lr=0.0005] would run, because\n  compared with search[lr=0.001], \
         params.optimizer.adam.lr: 0.001 → 0.0005\n"
    );
    let ran = world.ran("run pipeline.toml");
    assert_eq!(ran, ["report", "scores", "search", "search[lr=0.0005]"]);
    let why = world.run("why pipeline.toml search[lr=0.0005]");
    assert!(why.out.contains("params.optimizer.adam.lr: 0.001 → 0.0005"), "{}", why.out);
}

#[test]
fn a_changed_parameter_is_named_with_both_values() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    let why = world.run("why pipeline.toml cnn --set stage.cnn.optimizer.adam.lr=0.0005");
    assert_eq!(why.out, "cnn would run, because\n  params.optimizer.adam.lr: 0.003 → 0.0005\n");
    let plan = world.run("plan pipeline.toml --exit-code --set stage.cnn.epochs=1");
    assert_eq!(plan.code, Some(3), "{}", plan.out);
    assert!(plan.out.contains("params.epochs: 2 → 1"), "{}", plan.out);
    assert_eq!(world.run("plan pipeline.toml --exit-code").code, Some(0));
}

#[test]
fn a_reformatted_and_reordered_file_reruns_nothing() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    let mut stages: Vec<&str> = TINY.split("\n[").filter(|s| !s.trim().is_empty()).collect();
    stages.reverse();
    let reordered: String = stages.iter().map(|s| format!("[{s}\n\n# a remark\n")).collect();
    let reordered = reordered.replace("[0.01, 0.001]", "[ 1e-3, 0.01, ]").replace(" = ", "=");
    world.write("pipeline.toml", &reordered);
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
}

const FOLDER: &str = r#"
pipeline.name = "folder"
stage.patches = { kind = "ingest", source = { folder = { dir = "images" } } }
stage.prep = { kind = "preprocess", data = "patches", split = { train = 0.5, valid = 0.25, test = 0.25 } }
stage.cnn = { kind = "train", data = "prep", epochs = 1, model = { layers = [ { conv = 4 }, "relu", "global_avg_pool", { dense = 1 } ] } }
"#;

/// A folder of 16 small PNG files, 8 of each class.
fn write_images(world: &World) {
    for i in 0..16u8 {
        let path = world.path(&format!("images/{}/{i:02}.png", i % 2));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::from_fn(12, 12, |x, y| image::Rgb([i * 10, x as u8 * 9, y as u8 * 7]))
            .save(path)
            .unwrap();
    }
}

#[test]
fn a_touched_image_reruns_nothing_and_a_changed_one_reruns_all() {
    let world = World::with(FOLDER);
    write_images(&world);
    assert_eq!(world.ran("run pipeline.toml"), ["cnn", "patches", "prep"]);
    let image = world.path("images/0/04.png");
    let bytes = fs::read(&image).unwrap();
    fs::remove_file(&image).unwrap();
    fs::write(&image, bytes).unwrap();
    assert_eq!(world.ran("run pipeline.toml"), Vec::<String>::new());
    image::RgbImage::new(12, 12).save(&image).unwrap();
    let why = world.run("why pipeline.toml patches");
    assert!(why.out.contains("files in source.folder.dir: "), "{}", why.out);
    assert_eq!(world.ran("run pipeline.toml"), ["cnn", "patches", "prep"]);
}

#[test]
fn an_upstream_change_with_an_equal_outcome_leaves_the_rest_cached() {
    let world = World::with(FOLDER);
    write_images(&world);
    world.run("run pipeline.toml");
    // The same pixels in another file format, and a parameter that makes no difference here.
    let image = world.path("images/1/03.png");
    let pixels = image::open(&image).unwrap().into_rgb8();
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut bytes,
        image::codecs::png::CompressionType::Best,
        image::codecs::png::FilterType::NoFilter,
    );
    pixels.write_with_encoder(encoder).unwrap();
    assert_ne!(bytes, fs::read(&image).unwrap());
    fs::write(&image, bytes).unwrap();
    assert_eq!(
        world.ran("run pipeline.toml --set stage.patches.on_bad_image=exclude"),
        ["patches"]
    );
}

#[test]
fn only_the_named_stages_run() {
    let world = World::with(TINY);
    assert_eq!(world.ran("run pipeline.toml eda"), ["eda", "patches", "prep"]);
    assert_eq!(world.ran("run pipeline.toml eda --force eda"), ["eda"]);
}
