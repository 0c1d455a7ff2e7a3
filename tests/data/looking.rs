//! What the looks at a data set measure, by hand on a few small images.

use expect_test::expect;
use microtome::data::random::Random;
use microtome::data::{Dataset, Exploration, Explore, Row, Split};

use crate::common::{files, grey, never_stop, pack, parse, row, text};

fn explore(data: &Dataset) -> (tempfile::TempDir, Exploration) {
    let out = tempfile::tempdir().unwrap();
    let found = parse::<Explore>("").run(data, out.path(), &never_stop).unwrap();
    (out, found)
}

/// An image of 4×4 pixels of one colour.
fn plain(colour: [u8; 3]) -> Vec<u8> {
    colour.repeat(16)
}

/// `(id, label, group, split)` and an image of 4×4 pixels.
type Known = (&'static str, Option<u8>, &'static str, Option<Split>);

fn packed(images: &[(Known, Vec<u8>)]) -> (tempfile::TempDir, Dataset) {
    let rows: Vec<(Row, Vec<u8>)> = images
        .iter()
        .map(|((id, label, group, split), pixels)| (row(id, *label, group, *split), pixels.clone()))
        .collect();
    pack(4, 4, &rows)
}

#[test]
fn shares_come_with_intervals_that_know_of_groups() {
    let (train, test) = (Some(Split::Train), Some(Split::Test));
    let grey = plain([100; 3]);
    let (_in, data) = packed(&[
        (("a", Some(1), "p", train), grey.clone()),
        (("b", Some(0), "q", train), grey.clone()),
        (("c", Some(1), "r", test), grey.clone()),
        (("d", Some(1), "r", test), grey.clone()),
        (("e", None, "r", test), grey),
    ]);
    let (out, found) = explore(&data);
    // Train: groups of one image each, so Wilson of 1 of 2. Test: one group, Wilson of 2 of 2.
    expect![[r#"
        by,name,0,1,none,groups,share,low,high,effective_images
        all,all,1,3,1,3,0.75,0.21627202440802834,0.9702507199325598,2.2857142857142856
        split,train,1,1,0,2,0.5,0.09453120573423074,0.9054687942657693,2.0
        split,test,0,2,1,1,1.0,0.34238022750665303,1.0,2.0
    "#]]
    .assert_eq(&text(out.path(), "balance.csv"));
    assert_eq!(found.balance.len(), 3);
}

#[test]
fn colour_alone_is_fitted_on_train_and_scored_on_the_rest() {
    let shade = |i: u8, label: u8| plain([120 + 60 * label + i, 100, 150]);
    let ids: Vec<String> = (0..12).map(|i| format!("i{i}")).collect();
    let rows: Vec<(Row, Vec<u8>)> = (0..12u8)
        .map(|i| {
            let split = if i < 8 { Split::Train } else { Split::Test };
            let known = row(&ids[usize::from(i)], Some(i % 2), &ids[usize::from(i)], Some(split));
            (known, shade(i, i % 2))
        })
        .collect();
    let (_in, data) = pack(4, 4, &rows);
    let (_out, found) = explore(&data);
    let colour = found.colour.unwrap();
    let told: Vec<_> =
        colour.scores.iter().map(|s| (s.on.as_str(), s.negative, s.positive, s.groups)).collect();
    assert_eq!((told, colour.fitted), (vec![("train", 4, 4, 8), ("test", 2, 2, 4)], 8));
    assert!(colour.scores.iter().all(|score| score.auc.value == 1.0));
    assert!(colour.weights[0] > 1.0, "red tells: {:?}", colour.weights);

    // Without a split each fifth of the groups is scored by a regression on the others. Two groups
    // that answer to red the other way round are ranked wrong by all the others.
    let rows: Vec<(Row, Vec<u8>)> =
        rows.into_iter().map(|(row, pixels)| (Row { split: None, ..row }, pixels)).collect();
    let (_in, data) = pack(4, 4, &rows);
    let (_out, found) = explore(&data);
    let scores = found.colour.unwrap().scores;
    assert_eq!((scores.len(), scores[0].on.as_str()), (1, "folds"));
    assert_eq!((scores[0].negative, scores[0].positive, scores[0].auc.value), (6, 6, 1.0));
}

#[test]
fn one_class_has_no_baseline_and_no_differences() {
    let (_in, data) = packed(&[
        (("a", Some(1), "p", None), plain([90; 3])),
        (("b", Some(1), "q", None), plain([120; 3])),
    ]);
    let (_out, found) = explore(&data);
    assert_eq!(found.colour, None);
    assert!(found.measures.iter().all(|measure| measure.difference.is_none()));
}

#[test]
fn ink_and_blank_images_are_told_and_shown() {
    let half = |a: [u8; 3], b: [u8; 3]| [a.repeat(8), b.repeat(8)].concat();
    let (_in, data) = packed(&[
        (("blue", Some(0), "p", None), half([230, 180, 210], [40, 90, 200])),
        (("green", Some(0), "q", None), plain([40, 160, 120])),
        (("purple", Some(1), "r", None), plain([110, 60, 140])),
        (("glass", Some(1), "s", None), plain([250; 3])),
    ]);
    let (out, found) = explore(&data);
    let told: Vec<_> = found
        .suspects
        .iter()
        .map(|(flaw, of)| (flaw.as_str(), of.ids.join(" "), of.classes))
        .collect();
    assert_eq!(
        told,
        [("ink", "green blue".into(), [2, 0, 0]), ("white", "glass".into(), [0, 1, 0])],
        "the most ink first"
    );
    let share = found.suspects["ink"].share.unwrap();
    assert_eq!((share.value, share.low), (0.0, 0.0));
    assert!(files(out.path()).contains_key("gallery_ink.png"));
    // A stricter share of ink leaves the half-marked one alone.
    let found = parse::<Explore>("ink = 0.6").run(&data, out.path(), &never_stop).unwrap();
    assert_eq!(found.suspects["ink"].ids, ["green"]);
}

#[test]
fn a_blurred_image_stands_out_and_a_faint_one_does_not() {
    let noisy = |i: u64| {
        let mut random = Random::new(1, "test", 0, i);
        grey(&(0..16).map(|_| 80 + random.below(50) as u8).collect::<Vec<_>>())
    };
    let ids: Vec<String> = (0..20).map(|i| format!("i{i:02}")).collect();
    let mut rows: Vec<(Row, Vec<u8>)> = (0..20u8)
        .map(|i| (row(&ids[usize::from(i)], Some(i % 2), "p", None), noisy(i.into())))
        .collect();
    // A slope has contrast without edges; faint noise has edges as sharp as its contrast is low.
    rows[13].1 = grey(&(0..16).map(|i| 80 + 15 * (i % 4)).collect::<Vec<_>>());
    rows[5].1 = noisy(5).iter().map(|byte| 100 + (byte - 80) / 8).collect();
    let (_in, data) = pack(4, 4, &rows);
    let (_out, found) = explore(&data);
    assert_eq!(found.suspects["blurred"].ids, ["i13"]);
}

#[test]
fn a_group_that_took_more_dye_is_named() {
    let ids: Vec<String> = (0..40).map(|i| format!("i{i}")).collect();
    let groups: Vec<String> = (0..8).map(|g| format!("p{g}")).collect();
    let rows: Vec<(Row, Vec<u8>)> = (0..40u8)
        .map(|i| {
            let group = usize::from(i / 5);
            let dark = if group == 6 { 60 } else { i / 5 };
            let known = row(&ids[usize::from(i)], Some(i % 2), &groups[group], None);
            (known, plain([180 - dark, 120 - dark, 170 - dark]))
        })
        .collect();
    let (_in, data) = pack(4, 4, &rows);
    let (_out, found) = explore(&data);
    let staining = found.staining.unwrap();
    assert_eq!((staining.groups, staining.outliers), (8, 1));
    let far = &staining.outlying[0];
    assert_eq!((far.group.as_str(), far.images), ("p6", 5));
    assert!(far.haematoxylin_score > 3.5, "{far:?}");
    // Each group is of one colour: all the variance of dyes lies between groups.
    let share = found.measures.iter().find(|m| m.measure == "haematoxylin").unwrap();
    assert!((share.between_groups.unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn the_mean_image_shows_what_the_centre_holds() {
    // Of 4×4 pixels the central third is 2×2: from 1 to 3.
    let ring = |centre: u8, rim: u8| {
        let at = |i: usize| matches!((i / 4, i % 4), (1..=2, 1..=2));
        grey(&(0..16).map(|i| if at(i) { centre } else { rim }).collect::<Vec<_>>())
    };
    let (_in, data) = packed(&[
        (("a", Some(0), "p", None), ring(100, 100)),
        (("b", Some(0), "q", None), ring(140, 140)),
        (("c", Some(1), "r", None), ring(50, 100)),
        (("d", Some(1), "s", None), ring(70, 120)),
    ]);
    let (out, found) = explore(&data);
    let of = |class: &str| found.means.by_class[class].clone();
    assert_eq!(
        (of("0").images, of("0").centre, of("0").rim),
        (2, [120.0 / 255.0; 3], [120.0 / 255.0; 3])
    );
    assert_eq!((of("1").centre, of("1").rim), ([60.0 / 255.0; 3], [110.0 / 255.0; 3]));
    let centre = found.measures.iter().find(|m| m.measure == "centre").unwrap();
    let difference = centre.difference.unwrap();
    assert_eq!((difference.value, difference.error), (-50.0, 0.0));
    // The farthest pixel is (12·110 + 4·60) / 16 - 60 = 37.5 from its mean: 100 / 37.5 is 2 whole.
    assert_eq!(found.means.gain, 2);
    // Three panels of 4 pixels, enlarged 24 times, with gaps of 4.
    let mean = image::load_from_memory(&files(out.path())["mean_1.png"]).unwrap().to_rgba8();
    assert_eq!(mean.dimensions(), (3 * 96 + 2 * 4, 96));
    let panel =
        |panel: u32, x: u32, y: u32| mean.get_pixel(panel * 100 + x * 24 + 1, y * 24 + 1).0[0];
    assert_eq!((panel(0, 0, 0), panel(0, 1, 1)), (110, 60));
    assert_eq!((panel(1, 0, 0), panel(1, 3, 3)), (60, 60), "the centre alone");
    // 128 + 2 · (110 - 97.5) and 128 + 2 · (60 - 97.5).
    assert_eq!((panel(2, 0, 0), panel(2, 1, 1)), (153, 53));
}

#[test]
fn pixels_are_counted_by_shade() {
    let (_in, data) = packed(&[
        (("a", Some(0), "p", None), plain([0, 7, 255])),
        (("b", Some(0), "q", None), plain([3, 4, 255])),
    ]);
    let (_out, found) = explore(&data);
    let shades = &found.shades["0"];
    assert_eq!((shades.red[0], shades.green[1], shades.blue[63]), (32, 32, 32));
    assert_eq!(shades.red.iter().sum::<u64>(), 32);
}

#[test]
fn the_map_places_images_that_differ_apart() {
    let images: Vec<(Known, Vec<u8>)> = vec![
        (("a", Some(0), "p", None), plain([200, 150, 180])),
        (("b", Some(0), "p", None), plain([202, 152, 182])),
        (("c", Some(1), "q", None), plain([100, 50, 120])),
        (("d", Some(1), "q", None), plain([102, 52, 122])),
    ];
    let (_in, data) = packed(&images);
    let (out, found) = explore(&data);
    let map = found.map.unwrap();
    assert_eq!(map.points, 4);
    assert!(map.axes[0].explained > 0.95, "{:?}", map.axes[0]);
    assert!(map.axes[0].between_classes.unwrap() > 0.99);
    let text = text(out.path(), "map.csv");
    let x: Vec<f64> =
        text.lines().skip(1).map(|line| line.split(',').nth(4).unwrap().parse().unwrap()).collect();
    assert!((x[0] - x[1]).abs() < 0.2 && (x[0] - x[2]).abs() > 2.0, "{x:?}");
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (_in, data) = crate::common::ingest("source.synthetic = { count = 60, size = 40 }");
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (out, _) = pool.install(|| explore(&data));
        files(out.path())
    };
    let one = with(1);
    assert!(one.len() > 12, "{:?}", one.keys());
    assert!(one == with(3));
}
