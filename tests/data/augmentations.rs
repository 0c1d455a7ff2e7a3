//! What each augmentation does to an image, worked by hand, and what none of them may do.

use expect_test::{Expect, expect};
use microtome::data::{Augment, Batches, Dataset, contact_sheet};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use tempfile::TempDir;

use crate::common::{grey, ingest, pack, parse, row, shared};

#[derive(Debug, Deserialize)]
struct Settings {
    augment: Vec<Augment>,
}

fn augment(toml: &str) -> Vec<Augment> {
    parse::<Settings>(&format!("augment = [{toml}]")).augment
}

/// An image in a number of epochs.
fn views(height: usize, width: usize, image: &[u8], toml: &str, epochs: u64) -> Vec<Vec<u8>> {
    let (_out, data) = pack(height, width, &[(row("a", Some(1), "g", None), image.to_vec())]);
    let batches = Batches::shuffled(&data, vec![0], 1, &augment(toml), 7);
    (0..epochs)
        .flat_map(|epoch| batches.epoch(epoch).map(|batch| batch.pixels).collect::<Vec<_>>())
        .collect()
}

fn ramp(height: usize, width: usize) -> Vec<u8> {
    (0..height * width)
        .flat_map(|at| [(at % width * 8) as u8, (at / width * 8) as u8, 90])
        .collect()
}

fn mean(image: &[u8]) -> f64 {
    image.iter().map(|&byte| f64::from(byte)).sum::<f64>() / image.len() as f64
}

fn kaggle() -> (TempDir, Dataset) {
    ingest(&format!("source.kaggle.dir = {:?}", shared("kaggle-pcam")))
}

/// Each augmentation as far as it goes by default, and colours, which by default stay.
const ALL: &str = "'flip', 'rotate90', {affine={}}, {crop={}}, \
    {color_jitter={brightness=0.1,contrast=0.1,saturation=0.1,hue=0.02}}, {stain_jitter={}}, \
    {blur={}}, {noise={}}, {cutout={}}";

#[test]
fn augmentations_that_may_go_nowhere_leave_images_as_they_are() {
    let image = ramp(24, 24);
    for nothing in [
        "{affine={rotate=0,shift=0,scale=0}}",
        "{crop={least=1}}",
        "{color_jitter={}}",
        "{blur={sigma=0}}",
        "{noise={sd=0}}",
        "{cutout={size=0}}",
    ] {
        assert!(views(24, 24, &image, nothing, 3).iter().all(|view| *view == image), "{nothing}");
    }
    // Densities are rounded on the way there and back.
    let (_out, data) = kaggle();
    let patch = data.image(0);
    for view in views(96, 96, patch, "{stain_jitter={scale=0,shift=0}}", 2) {
        assert!(view.iter().zip(patch).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}

#[test]
fn a_shift_moves_and_mirrors_at_the_edge() {
    // A shift of at most half of a side of 2 is one pixel; between pixels it is linear.
    let seen = views(1, 2, &grey(&[0, 100]), "{affine={rotate=0,scale=0,shift=0.5}}", 200);
    for view in seen {
        let [a, b] = [f64::from(view[0]), f64::from(view[3])];
        assert!((0.0..=100.0).contains(&a) && (0.0..=100.0).contains(&b));
        // To the left by s the first is 100·s and the second stays, to the right the other way.
        assert!((b - 100.0).abs() <= 1.0 || a <= 1.0, "{a} {b}");
    }
}

#[test]
fn a_turn_of_a_linear_image_is_a_linear_image() {
    let side = 32;
    let image = ramp(side, side);
    for view in views(side, side, &image, "{affine={rotate=30,shift=0,scale=0.2}}", 20) {
        let red = |y: usize, x: usize| f64::from(view[(y * side + x) * 3]);
        // Away from the edges second differences vanish, up to rounding to bytes.
        for (y, x) in (12..20).flat_map(|y| (12..20).map(move |x| (y, x))) {
            assert!((red(y, x - 1) + red(y, x + 1) - 2.0 * red(y, x)).abs() <= 2.0);
            assert!((red(y - 1, x) + red(y + 1, x) - 2.0 * red(y, x)).abs() <= 2.0);
        }
        // The gradient has its length divided by the scale of 0.8 to 1.2.
        let (right, down) = ((red(16, 20) - red(16, 12)) / 8.0, (red(20, 16) - red(12, 16)) / 8.0);
        let length = right.hypot(down);
        assert!((8.0 / 1.2 - 0.2..=8.0 / 0.8 + 0.2).contains(&length), "{length}");
        // The middle stays in the middle: between pixels 15 and 16.
        let middle = (red(15, 15) + red(15, 16) + red(16, 15) + red(16, 16)) / 4.0;
        assert!((middle - 15.5 * 8.0).abs() <= 1.0, "{middle}");
    }
}

#[test]
fn a_crop_shows_a_part_at_the_whole_size() {
    let side = 32;
    for view in views(side, side, &ramp(side, side), "{crop={least=0.5}}", 30) {
        let red = |x: usize| f64::from(view[(16 * side + x) * 3]);
        let step = (red(24) - red(8)) / 16.0;
        assert!((3.9..=8.1).contains(&step), "{step}");
        let green = |y: usize| f64::from(view[(y * side + 16) * 3 + 1]);
        assert!(((green(24) - green(8)) / 16.0 - step).abs() < 0.2, "as wide as high");
    }
}

#[test]
fn brightness_multiplies_contrast_stretches_saturation_goes_from_grey() {
    let image = [[100, 100, 100], [150, 150, 150], [200, 100, 50]].concat();
    let mut seen = Vec::new();
    for view in views(1, 3, &image, "{color_jitter={brightness=0.2}}", 50) {
        let factor = f64::from(view[0]) / 100.0;
        assert!((0.79..=1.21).contains(&factor));
        assert!(
            image
                .iter()
                .zip(&view)
                .all(|(a, b)| (f64::from(*a) * factor - f64::from(*b)).abs() <= 1.6)
        );
        seen.push(view[0]);
    }
    assert!(seen.iter().min() < Some(&85) && seen.iter().max() > Some(&115), "{seen:?}");
    // Luma of the colours: 100, 150, and 0.299·200 + 0.587·100 + 0.114·50 = 124.2; mean 124.7.
    for view in views(1, 3, &image, "{color_jitter={contrast=0.5}}", 50) {
        let factor = (f64::from(view[0]) - 124.7) / (100.0 - 124.7);
        assert!((0.45..=1.55).contains(&factor), "{factor}");
        let expected = 124.7 + factor * (150.0 - 124.7);
        assert!((f64::from(view[3]) - expected).abs() <= 1.6);
    }
    for view in views(1, 3, &image, "{color_jitter={saturation=0.5}}", 50) {
        assert_eq!(view[..6], image[..6], "grey stays grey");
        let luma =
            0.299 * f64::from(view[6]) + 0.587 * f64::from(view[7]) + 0.114 * f64::from(view[8]);
        assert!((luma - 124.2).abs() <= 1.0, "{luma}");
    }
}

#[test]
fn hue_turns_colours_and_leaves_grey() {
    let image = [[120, 120, 120], [180, 90, 140]].concat();
    let mut seen = std::collections::BTreeSet::new();
    for view in views(1, 2, &image, "{color_jitter={hue=0.1}}", 30) {
        assert!(view[..3].iter().all(|byte| byte.abs_diff(120) <= 1), "{view:?}");
        let luma =
            0.299 * f64::from(view[3]) + 0.587 * f64::from(view[4]) + 0.114 * f64::from(view[5]);
        assert!((luma - 122.6).abs() <= 1.5, "{luma}");
        seen.insert(view[3..].to_vec());
    }
    assert!(seen.len() > 20);
}

#[test]
fn stain_jitter_leaves_white_white_and_changes_dye_in_proportion() {
    use microtome::data::stain::Stains;
    let stains = Stains::default();
    let image =
        [[255, 255, 255], stains.to_pixel([0.4, 0.0, 0.0]), stains.to_pixel([0.8, 0.0, 0.0])]
            .concat();
    for view in views(1, 3, &image, "{stain_jitter={scale=0.3,shift=0}}", 40) {
        assert_eq!(view[..3], [255; 3]);
        let amount = |at: usize| stains.of_pixel([view[at], view[at + 1], view[at + 2]]);
        let (one, two) = (amount(3), amount(6));
        assert!((0.27..=0.53).contains(&one[0]), "{one:?}");
        assert!((two[0] - 2.0 * one[0]).abs() < 0.02 && one[1].abs() < 0.02 && one[2].abs() < 0.02);
    }
}

#[test]
fn blur_keeps_the_mean_and_softens() {
    let mut image = vec![0; 33 * 33 * 3];
    image[(16 * 33 + 16) * 3..][..3].fill(255);
    let mut peaks = Vec::new();
    for view in views(33, 33, &image, "{blur={sigma=2}}", 20) {
        let red = |y: usize, x: usize| view[(y * 33 + x) * 3];
        // Bytes are rounded after either direction.
        assert!((0..33).all(|i| red(16, i).abs_diff(red(i, 16)) <= 1), "as wide as high");
        assert!((0..33).all(|i| red(16, i) == red(16, 32 - i)), "as far left as right");
        peaks.push(red(16, 16));
    }
    // The peak of a Gaussian of two dimensions is 255 / 2πσ²: 10 at σ = 2.
    assert!(
        peaks.iter().all(|&peak| peak >= 9) && peaks.iter().any(|&peak| peak < 40),
        "{peaks:?}"
    );
    assert!(views(9, 9, &[77; 243], "{blur={sigma=5}}", 5).iter().all(|view| *view == [77; 243]));
}

#[test]
fn noise_has_the_spread_that_was_asked_for_and_no_drift() {
    let image = vec![128; 64 * 64 * 3];
    let sds: Vec<f64> = views(64, 64, &image, "{noise={sd=0.1}}", 60)
        .iter()
        .map(|view| {
            assert!((mean(view) - 128.0).abs() < 0.8, "{}", mean(view));
            (view.iter().map(|&x| (f64::from(x) - 128.0).powi(2)).sum::<f64>() / view.len() as f64)
                .sqrt()
        })
        .collect();
    // Even draws up to 25.5 levels: their mean is 12.75, with a standard error of 0.95.
    let mean = sds.iter().sum::<f64>() / 60.0;
    assert!((9.9..15.6).contains(&mean) && sds.iter().all(|&sd| sd < 26.0), "{mean} {sds:?}");
}

#[test]
fn cutout_hides_one_square_under_the_mean() {
    let image = ramp(20, 20);
    let mean = |c: usize| {
        let sum: usize = image.iter().skip(c).step_by(3).map(|&byte| usize::from(byte)).sum();
        ((sum + 200) / 400) as u8
    };
    let hidden = [mean(0), mean(1), mean(2)];
    let mut most = 0;
    for view in views(20, 20, &image, "{cutout={size=0.25}}", 40) {
        let pixels = view.as_chunks::<3>().0.iter().zip(image.as_chunks::<3>().0);
        let changed: Vec<_> = pixels.filter(|(a, b)| a != b).collect();
        assert!(changed.iter().all(|(a, _)| **a == hidden));
        most = most.max(changed.len());
        // A quarter of 20 is 5; over the edge there is less.
        assert!((4..=25).contains(&changed.len()), "{}", changed.len());
    }
    assert!(most >= 24, "{most}");
}

#[test]
fn views_depend_on_seed_epoch_and_image_and_on_nothing_else() {
    let (_out, data) = kaggle();
    let list = augment(ALL);
    let rows: Vec<usize> = (0..data.len()).collect();
    let with = |threads: usize, size: usize, seed: u64, epoch: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut all = pool.install(|| -> Vec<(usize, Vec<u8>)> {
            let batches = Batches::shuffled(&data, rows.clone(), size, &list, seed);
            let each = batches.epoch(epoch).flat_map(|batch| {
                let pixels = batch.pixels.chunks(96 * 96 * 3).map(<[u8]>::to_vec);
                batch.rows.iter().copied().zip(pixels.collect::<Vec<_>>()).collect::<Vec<_>>()
            });
            each.collect()
        });
        all.sort();
        all
    };
    let one = with(1, 1, 7, 3);
    assert!(one == with(2, 4, 7, 3) && one == with(2, 15, 7, 3));
    assert!(one != with(2, 4, 8, 3) && one != with(2, 4, 7, 4));
}

#[test]
fn the_bytes_are_these_on_every_machine() {
    let (_out, data) = kaggle();
    let digest = |toml: &str| -> String {
        let batches = Batches::shuffled(&data, vec![0, 1, 2], 3, &augment(toml), 1);
        let digest = Sha1::digest(&batches.epoch(2).next().unwrap().pixels);
        digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    };
    let names = ["affine", "crop", "stain_jitter", "blur", "noise", "cutout"];
    let colour = digest("{color_jitter={brightness=0.1,contrast=0.1,saturation=0.1,hue=0.02}}");
    let lines = names.map(|name| format!("{name} {}", digest(&format!("{{{name}={{}}}}"))));
    let lines = lines.join("\n") + &format!("\ncolor_jitter {colour}\nall {}", digest(ALL));
    expect![[r#"
        affine 7f9de81a1324
        crop 96a27833570f
        stain_jitter 68a04bfc326b
        blur 9bd9324cfe05
        noise 1953ec2efcfe
        cutout 10980ca6e934
        color_jitter 8dd54a7b62a6
        all 9f63a32513a0"#]]
    .assert_eq(&lines);
}

#[test]
fn what_goes_too_far_or_is_misspelt_is_refused() {
    let refused = |toml: &str, message: Expect| {
        let error = toml::from_str::<Settings>(&format!("augment = [{toml}]")).unwrap_err();
        message.assert_eq(error.message());
    };
    refused(
        "{affine={rotate=200}}",
        expect!["invalid value: floating point `200.0`, expected degrees from 0 to 180"],
    );
    refused(
        "{crop={least=0}}",
        expect!["invalid value: floating point `0.0`, expected a number from 0.1 to 1"],
    );
    refused(
        "{color_jitter={brightness=2}}",
        expect!["invalid value: floating point `2.0`, expected a number from 0 to 1"],
    );
    refused(
        "{color_jitter={hue=-0.1}}",
        expect!["invalid value: floating point `-0.1`, expected a number from 0 to 0.5"],
    );
    refused(
        "{blur={sigma=50}}",
        expect!["invalid value: floating point `50.0`, expected pixels from 0 to 5"],
    );
    refused(
        "{noise={sd=nan}}",
        expect!["invalid value: floating point `NaN`, expected a number from 0 to 0.5"],
    );
    refused("{cutout={sze=0.2}}", expect!["unknown field `sze`, expected `size`"]);
    refused(
        "'rotate'",
        expect![
            "unknown variant `rotate`, expected one of `flip`, `rotate90`, `affine`, `crop`, `color_jitter`, `stain_jitter`, `blur`, `noise`, `cutout`"
        ],
    );
}

#[test]
fn parameters_are_keyed_with_their_defaults() {
    let keyed = serde_json::to_string(&augment(ALL)).unwrap();
    expect![[r#"["flip","rotate90",{"affine":{"rotate":10.0,"shift":0.05,"scale":0.1}},{"crop":{"least":0.8}},{"color_jitter":{"brightness":0.1,"contrast":0.1,"saturation":0.1,"hue":0.02}},{"stain_jitter":{"scale":0.1,"shift":0.02}},{"blur":{"sigma":1.0}},{"noise":{"sd":0.02}},{"cutout":{"size":0.25}}]"#]].assert_eq(&keyed);
}

#[test]
fn a_contact_sheet_shows_images_and_their_views() {
    let (_in, data) = kaggle();
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("sheet.png");
    contact_sheet(&data, &[0, 3, 5], &augment("'flip', {cutout={}}"), 7, &path).unwrap();
    let sheet = image::open(&path).unwrap().to_rgba8();
    // Eight patches of 96 with gaps of 4, and 8 more after the first.
    assert_eq!(sheet.dimensions(), (8 * 100 + 8, 300));
    let batches = Batches::shuffled(&data, vec![3], 1, &augment("'flip', {cutout={}}"), 7);
    let first: Vec<Vec<u8>> = (0..7).map(|e| batches.epoch(e).next().unwrap().pixels).collect();
    let shown = |column: u32, y: u32, x: u32| {
        let left = column * 100 + if column > 0 { 12 } else { 0 };
        if left + x < 808 { sheet.get_pixel(left + x, 100 + y).0[..3].to_vec() } else { vec![] }
    };
    for (y, x) in [(0, 0), (40, 17), (95, 80)] {
        let at = ((y * 96 + x) * 3) as usize;
        assert_eq!(shown(0, y, x), data.image(3)[at..at + 3]);
        for epoch in 0..7u32 {
            assert_eq!(shown(epoch + 1, y, x), first[epoch as usize][at..at + 3]);
        }
    }
}
