//! Images that are there twice, and what becomes of a split that they cross.

use std::collections::BTreeSet;
use std::path::Path;

use expect_test::expect;
use image::codecs::jpeg::JpegEncoder;
use microtome::data::duplicates::{Copies, Likeness};
use microtome::data::{Dataset, Ingest, Normalize, Preprocess, Row, Split, Symmetry, Writer};
use tempfile::TempDir;

use crate::common::{never_stop, pack, parse, row, shared, text};

/// The real patches of breast tissue, with their patients and their split.
fn idc() -> (TempDir, Dataset) {
    let toml = format!(
        "source = {{ folder = {{ dir = {:?}, label = {{ component = -2 }}, \
         group = {{ component = -3 }}, splits = 'splits.csv' }} }}",
        shared("idc")
    );
    let out = tempfile::tempdir().unwrap();
    let data = parse::<Ingest>(&toml).run(out.path(), &never_stop).unwrap();
    (out, data)
}

/// What becomes of a square image under a symmetry, told in another way than the library does.
fn seen(image: &[u8], side: u32, symmetry: Symmetry) -> Vec<u8> {
    let mut image = image::RgbImage::from_raw(side, side, image.to_vec()).unwrap();
    for _ in 0..symmetry.turns {
        image = image::imageops::rotate270(&image);
    }
    if symmetry.mirrored {
        image = image::imageops::flip_horizontal(&image);
    }
    image.into_raw()
}

fn jpeg(image: &[u8], side: u32, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let color = image::ExtendedColorType::Rgb8;
    JpegEncoder::new_with_quality(&mut bytes, quality).encode(image, side, side, color).unwrap();
    image::load_from_memory(&bytes).unwrap().to_rgb8().into_raw()
}

/// The IDC data and, at its end, ten copies of its patches in another split: two as they are, two
/// turned or mirrored, six also compressed anew. Returns the rows of each patch and its copy.
fn planted(folder: &Path) -> (Dataset, BTreeSet<(usize, usize)>) {
    let (_idc, data) = idc();
    let mut writer = Writer::create(folder, "folder", 50, 50).unwrap();
    for (at, row) in data.rows().iter().enumerate() {
        writer.push(row.clone(), data.image(at)).unwrap();
    }
    let qualities =
        [None, None, None, None, Some(75), Some(75), Some(80), Some(80), Some(85), Some(90)];
    let mut pairs = BTreeSet::new();
    for (copy, quality) in qualities.into_iter().enumerate() {
        let from = 17 + copy * 430;
        let symmetry = if copy < 2 { Symmetry::IDENTITY } else { Symmetry::ALL[copy % 8] };
        let mut pixels = seen(data.image(from), 50, symmetry);
        if let Some(quality) = quality {
            pixels = jpeg(&pixels, 50, quality);
        }
        let of = &data.rows()[from];
        let split = if of.split == Some(Split::Test) { Split::Train } else { Split::Test };
        // The third copy bears the wrong label.
        let label = of.label.map(|label| if copy == 2 { 1 - label } else { label });
        let copied =
            Row { label, ..row(&format!("copy{copy}"), None, &format!("c{copy}"), Some(split)) };
        pairs.insert((from, data.len() + copy));
        writer.push(copied, &pixels).unwrap();
    }
    (writer.finish(&Normalize::None).unwrap(), pairs)
}

#[test]
fn ten_copies_among_real_patches_are_found_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (data, planted) = planted(folder.path());
    let found = Copies::find(&data, &never_stop).unwrap();
    let pairs: BTreeSet<_> = found.pairs.iter().map(|pair| (pair.first, pair.second)).collect();
    let missed: Vec<_> = planted.difference(&pairs).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
    let false_alarms = pairs.difference(&planted).count();
    let all = data.len() * (data.len() - 1) / 2;
    println!("{} of 10 found, {false_alarms} false alarms among {all} pairs", pairs.len());
    // One in 10,000 pairs would be 961.
    assert_eq!(false_alarms, 0);
    assert_eq!(found.pairs.iter().filter(|pair| pair.likeness == Likeness::Exact).count(), 2);
    for pair in &found.pairs {
        let copy = pair.second - 4376;
        let symmetry = if copy < 2 { Symmetry::IDENTITY } else { Symmetry::ALL[copy % 8] };
        assert_eq!(pair.symmetry, symmetry, "copy {copy}");
    }
    assert_eq!(found.sets(data.rows())[0], [17 + 2 * 430, 4378], "the wrong label comes first");
}

#[test]
fn hundreds_of_copies_are_found_however_they_are_turned_and_compressed() {
    let (_idc, data) = idc();
    let out = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(out.path(), "folder", 50, 50).unwrap();
    for at in 0..data.len() {
        writer.push(data.rows()[at].clone(), data.image(at)).unwrap();
    }
    for copy in 0..400 {
        let pixels = seen(data.image(copy * 10), 50, Symmetry::ALL[copy % 8]);
        let pixels = jpeg(&pixels, 50, [75, 80, 85, 90][copy / 8 % 4]);
        writer.push(row(&format!("copy{copy}"), None, "c", None), &pixels).unwrap();
    }
    let data = writer.finish(&Normalize::None).unwrap();
    let found = Copies::find(&data, &never_stop).unwrap();
    let right = |copy: &usize| {
        found.pairs.iter().any(|pair| (pair.first, pair.second) == (copy * 10, 4376 + copy))
    };
    let least = found.pairs.iter().map(|pair| pair.correlation).fold(1.0, f64::min);
    println!("{} pairs, the least correlation is {least}", found.pairs.len());
    let missed: Vec<usize> = (0..400).filter(|copy| !right(copy)).collect();
    assert!(missed.iter().all(|copy| found.blank.contains(&(copy * 10))), "missed: {missed:?}");
    assert!(missed.len() <= 1, "one patch of this data is blank");
    assert_eq!(found.pairs.len() + missed.len(), 400, "no false alarm");
}

#[test]
fn copies_across_splits_are_refused_warned_of_or_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = planted(folder.path());
    let run = |leakage: &str, out: &Path| {
        let toml = format!("split = 'given'\nleakage = '{leakage}'");
        parse::<Preprocess>(&toml).run(&data, out, &never_stop)
    };
    let out = tempfile::tempdir().unwrap();
    expect![[r#"
        10 pairs of copies between splits:
          `12822/1/12822_idx5_x601_y551_class1.png` (test, label 1) and `copy2` (train, label 0) show the same, turned by 180°, and their labels disagree
          `10260/0/10260_idx5_x1751_y701_class0.png` (train, label 0) and `copy0` (test, label 0) have the same pixels
          `10301/0/10301_idx5_x301_y1401_class0.png` (train, label 0) and `copy1` (test, label 0) have the same pixels
          and 7 more
        networks would be scored on what they have learnt from: give them the same split, remove what is there twice, let `split` say fractions, which keep groups and copies together, or set `leakage = "warn"` to go on and list all of it in leaks.csv"#]].assert_eq(&run("deny", out.path()).unwrap_err().to_string());
    run("warn", out.path()).unwrap();
    let listed = text(out.path(), "leaks.csv");
    assert_eq!(listed.lines().count(), 11);
    expect![[r#"
        kind,first,first_split,first_label,second,second_split,second_label,turns,mirrored,group
        near,12822/1/12822_idx5_x601_y551_class1.png,test,1,copy2,train,0,2,false,12822
        exact,10260/0/10260_idx5_x1751_y701_class0.png,train,0,copy0,test,0,0,false,10260"#]]
    .assert_eq(&listed.lines().take(3).collect::<Vec<_>>().join("\n"));
    let out = tempfile::tempdir().unwrap();
    run("allow", out.path()).unwrap();
    assert!(!out.path().join("leaks.csv").exists());
}

#[test]
fn what_the_splits_came_to_and_what_leaks_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = planted(folder.path());
    let told = std::cell::RefCell::new(Vec::new());
    let out = tempfile::tempdir().unwrap();
    let warn = parse::<Preprocess>("split = 'given'\nleakage = 'warn'");
    warn.run_noting(&data, out.path(), &never_stop, &|text| told.borrow_mut().push(text)).unwrap();
    expect![[r#"
        train 2904 images of 159 groups (66.2 %, 50.0 % positive); valid 744 images of 33 groups (17.0 %, 50.0 % positive); test 738 images of 41 groups (16.8 %, 49.7 % positive)
        10 pairs of copies between splits, listed in leaks.csv; the worst: `12822/1/12822_idx5_x601_y551_class1.png` (test, label 1) and `copy2` (train, label 0) show the same, turned by 180°, and their labels disagree"#]].assert_eq(&told.take().join("\n"));
}

#[test]
fn a_drawn_split_keeps_copies_together() {
    let folder = tempfile::tempdir().unwrap();
    let (data, planted) = planted(folder.path());
    for toml in ["", "split = { folds = 5, fold = 3 }", "split = { method = 'hash' }"] {
        let out = tempfile::tempdir().unwrap();
        let prepared = parse::<Preprocess>(toml).run(&data, out.path(), &never_stop).unwrap();
        let split = |row: usize| prepared.rows()[row].split;
        assert!(planted.iter().all(|&(a, b)| split(a) == split(b)), "{toml}");
        assert_eq!(text(out.path(), "leaks.csv").lines().count(), 1);
        assert_eq!(prepared.rows()[4376].group, "c0", "groups keep their names");
    }
}

#[test]
fn the_real_patches_do_not_leak() {
    let (_idc, data) = idc();
    let found = Copies::find(&data, &never_stop).unwrap();
    assert_eq!((found.pairs.len(), found.blank.len()), (0, 1));
}

#[test]
fn blank_images_are_not_copies_of_each_other() {
    let noise = |i: usize| (0..27usize).map(|at| 240 + ((at * 7 + i * 13) % 3) as u8).collect();
    let mut images: Vec<_> =
        (0..6).map(|i| (row(&format!("n{i}"), None, "g", None), noise(i))).collect();
    images.extend((0..6).map(|i| (row(&format!("w{i}"), None, "g", None), vec![255; 27])));
    let (_out, data) = pack(3, 3, &images);
    let found = Copies::find(&data, &never_stop).unwrap();
    assert_eq!((found.pairs, found.blank), (vec![], (0..12).collect()));
}

#[test]
fn copies_do_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = planted(folder.path());
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Copies::find(&data, &never_stop).unwrap())
    };
    assert_eq!(with(1), with(2));
}
