//! `predict`: what is handed in, in which order, from nothing but a model's folder; and what is
//! refused.

use crate::world::{TINY, World};
use expect_test::expect;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Patches of Kaggle's competition, without labels.
fn patches() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/kaggle-pcam/test")).into()
}

/// The tiny pipeline, run.
fn trained() -> World {
    let world = World::with(TINY);
    assert_eq!(world.run("run pipeline.toml").code, Some(0));
    world
}

/// A copy of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => _ = fs::copy(entry.path(), to).unwrap(),
        }
    }
}

/// Ids and probabilities as they are written.
fn lines(csv: &str) -> Vec<(String, String)> {
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("id,label"));
    let line = |line: &str| {
        let (id, label) = line.rsplit_once(',').unwrap();
        (id.to_string(), label.to_string())
    };
    lines.map(line).collect()
}

#[test]
fn unlabelled_patches_in_the_order_of_the_sample_from_a_copied_model() {
    let world = trained();
    copy(&world.path("out/tiny/cnn"), &world.path("elsewhere/model"));
    for gone in ["out", "cache"] {
        fs::remove_dir_all(world.path(gone)).unwrap();
    }
    let names = fs::read_dir(patches()).unwrap().map(|file| file.unwrap().file_name());
    let ids = names.map(|name| name.to_str().unwrap().strip_suffix(".tif").unwrap().to_string());
    let mut ids: Vec<String> = ids.collect();
    assert_eq!(ids.len(), 27);
    // No sorted order: the last character first.
    ids.sort_by_key(|id| id.chars().rev().collect::<String>());
    let sample: String = ids.iter().map(|id| format!("{id},0\n")).collect();
    world.write("sample_submission.csv", format!("id,label\n{sample}"));

    let from = patches();
    let command = format!(
        "predict elsewhere/model {} -o submission.csv --sample sample_submission.csv",
        from.display()
    );
    let done = world.run(&command);
    assert_eq!((done.code, done.out.as_str()), (Some(0), "wrote submission.csv\n"));
    assert!(done.err.contains("27 of 27 images were resized to 24×24 pixels\n"), "{}", done.err);
    assert!(done.err.contains("27 images in ") && done.err.contains(" images/s\n"), "{}", done.err);
    let submission = world.read("submission.csv");
    let written = lines(&submission);
    assert_eq!(
        written.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>()
    );
    let probabilities = written.iter().map(|(_, label)| label.parse::<f32>().unwrap());
    assert!(probabilities.clone().all(|p| (0.0..=1.0).contains(&p)));
    let distinct: std::collections::BTreeSet<u32> = probabilities.map(f32::to_bits).collect();
    assert!(distinct.len() > 20);

    // Neither batches nor threads matter, nor where it is written; without a sample ids are sorted.
    let again = world
        .run(&format!("predict elsewhere/model {} -o - --batch 5 --threads 1", from.display()));
    let mut sorted = written;
    sorted.sort();
    assert_eq!(lines(&again.out), sorted);

    // What is in one of the two only is named.
    world.write("less.csv", format!("id\n{}\nnobody\n", ids[2..].join("\n")));
    let refused = world.run(&format!(
        "predict elsewhere/model {} -o less-submission.csv --sample less.csv",
        from.display()
    ));
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    assert!(refused.err.starts_with(
        "error: less.csv: 1 image it lists cannot be found:\n  nobody\n2 images it does not list:\n"
    ));
    assert!(ids[..2].iter().all(|id| refused.err.contains(&format!("{id}.tif\n"))));
    assert!(!world.path("less-submission.csv").exists());
}

#[test]
fn the_same_bits_as_an_evaluation_of_the_same_images() {
    let world = trained();
    for model in ["cnn", "search"] {
        let done = world.run(&format!("predict out/tiny/{model} out/tiny/prep -o -"));
        assert_eq!(done.code, Some(0), "{}", done.err);
        let predicted: BTreeMap<String, String> = lines(&done.out).into_iter().collect();
        assert_eq!(predicted.len(), 120);
        let mut compared = 0;
        let scores = world.read("out/tiny/scores/predictions.csv");
        for line in scores.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            if fields[0] == model {
                assert_eq!(predicted[fields[1]], fields[3], "{line}");
                compared += 1;
            }
        }
        assert_eq!(compared, 30);
    }
}

/// An ensemble of both models, and evaluations with and without turns.
const TOGETHER: &str = r#"
[stage.both]
kind = "ensemble"
models = ["cnn", "search"]

[stage.turned]
kind = "evaluate"
data = "prep"
models = ["cnn", "both"]
tta = "dihedral"

[stage.together]
kind = "evaluate"
data = "prep"
models = ["cnn", "search", "both"]
"#;

#[test]
fn an_ensemble_is_a_model_like_any_other() {
    let world = World::with(&format!("{TINY}{TOGETHER}"));
    assert_eq!(world.run("run pipeline.toml together turned").code, Some(0));
    let mut of: BTreeMap<(String, String), f32> = BTreeMap::new();
    for line in world.read("out/tiny/together/predictions.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        of.insert((fields[0].into(), fields[1].into()), fields[3].parse().unwrap());
    }
    copy(&world.path("out/tiny/both"), &world.path("elsewhere"));
    let done = world.run("predict elsewhere out/tiny/prep -o -");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let predicted: BTreeMap<String, String> = lines(&done.out).into_iter().collect();
    let mut compared = 0;
    for ((model, id), probability) in &of {
        if model == "both" {
            let one = |model: &str| f64::from(of[&(model.into(), id.clone())]);
            assert_eq!(*probability, ((one("cnn") + one("search")) / 2.0) as f32);
            assert_eq!(predicted[id].parse::<f32>().unwrap(), *probability);
            compared += 1;
        }
    }
    assert_eq!(compared, 30);

    // Turns change the figures, and `--tta` says the same as `tta = "dihedral"`.
    let turned = world.run("predict out/tiny/both out/tiny/prep -o - --tta");
    let turned: BTreeMap<String, String> = lines(&turned.out).into_iter().collect();
    let evaluated = world.read("out/tiny/turned/predictions.csv");
    let both = evaluated.lines().filter(|line| line.starts_with("both,"));
    for line in both.clone() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(turned[fields[1]], fields[3]);
        assert_ne!(turned[fields[1]], predicted[fields[1]]);
    }
    assert_eq!(both.count(), 30);

    let refused = world.run("export out/tiny/both --onnx both.onnx");
    assert_eq!(refused.code, Some(2));
    expect![[r#"
        error: out/tiny/both is an ensemble, not one network
          = help: give one of the folders below its `members/`, each of which is a network
    "#]]
    .assert_eq(&refused.err);
    assert_eq!(world.run("export out/tiny/both/members/cnn --onnx cnn.onnx").code, Some(0));
}

#[test]
fn bad_images_are_named_all_of_them_or_left_out() {
    let world = trained();
    let mut files: Vec<PathBuf> =
        fs::read_dir(patches()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in &files[..3] {
        let name = format!("images/{}", file.file_name().unwrap().to_str().unwrap());
        world.write(&name, fs::read(file).unwrap());
    }
    world.write("images/0 empty.png", "");
    world.write("images/deep/text.jpg", "no image");
    world.write("images/notes.txt", "not looked at");
    let done = world.run("predict out/tiny/cnn images -o submission.csv --batch 2");
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    expect![[r#"
        error: 2 images of 5 cannot be used:
          images/0 empty.png: the file is empty
          images/deep/text.jpg: the file is no TIFF, PNG, JPEG, BMP or WebP image
          = help: repair or remove them, or leave them out with `--skip-bad`
    "#]]
    .assert_eq(&done.err);
    assert!(!world.path("submission.csv").exists());

    let done = world.run("predict out/tiny/cnn images -o submission.csv --skip-bad");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("left out: images/0 empty.png: the file is empty\n"));
    assert_eq!(lines(&world.read("submission.csv")).len(), 3);

    let only_bad = world.run("predict out/tiny/cnn images/deep/text.jpg -o x.csv --skip-bad");
    assert_eq!(only_bad.code, Some(1));
    assert!(!world.path("x.csv").exists());
}

#[test]
fn ids_are_stems_or_paths_and_name_one_image() {
    let world = trained();
    let mut files: Vec<PathBuf> =
        fs::read_dir(patches()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    world.write("images/a/one.tif", fs::read(&files[0]).unwrap());
    world.write("images/b/one.tif", fs::read(&files[1]).unwrap());
    world.write("images/b/v1.2", fs::read(&files[1]).unwrap());
    let done = world.run("predict out/tiny/cnn images -o -");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    expect![[r#"
        error: `one` is the id of both images/a/one.tif and images/b/one.tif
          = help: `--ids path` tells them apart, or remove one of them
    "#]]
    .assert_eq(&done.err);
    let ids = |args: &str| {
        let done = world.run(&format!("predict out/tiny/cnn {args} -o -"));
        lines(&done.out).into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(ids("images --ids path"), ["a/one.tif", "b/one.tif"]);
    assert_eq!(ids("images/b/one.tif images/b/v1.2"), ["one", "v1.2"]);
    assert_eq!(ids("images/b/one.tif --ids path"), ["images/b/one.tif"]);

    let said = [
        "nowhere images",
        "out/tiny/cnn nowhere",
        "out/tiny/cnn out/tiny/prep images",
        "out/tiny/cnn pipeline.toml images --heatmap maps",
        "out/tiny/cnn images --batch 0",
        "out/tiny/cnn images/b --sample pipeline.toml",
    ];
    let said = said.map(|args| {
        let done = world.run(&format!("predict {args} --ids path -o x.csv"));
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{args}");
        done.err
    });
    expect![[r#"
        error: nowhere: No such file or directory (os error 2)
          = help: give the folder of a `train` or `tune` stage: `out/<pipeline>/<stage>`, which holds model.safetensors and model.json
        error: cannot read nowhere: No such file or directory (os error 2)
        error: out/tiny/prep is a packed data set, and other images are named beside it
          = help: predict a data set by itself
        error: no image's name tells its place in a slide: `pipeline.toml`
          = help: `--heatmap` is for tiles called <slide>_x<X>_y<Y>, such as 9290_idx5_x651_y1501
        error: --batch takes a number of 1 or more
        error: pipeline.toml: there is no column `id`, only `[pipeline]`; its first line must name the columns
    "#]].assert_eq(&said.concat());
    assert!(!world.path("x.csv").exists());
}

/// A zip file with entries that are stored as they are, as `zip -0` writes one.
fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in files {
        zip.start_file(*name, options).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_file_gives_what_the_folder_gives() {
    let world = trained();
    let files = fs::read_dir(patches()).unwrap().map(|file| file.unwrap().path());
    let files: Vec<(String, Vec<u8>)> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (format!("test/{name}"), fs::read(&path).unwrap())
        })
        .collect();
    let entries: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    world.write("patches.zip", zipped(&entries));
    let folder = world.run(&format!("predict out/tiny/cnn {} -o -", patches().display()));
    let zip = world.run("predict out/tiny/cnn patches.zip -o -");
    assert_eq!(zip.code, Some(0), "{}", zip.err);
    assert_eq!(lines(&zip.out).len(), 27);
    assert_eq!(zip.out, folder.out);
}

#[test]
fn images_are_resized_as_preprocess_resizes_them() {
    let world = World::with(
        r#"
[pipeline]
name = "kaggle"

[stage.patches]
kind = "ingest"
source = { kaggle = { dir = "kaggle", test = "keep" } }

[stage.prep]
kind = "preprocess"
data = "patches"
size = 24
split = { train = 0.6, valid = 0.2, test = 0.2 }

[stage.cnn]
kind = "train"
data = "prep"
model = { layers = [ { conv = 4 }, "relu", "global_avg_pool", { dense = 1 } ] }
epochs = 1
"#,
    );
    assert_eq!(world.run("synth --kaggle kaggle -n 30 --test 6").code, Some(0));
    let ran = world.run("run pipeline.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let packed = world.run("predict out/kaggle/cnn out/kaggle/prep -o -");
    let packed: BTreeMap<String, String> = lines(&packed.out).into_iter().collect();
    let loose =
        world.run("predict out/kaggle/cnn kaggle/test -o - --sample kaggle/sample_submission.csv");
    assert_eq!(loose.code, Some(0), "{}", loose.err);
    let loose = lines(&loose.out);
    assert_eq!(loose.len(), 6);
    assert!(loose.iter().all(|(id, probability)| packed[id] == *probability));
}

#[test]
fn tiles_with_coordinates_become_a_heat_map() {
    let world = trained();
    let idc = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/idc"));
    let mut tiles = Vec::new();
    for class in ["0", "1"] {
        let folder = idc.join("10273").join(class);
        tiles.extend(fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
    }
    for tile in &tiles {
        let name = tile.file_name().unwrap().to_str().unwrap();
        world.write(&format!("tiles/{name}"), fs::read(tile).unwrap());
    }
    world.write("tiles/odd.png", fs::read(&tiles[0]).unwrap());
    let done = world.run("predict out/tiny/cnn tiles -o p.csv --heatmap maps");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("1 images are on no heat map: their names tell no place\n"));
    assert!(done.err.contains("1 heat map in maps\n"), "{}", done.err);
    let map = image::open(world.path("maps/10273_idx5.png")).unwrap().to_rgb8();
    assert!(map.width() > 600 && map.height() > 400);
    assert_eq!(lines(&world.read("p.csv")).len(), tiles.len() + 1);

    let plain = world.run("predict out/tiny/cnn tiles/odd.png -o p.csv --heatmap maps");
    assert_eq!(plain.code, Some(2));
    expect![[r#"
        error: no image's name tells its place in a slide: `odd`
          = help: `--heatmap` is for tiles called <slide>_x<X>_y<Y>, such as 9290_idx5_x651_y1501
    "#]]
    .assert_eq(&plain.err);
}
