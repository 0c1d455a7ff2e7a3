//! Stain normalisation against figures from NumPy (`reference/stain.py`), and in `preprocess`.

use expect_test::{Expect, expect};
use microtome::data::stain::{Colours, Dyes, LabColours, Macenko, Reinhard, StainTransfer};
use microtome::data::{Dataset, Ingest, Preprocess, Split};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use tempfile::TempDir;

use crate::common::{never_stop, pack, parse, row, shared, text};

#[derive(Deserialize)]
struct Reference {
    targets: Targets,
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Targets {
    lab: LabColours,
    dyes: Dyes,
}

#[derive(Deserialize)]
struct Image {
    id: String,
    lab: LabColours,
    dyes: Dyes,
    /// Every 509th pixel after normalisation.
    reinhard: Vec<[u8; 3]>,
    macenko: Vec<[u8; 3]>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/stain.json")).unwrap()
}

fn patch(id: &str) -> Vec<u8> {
    let path = shared("kaggle-pcam").join(format!("train/{id}.tif"));
    image::open(path).unwrap().to_rgb8().into_raw()
}

fn reinhard(LabColours { mean, sd }: LabColours) -> StainTransfer {
    StainTransfer::Reinhard(Reinhard { mean: Some(mean), sd: Some(sd) })
}

fn macenko(Dyes { haematoxylin, eosin, strength }: Dyes) -> StainTransfer {
    let (haematoxylin, eosin) = (Some(haematoxylin), Some(eosin));
    StainTransfer::Macenko(Macenko { haematoxylin, eosin, strength: Some(strength) })
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-8 * b.abs().max(1.0))
}

/// The image with the staining of a given target.
fn transferred(stain: &StainTransfer, image: &[u8]) -> Vec<u8> {
    let mut image = image.to_vec();
    stain.look(&image).unwrap().transfer(&stain.given().unwrap(), &mut image);
    image
}

/// How many of every 509th pixels' bytes are off, and by how much at most.
fn off(image: &[u8], expected: &[[u8; 3]]) -> (usize, u8) {
    let pixels = image.as_chunks::<3>().0.iter().step_by(509);
    let off = pixels.zip(expected).flat_map(|(a, b)| [0, 1, 2].map(|c| a[c].abs_diff(b[c])));
    off.fold((0, 0), |(n, most), off| (n + usize::from(off > 0), most.max(off)))
}

#[test]
fn six_real_patches_have_the_colours_and_the_pixels_that_numpy_finds() {
    let Reference { targets, images } = reference();
    let mut differing = 0;
    for Image { id, lab, dyes, reinhard: by_reinhard, macenko: by_macenko } in &images {
        let image = patch(id);
        let found = LabColours::of(&image);
        assert!(close(&found.mean, &lab.mean) && close(&found.sd, &lab.sd), "{found:?} {lab:?}");
        let found = Dyes::of(&image).unwrap();
        assert!(close(&found.haematoxylin, &dyes.haematoxylin), "{found:?} {dyes:?}");
        assert!(close(&found.eosin, &dyes.eosin) && close(&found.strength, &dyes.strength));
        for (stain, expected) in
            [(reinhard(targets.lab), by_reinhard), (macenko(targets.dyes), by_macenko)]
        {
            assert_eq!(expected.len(), 19);
            let (n, most) = off(&transferred(&stain, &image), expected);
            assert!(most <= 1, "{id} {stain:?}: off by {most}");
            differing += n;
        }
    }
    // A number halfway between two bytes may fall to either side.
    assert!(differing <= 2, "{differing} bytes of {} differ", images.len() * 2 * 19 * 3);
}

#[test]
fn the_pixels_are_these_on_every_machine() {
    let Reference { targets, images } = reference();
    let image = patch(&images[0].id);
    let digest = |stain: &StainTransfer| -> String {
        let digest = Sha1::digest(transferred(stain, &image));
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    };
    expect!["36902c9383357609"].assert_eq(&digest(&reinhard(targets.lab)));
    expect!["b94d47b374f1bee0"].assert_eq(&digest(&macenko(targets.dyes)));
}

#[test]
fn an_image_that_is_its_own_target_stays_as_it_is() {
    for Image { id, .. } in reference().images {
        let image = patch(&id);
        assert_eq!(transferred(&reinhard(LabColours::of(&image)), &image), image);
        // Two dyes do not explain all of a colour, and what is lighter than the lamp is cut off.
        let own = transferred(&macenko(Dyes::of(&image).unwrap()), &image);
        let far: usize = own.iter().zip(&image).map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
        assert!(far < 12 * image.len(), "{}", far as f64 / image.len() as f64);
    }
}

#[test]
fn glass_is_left_alone() {
    assert_eq!(Dyes::of(&[240; 96 * 96 * 3]), None);
    assert_eq!(Dyes::of(&[100; 96 * 96 * 3]), None, "one colour is not two dyes");
    let mut grey = vec![128; 300];
    let colours = LabColours::of(&grey);
    colours.transfer(&colours, &mut grey);
    assert_eq!(grey, vec![128; 300]);
}

fn kaggle() -> (TempDir, Dataset) {
    let out = tempfile::tempdir().unwrap();
    let toml = format!("source.kaggle.dir = {:?}", shared("kaggle-pcam"));
    let data = parse::<Ingest>(&toml).run(out.path(), &never_stop).unwrap();
    (out, data)
}

fn prepare(data: &Dataset, toml: &str) -> (TempDir, Dataset) {
    let out = tempfile::tempdir().unwrap();
    let toml = format!("split = {{ train = 0.6, valid = 0.2, test = 0.2 }}\n{toml}");
    let prepared = parse::<Preprocess>(&toml).run(data, out.path(), &never_stop).unwrap();
    (out, prepared)
}

#[test]
fn the_target_is_measured_on_the_train_split_alone() {
    let (_in, data) = kaggle();
    for stain in ["reinhard", "macenko"] {
        let (out, prepared) = prepare(&data, &format!("stain.{stain} = {{}}"));
        let written: Colours = serde_json::from_str(&text(out.path(), "stain.json")).unwrap();
        let toml = format!("stain.{stain} = {{}}");
        let transfer = parse::<Preprocess>(&toml).stain.unwrap();
        let train = prepared.indices(Split::Train);
        assert!(train.len() < data.len());
        let looks: Vec<Colours> =
            train.iter().filter_map(|&row| transfer.look(data.image(row))).collect();
        let target = transfer.average(looks.iter()).unwrap();
        assert_eq!(written, target);
        let mut expected = data.image(3).to_vec();
        transfer.look(&expected).unwrap().transfer(&target, &mut expected);
        assert!(prepared.image(3) == expected && prepared.image(3) != data.image(3));
    }
    let (out, plain) = prepare(&data, "");
    assert!(plain.image(3) == data.image(3) && !out.path().join("stain.json").exists());
}

#[test]
fn a_given_target_needs_no_train_split() {
    let (_in, data) = kaggle();
    let lab = reference().targets.lab;
    let toml = format!("stain.reinhard = {{ mean = {:?}, sd = {:?} }}", lab.mean, lab.sd);
    let (_out, prepared) = prepare(&data, &toml);
    assert!(prepared.image(0) == transferred(&reinhard(lab), data.image(0)));
}

#[test]
fn images_without_tissue_keep_their_pixels() {
    let images: Vec<_> = (0..9u8)
        .map(|i| (row(&format!("i{i}"), Some(i % 2), &format!("g{i}"), None), vec![250 - i; 108]))
        .collect();
    let (_in, data) = pack(6, 6, &images);
    let (out, prepared) = prepare(&data, "stain.macenko = {}");
    assert!((0..9).all(|row| prepared.image(row) == data.image(row)));
    assert!(!out.path().join("stain.json").exists(), "there is nothing to bring them to");
}

#[test]
fn targets_that_cannot_be_are_refused() {
    let refused = |toml: &str, message: Expect| {
        let problems = parse::<Preprocess>(&format!("stain = {toml}")).problems();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        message.assert_eq(&told.join("\n"));
    };
    refused(
        "{ reinhard = { mean = [60, 20, -10] } }",
        expect![
            "`stain.reinhard` has one of `mean` and `sd`; give both, or neither to measure them on the train split"
        ],
    );
    refused(
        "{ reinhard = { mean = [60, 20, -10], sd = [10, 0, 5] } }",
        expect![
            "`stain.reinhard` has mean [60.0, 20.0, -10.0] and sd [10.0, 0.0, 5.0]; give numbers of L*, a* and b*, and an sd greater than 0"
        ],
    );
    refused(
        "{ macenko = { haematoxylin = [0.6, 0.7, 0.3] } }",
        expect![
            "`stain.macenko` has some of `haematoxylin`, `eosin` and `strength`; give all three, or none to measure them on the train split"
        ],
    );
    refused(
        "{ macenko = { haematoxylin = [0.6, 0.7, 0.3], eosin = [1.2, 1.4, 0.6], strength = [2, 1] } }",
        expect![
            "the dyes of `stain.macenko` cannot be told apart; give two different colours and strengths greater than 0"
        ],
    );
}
