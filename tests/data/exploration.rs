//! What the exploration of a data set finds and writes.

use expect_test::expect;
use microtome::data::{Exploration, Explore, Split};

use crate::common::{files, grey, ingest, never_stop, pack, parse, row, text};

fn explore(data: &microtome::data::Dataset, toml: &str) -> (tempfile::TempDir, Exploration) {
    let out = tempfile::tempdir().unwrap();
    let found = parse::<Explore>(toml).run(data, out.path(), &never_stop).unwrap();
    (out, found)
}

/// Six images of 3×3 pixels with every oddity.
fn odd() -> (tempfile::TempDir, microtome::data::Dataset) {
    let plain = |shade: u8| grey(&[shade; 9]);
    let of = |id: &str, label, group: &str, split| row(id, label, group, Some(split));
    pack(
        3,
        3,
        &[
            (of("a", Some(0), "p1", Split::Train), plain(100)),
            (of("b", Some(1), "p1", Split::Train), plain(200)),
            (of("c", Some(1), "p2", Split::Test), plain(100)),
            (of("d", Some(0), "p3", Split::Train), plain(0)),
            (of("e", None, "p3", Split::Test), plain(255)),
            (of("f", Some(1), "p3", Split::Train), plain(200)),
        ],
    )
}

#[test]
fn it_counts_what_is_there() {
    let (_in, data) = odd();
    let (_out, found) = explore(&data, "");
    assert_eq!(
        found.labels.iter().map(|(c, n)| (c.as_str(), *n)).collect::<Vec<_>>(),
        [("0", 2), ("1", 3), ("none", 1)]
    );
    assert_eq!((found.splits["train"].images, found.splits["test"].groups), (4, 2));
    let groups = &found.groups;
    assert_eq!((groups.count, groups.smallest, groups.median, groups.largest), (3, 1, 2, 3));
    assert_eq!(groups.with_both_classes, 2);
    assert_eq!(
        (found.blank.black.clone(), found.blank.white.clone()),
        (vec!["d".into()], vec!["e".into()])
    );
}

#[test]
fn it_finds_images_under_several_ids() {
    let (_in, data) = odd();
    let (out, found) = explore(&data, "");
    let told: Vec<_> = found
        .duplicates
        .iter()
        .map(|same| (same.ids.join(" "), same.labels_disagree, same.across_splits))
        .collect();
    assert_eq!(told, [("a c".into(), true, true), ("b f".into(), false, false)]);
    expect![[r#"
        set,id,labels_disagree
        0,a,true
        0,c,true
        1,b,false
        1,f,false
    "#]]
    .assert_eq(&text(out.path(), "duplicates.csv"));
    expect![[r#"
        id,blank
        d,black
        e,white
    "#]]
    .assert_eq(&text(out.path(), "blank.csv"));
    expect![[r#"
        group,0,1,none,share,low,high,tissue,haematoxylin,eosin,haematoxylin_score,eosin_score
        p1,1,1,0,0.5,0.09453120573423074,0.9054687942657693,2,0.4679613634943962,-0.06526068411767483,,
        p2,0,1,0,1.0,0.20654931437723745,1.0,1,0.7427592277526855,-0.10358328372240067,,
        p3,1,1,1,0.5,0.09453120573423074,0.9054687942657693,1,0.19316349923610687,-0.02693808451294899,,
    "#]]
    .assert_eq(&text(out.path(), "groups.csv"));
}

#[test]
fn it_measures_colour_and_brightness_by_class() {
    let (_in, data) = odd();
    let (_out, found) = explore(&data, "");
    // Class 0 is 100 and 0: mean 50, standard deviation 50.
    let class = &found.channels_by_class["0"];
    assert_eq!((class.mean, class.sd), ([50.0 / 255.0; 3], [50.0 / 255.0; 3]));
    // Six images: (100 + 200 + 100 + 0 + 255 + 200) / 6.
    assert!((found.channels.mean[0] - 142.5 / 255.0).abs() < 1e-6);
    let bins = |class: &str| -> Vec<(usize, usize)> {
        let images = found.brightness.images[class].iter().copied().enumerate();
        images.filter(|(_, n)| *n > 0).collect()
    };
    assert_eq!((found.brightness.bins, found.brightness.width), (64, 4));
    assert_eq!(bins("0"), [(0, 1), (25, 1)]);
    assert_eq!(bins("1"), [(25, 1), (50, 2)]);
    assert_eq!(bins("none"), [(63, 1)]);
}

#[test]
fn the_grids_show_the_samples_with_the_central_third_framed() {
    let (_in, data) = odd();
    let (out, found) = explore(&data, "per_class = 2");
    let names: Vec<String> = found.grids().collect();
    expect![[r#"
        samples_0.png samples_1.png samples_none.png
        mean_0.png mean_1.png mean_none.png
        gallery_black.png gallery_white.png"#]]
    .assert_eq(
        &names.join(" ").replace(" mean_0", "\nmean_0").replace(" gallery_b", "\ngallery_b"),
    );
    let there = files(out.path());
    assert!(names.iter().all(|name| there.contains_key(name)));
    let grid = image::load_from_memory(&files(out.path())["samples_1.png"]).unwrap().to_rgba8();
    // Patches of 3 pixels are enlarged 43 times to 129, with a gap of 4.
    assert_eq!(grid.dimensions(), (129 + 4 + 129, 129));
    let shade = |id: &str| if id == "c" { 100 } else { 200 };
    let first = shade(&found.samples["1"][0]);
    assert_eq!(grid.get_pixel(0, 0).0, [first, first, first, 255]);
    assert_eq!(grid.get_pixel(130, 0).0[3], 0, "the gap can be seen through");
    let yellow = [255, 225, 0, 255];
    for (at, on_line) in [
        (40, false),
        (41, true),
        (42, true),
        (43, false),
        (85, false),
        (86, true),
        (87, true),
        (88, false),
    ] {
        assert_eq!(grid.get_pixel(at, 64).0 == yellow, on_line, "column {at}");
        assert_eq!(grid.get_pixel(64, at).0 == yellow, on_line, "row {at}");
    }
}

#[test]
fn it_is_read_back_as_it_was_found_and_found_again_the_same() {
    let (_in, data) = ingest("source.synthetic = { count = 40, size = 24 }");
    let (out, found) = explore(&data, "seed = 2");
    assert_eq!(Exploration::open(&|name| out.path().join(name)).unwrap(), found);
    assert_eq!(found.samples["0"].len(), 12);
    let (again, _) = explore(&data, "seed = 2");
    assert!(files(out.path()) == files(again.path()));
    let (_out, other) = explore(&data, "seed = 3");
    assert_ne!(other.samples, found.samples);
}

#[test]
fn it_names_images_that_were_left_out() {
    let dir = tempfile::tempdir().unwrap();
    crate::common::write_png(dir.path(), "0/a.png", 1);
    crate::common::write(dir.path(), "1/b.png", "");
    let (_in, data) =
        ingest(&format!("on_bad_image = 'exclude'\nsource.folder.dir = {:?}", dir.path()));
    let (_out, found) = explore(&data, "");
    assert_eq!(found.unreadable.len(), 1);
    assert_eq!(found.unreadable[0].path, "1/b.png");
    assert_eq!(found.unreadable[0].problem, "the file is empty");
}
