//! `errors`: where models fail, in numbers and in pictures.

use crate::world::{TINY, World};
use serde_json::Value;

const EXAMINED: &str = r#"
[stage.both]
kind = "ensemble"
models = ["cnn", "search"]

[stage.failures]
kind = "errors"
data = "prep"
models = ["cnn", "both"]
examples = 4
"#;

#[test]
fn errors_are_those_of_the_predictions() {
    let world = World::with(&format!("{TINY}{EXAMINED}"));
    let ran = world.run("run pipeline.toml failures scores");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let predictions = world.read("out/tiny/scores/predictions.csv");
    let wrong = |line: &&str| {
        let fields: Vec<&str> = line.split(',').collect();
        let called = fields[3].parse::<f32>().unwrap() >= 0.5;
        fields[0] == "cnn" && called != (fields[2] == "1")
    };
    let mut expected: Vec<&str> = predictions.lines().skip(1).filter(wrong).collect();
    expected.sort_unstable();
    let found: Value = serde_json::from_str(&world.read("out/tiny/failures/errors.json")).unwrap();
    let cnn = &found["models"][0];
    assert_eq!(cnn["model"], "cnn");
    assert_eq!(
        (cnn["images"].as_u64(), cnn["wrong"].as_u64()),
        (Some(30), Some(expected.len() as u64))
    );

    // The table has the same images.
    let table = world.read("out/tiny/failures/errors.csv");
    let of_cnn = |line: &&str| line.starts_with("cnn,");
    let mut listed: Vec<String> = table
        .lines()
        .filter(of_cnn)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            format!("cnn,{},{},{},{}", fields[1], fields[3], fields[4], fields[2])
        })
        .collect();
    listed.sort_unstable();
    assert!(!listed.is_empty(), "this pipeline makes no errors to look at");
    let starts = |(listed, line): (&String, &&str)| line.starts_with(listed.as_str());
    assert_eq!(listed.len(), expected.len());
    assert!(listed.iter().zip(&expected).all(starts), "{listed:?} {expected:?}");

    // Each measure parts all images, and its errors are all errors.
    let measures = cnn["measures"].as_array().unwrap();
    let names: Vec<&str> = measures.iter().map(|m| m["measure"].as_str().unwrap()).collect();
    assert_eq!(names, ["brightness", "haematoxylin", "eosin", "sharpness", "tissue"]);
    for measure in measures {
        let bins = measure["bins"].as_array().unwrap();
        let sum = |of: &str| bins.iter().map(|bin| bin[of].as_u64().unwrap()).sum::<u64>();
        assert_eq!(sum("images") + measure["unmeasured"].as_u64().unwrap(), 30);
        if measure["unmeasured"] == 0 {
            assert_eq!(sum("wrong"), expected.len() as u64);
        }
    }

    // Galleries show the surest errors, surest first.
    for gallery in cnn["galleries"].as_array().unwrap() {
        let images = gallery["images"].as_array().unwrap();
        assert_eq!(images.len() as u64, gallery["total"].as_u64().unwrap().min(4));
        let sure = |image: &Value| (image["probability"].as_f64().unwrap() - 0.5).abs();
        assert!(images.windows(2).all(|pair| sure(&pair[0]) >= sure(&pair[1])));
        let picture = gallery["picture"].as_str().unwrap();
        let picture = image::open(world.path("out/tiny/failures").join(picture)).unwrap();
        assert!(picture.width() > 96 * images.len() as u32);
    }

    // The network's maps; an ensemble has none.
    let looked = &cnn["looked"];
    assert_eq!(looked["method"], "grad_cam");
    assert_eq!(looked["cells"], serde_json::json!([12, 12]));
    for part in ["right", "wrong"] {
        let mean = looked[part]["mean"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&mean));
    }
    assert!(image::open(world.path("out/tiny/failures/attention/cnn.png")).is_ok());
    assert_eq!(found["models"][1]["looked"], Value::Null);

    // The same again, to the bit.
    let before = [table, found.to_string()];
    let picture = |world: &World| std::fs::read(world.path("out/tiny/failures/attention/cnn.png"));
    let drawn = picture(&world).unwrap();
    let again = world.run("run pipeline.toml failures --force failures --threads 1");
    assert_eq!(again.code, Some(0));
    let found: Value = serde_json::from_str(&world.read("out/tiny/failures/errors.json")).unwrap();
    assert_eq!([world.read("out/tiny/failures/errors.csv"), found.to_string()], before);
    assert_eq!(picture(&world).unwrap(), drawn);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let pipeline =
        format!("{TINY}{EXAMINED}").replace("examples = 4", "examples = 0\nthreshold = 2.0");
    let done = World::with(&pipeline).run("check pipeline.toml");
    assert_eq!(done.code, Some(2));
    assert!(
        done.err.contains("the threshold is 2, and a probability is in 0 to 1"),
        "{}",
        done.err
    );
    assert!(done.err.contains("`examples` is 0, and 1 to 60 fit"), "{}", done.err);
}
