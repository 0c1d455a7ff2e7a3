//! What can be said against parameters before any data is read; the error of a run says the same.

use expect_test::{Expect, expect};
use microtome::data::{DataError, Explore, Ingest, Preprocess, Problem};

use crate::common::{folder, grey, never_stop, pack, parse, row};

/// Each problem as `place: message; help`.
fn told(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(|p| format!("{}: {p}", p.place)).collect();
    lines.join("\n")
}

/// Runs where there is no data, so that problems must be found first.
fn ingest(source: &str, message: Expect) {
    let ingest: Ingest = parse(&format!("source.{source}"));
    message.assert_eq(&told(&ingest.problems()));
    let error = ingest.run(folder().path(), &never_stop).unwrap_err();
    assert_eq!(said(error), ingest.problems());
}

fn preprocess(toml: &str, message: Expect) {
    let preprocess: Preprocess = parse(toml);
    message.assert_eq(&told(&preprocess.problems()));
    let (_in, data) = pack(1, 1, &[(row("a", Some(1), "p", None), grey(&[0]))]);
    let error = preprocess.run(&data, folder().path(), &never_stop).unwrap_err();
    assert_eq!(said(error), preprocess.problems());
}

fn said(error: DataError) -> Vec<Problem> {
    match error {
        DataError::Parameters(problems) => problems,
        other => panic!("{other}"),
    }
}

#[test]
fn synthetic_tissue_of_no_extent_or_too_much() {
    ingest(
        "synthetic = { count = 0, size = 2, slides = 0, positive = 1.5 }",
        expect![[r#"
        source.synthetic.count: `count` is 0; draw 1 to 1000000 patches
        source.synthetic.size: `size` is 2; patches of 12 to 1024 pixels can be drawn
        source.synthetic.slides: `slides` is 0; there are 1 to 10000 slides
        source.synthetic.positive: `positive` is 1.5; a share lies between 0 and 1"#]],
    );
    ingest(
        "synthetic = { count = 2000000, size = 5000, slides = 20000 }",
        expect![[r#"
        source.synthetic.count: `count` is 2000000; draw 1 to 1000000 patches
        source.synthetic.size: `size` is 5000; patches of 12 to 1024 pixels can be drawn
        source.synthetic.slides: `slides` is 20000; there are 1 to 10000 slides"#]],
    );
}

#[test]
fn regular_expressions_that_are_none_or_have_no_group() {
    ingest(
        "folder = { dir = '/x', label = { regex = '(' }, group = { regex = 'p' } }",
        expect![[r#"
            source.folder.label.regex: `label.regex`: regex parse error:
                (
                ^
            error: unclosed group; write it between 'single quotes', where a backslash is only a backslash
            source.folder.group.regex: `group.regex` is `p`, which has no group; put round brackets around the part that is wanted"#]],
    );
}

#[test]
fn classes_on_both_sides() {
    ingest(
        "folder = { dir = '/x', positive = ['1', '0'] }",
        expect![
            "source.folder.positive: the class `0` is in both `positive` and `negative`; keep one of the two"
        ],
    );
}

#[test]
fn sizes_that_no_image_can_have() {
    ingest(
        "folder = { dir = '/x', size = 0 }",
        expect!["source.folder.size: `size` is 0; give the number of pixels, 1 to 4096"],
    );
    preprocess("size = 0", expect!["size: `size` is 0; give the number of pixels, 1 to 4096"]);
    preprocess(
        "size = 5000",
        expect!["size: `size` is 5000; give the number of pixels, 1 to 4096"],
    );
}

#[test]
fn endings_with_a_dot() {
    ingest(
        "folder = { dir = '/x', extensions = ['png', '.tif'] }",
        expect![
            "source.folder.extensions: `extensions` holds `.tif`; write endings without the dot"
        ],
    );
}

#[test]
fn tables_outside_the_folder() {
    ingest(
        "kaggle = { dir = '/x', labels = '/y/labels.csv' }",
        expect![
            "source.kaggle.labels: `labels` is `/y/labels.csv`, which names no file in `dir`; give a path that begins in `dir` and has no `..`, or put the file there"
        ],
    );
    ingest(
        "kaggle = { dir = '/x', labels = 'a/../labels.csv' }",
        expect![
            "source.kaggle.labels: `labels` is `a/../labels.csv`, which names no file in `dir`; give a path that begins in `dir` and has no `..`, or put the file there"
        ],
    );
    ingest(
        "kaggle = { dir = '/x', labels = '.' }",
        expect![
            "source.kaggle.labels: `labels` is `.`, which names no file in `dir`; give a path that begins in `dir` and has no `..`, or put the file there"
        ],
    );
    ingest(
        "folder = { dir = '/x', splits = '../splits.csv' }",
        expect![
            "source.folder.splits: `splits` is `../splits.csv`, which names no file in `dir`; give a path that begins in `dir` and has no `..`, or put the file there"
        ],
    );
    ingest(
        "folder = { dir = '/x', splits = '' }",
        expect![
            "source.folder.splits: `splits` is ``, which names no file in `dir`; give a path that begins in `dir` and has no `..`, or put the file there"
        ],
    );
}

#[test]
fn fractions_that_make_no_whole() {
    preprocess(
        "split = { train = 0.8, valid = 0.1, test = 0.2 }",
        expect![
            "split: the fractions of `split` add up to 1.1: train = 0.8, valid = 0.1, test = 0.2; they must add up to 1"
        ],
    );
    preprocess(
        "split = { train = 1.2, valid = -0.1, test = -0.1 }",
        expect![[r#"
        split.train: `split.train` is 1.2; a fraction lies between 0 and 1
        split.valid: `split.valid` is -0.1; a fraction lies between 0 and 1
        split.test: `split.test` is -0.1; a fraction lies between 0 and 1"#]],
    );
    preprocess(
        "split = { train = nan }",
        expect!["split.train: `split.train` is NaN; a fraction lies between 0 and 1"],
    );
}

#[test]
fn a_normalisation_that_divides_by_nothing() {
    preprocess(
        "normalize = { mean = [0, nan, 0], sd = [1, 0, 1] }",
        expect![[r#"
        normalize.mean: `normalize.mean` is [0.0, NaN, 0.0]; give a mean on the scale 0 to 1 for red, green and blue
        normalize.sd: `normalize.sd` is [1.0, 0.0, 1.0]; pixels are divided by it, so it must be greater than 0"#]],
    );
}

#[test]
fn a_look_at_everything() {
    let explore: Explore = parse("per_class = 5000\nblack = 250");
    expect![[r#"
        per_class: `per_class` is 5000; a grid shows 0 to 1000 samples of a class
        black: `black` is 250 and `white` is 240, so a pixel could be both; the defaults are 15 and 240"#]].assert_eq(&told(&explore.problems()));
    let (_in, data) = pack(1, 1, &[(row("a", Some(1), "p", None), grey(&[0]))]);
    let error = explore.run(&data, folder().path(), &never_stop).unwrap_err();
    assert_eq!(said(error), explore.problems());
}

#[test]
fn there_are_none_where_nothing_is_wrong() {
    for source in ["synthetic = {}", "kaggle.dir = '/x'", "folder.dir = '/x'"] {
        assert_eq!(parse::<Ingest>(&format!("source.{source}")).problems(), []);
    }
    assert_eq!(parse::<Preprocess>("").problems(), []);
    assert_eq!(parse::<Preprocess>("split = { train = 0.7, valid = 0.2 }").problems(), []);
    assert_eq!(parse::<Preprocess>("split = 'given'").problems(), []);
    assert_eq!(parse::<Explore>("").problems(), []);
}
