//! `export`: a model's folder becomes a file, or one is told what to give.

use crate::world::{TINY, World};
use expect_test::expect;
use std::fs;

#[test]
fn a_model_or_the_best_of_a_search_becomes_a_file() {
    let world = World::with(TINY);
    world.run("run pipeline.toml");
    let done = world.run("export out/tiny/cnn --onnx cnn.onnx");
    assert_eq!(done.code, Some(0), "{}", done.err);
    expect![[r#"
        wrote cnn.onnx: 725 parameters, 5379 bytes
          in   images       uint8   [batch, 24, 24, 3]
          out  probability  float32 [batch]
               logit        float32 [batch]
    "#]]
    .assert_eq(&done.out);
    let first = fs::read(world.path("cnn.onnx")).unwrap();
    world.run("export out/tiny/cnn --onnx cnn.onnx");
    assert!(fs::read(world.path("cnn.onnx")).unwrap() == first);
    assert_eq!(world.run("export out/tiny/search --onnx best.onnx").code, Some(0));
    assert!(fs::read(world.path("best.onnx")).unwrap() != first);
    let left = fs::read_dir(world.dir.path()).unwrap().map(|file| file.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".new")));

    let done = world.run("export out/tiny/cnn --onnx nowhere/cnn.onnx");
    assert_eq!(done.code, Some(1));
    expect![[r#"
        error: cannot write nowhere/cnn.onnx: No such file or directory (os error 2)
          = help: give the name of a file in a folder that is there and may be written to
    "#]]
    .assert_eq(&done.err);
    assert_eq!(world.run("export out/tiny/cnn --onnx out").code, Some(1));
    assert!(world.path("out/tiny/cnn/model.json").is_file());
}

#[test]
fn what_is_no_models_folder_is_refused() {
    let world = World::with(TINY);
    fs::create_dir_all(world.path("empty")).unwrap();
    let said = ["nowhere", "pipeline.toml", "empty"].map(|model| {
        let done = world.run(&format!("export {model} --onnx x.onnx"));
        assert_eq!((done.code, &*done.out), (Some(2), ""));
        done.err
    });
    expect![[r#"
        error: nowhere: No such file or directory (os error 2)
          = help: give the folder of a `train` or `tune` stage: `out/<pipeline>/<stage>`, which holds model.safetensors and model.json
        error: pipeline.toml is a file, not a model's folder
          = help: give the folder of a `train` or `tune` stage: `out/<pipeline>/<stage>`, which holds model.safetensors and model.json
        error: empty holds no model.safetensors
          = help: give the folder of a `train` or `tune` stage: `out/<pipeline>/<stage>`, which holds model.safetensors and model.json
    "#]].assert_eq(&said.concat());
    assert!(!world.path("x.onnx").exists());
}
