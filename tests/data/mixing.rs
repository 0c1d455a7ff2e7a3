//! Parts of sources, and several of them in one data set.

use expect_test::expect;

use crate::common::{fails, folder, ingest, parse, shared, text, write_png};
use microtome::data::Ingest;

fn classes() -> tempfile::TempDir {
    let dir = folder();
    for i in 0..40 {
        write_png(dir.path(), &format!("p{}/{}/{i:02}.png", i % 7, u8::from(i % 4 == 0)), i);
    }
    dir
}

#[test]
fn the_first_images() {
    let dir = classes();
    let (_out, all) = ingest(&format!("source.folder.dir = {:?}", dir.path()));
    let (_out, some) = ingest(&format!("limit = 7\nsource.folder.dir = {:?}", dir.path()));
    assert_eq!(some.rows(), &all.rows()[..7]);
    assert_eq!(some.image(6), all.image(6));
    let (_out, more) = ingest(&format!("limit = 700\nsource.folder.dir = {:?}", dir.path()));
    assert_eq!(more.len(), 40);
}

#[test]
fn a_sample_has_the_same_share_of_each_class() {
    let dir = classes();
    let sample = |more: &str| {
        let (_out, data) = ingest(&format!("{more}\nsource.folder.dir = {:?}", dir.path()));
        data.rows().iter().map(|row| row.id.clone()).collect::<Vec<_>>()
    };
    let (_out, data) = ingest(&format!("sample.fraction = 0.5\nsource.folder.dir = {:?}", dir.path()));
    // 10 of 40 are positive.
    assert_eq!((data.info().labels["1"], data.info().labels["0"]), (5, 15));
    assert_eq!(sample("sample.count = 8").len(), 8);
    assert_eq!(sample("sample.count = 8"), sample("sample.count = 8"));
    assert_ne!(sample("sample.count = 8"), sample("sample.count = 8\nseed = 1"));
    assert!(sample("sample.count = 8").is_sorted(), "the order is that of the source");
    assert_eq!(sample("sample.count = 8\nlimit = 3"), sample("sample.count = 8")[..3]);
    assert_eq!(sample("sample.fraction = 1.0"), sample(""));
}

#[test]
fn samples_that_cannot_be_drawn() {
    let dir = classes();
    fails(dir.path(), "folder = { DIR }", "sample.count = 41", expect!["`sample` leaves 41 of 40 images; there are not more: leave it out"]);
    fails(dir.path(), "folder = { DIR }", "sample.fraction = 0.001", expect!["`sample` leaves 0 of 40 images; draw more"]);
    fails(dir.path(), "folder = { DIR }", "sample.fraction = 1.5", expect!["`sample.fraction` is 1.5; a share is above 0 and at most 1"]);
    fails(dir.path(), "folder = { DIR }", "sample.count = 0\nlimit = 0", expect![[r#"
        `sample.count` is 0; draw one image or more
        `limit` is 0; read 1 or more"#]]);
}

#[test]
fn several_sources_are_one_data_set() {
    let dir = folder();
    write_png(dir.path(), "p1/0/a.png", 1);
    write_png(dir.path(), "p1/1/b.png", 2);
    let toml = format!(
        "[source.mix]\n\
         ours = {{ folder = {{ dir = {:?}, size = 96, group = {{ component = 0 }} }} }}\n\
         kaggle = {{ kaggle = {{ dir = {:?} }} }}\n\
         drawn = {{ synthetic = {{ count = 2, slides = 1 }} }}",
        dir.path(),
        shared("kaggle-pcam")
    );
    let (out, data) = ingest(&toml);
    assert_eq!((data.len(), data.height()), (19, 96));
    let index = text(out.path(), "index.csv");
    let lines: Vec<&str> = index.lines().collect();
    expect![[""]].assert_eq(&[lines[0], lines[1], lines[3], lines[18], lines[19]].join("\n"));
    assert_eq!(data.info().origin, "mix");
    assert_eq!(data.info().formats["drawn rgb8"], 2);
    assert_eq!((data.info().sizes["8×8"], data.info().sizes["96×96"]), (2, 17));
    let names: Vec<String> =
        parse::<Ingest>(&toml).source.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mix.kaggle.kaggle.dir", "mix.ours.folder.dir"]);
}

#[test]
fn bad_mixes() {
    let dir = classes();
    fails(dir.path(), "mix = {}", "", expect!["`mix` names no source; name one or more sources, as in { a = { folder = { … } }, b = { pcam = { … } } }"]);
    fails(dir.path(), "mix = { a = { mix = { b = { folder = { DIR } } } } }", "", expect!["`a` is a mix in a mix; name all sources in one mix"]);
    fails(dir.path(), "mix = { 'a/b' = { folder = { DIR, extensions = ['.png'] } } }", "", expect![[r#"
        `a/b` cannot be the name of a source; choose a name without `/`
        `extensions` holds `.png`; write endings without the dot"#]]);
    fails(
        dir.path(),
        "mix = { a = { folder = { DIR } }, b = { synthetic = { count = 1, size = 12 } } }",
        "",
        expect!["images of different sizes: `a/p0/0/07.png` is 8×8 and `b/synthetic` is 12×12 pixels wide and high; a packed data set has one size, set `size` of the source to resize them when they are read"],
    );
}
