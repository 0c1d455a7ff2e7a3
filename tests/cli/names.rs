//! Names that are markup or SQL stay text: on the page, and in every table.

use crate::world::World;
use std::fs;

/// With a `/` in it, which makes it a file in a folder of half the name.
const FILE: &str = "<script>alert(1)</script>.png";
const GROUP: &str = "\"; DROP TABLE patients; --";
const OTHER: &str = "=1+1,<b>";

const PIPELINE: &str = r#"
[pipeline]
name = "names"
seed = 3

[stage.patches]
kind = "ingest"
source = { folder = { dir = "images", group = { component = 0 }, label = { component = 1 } } }

[stage.prep]
kind = "preprocess"
data = "patches"
split = { train = 0.4, valid = 0.3, test = 0.3, by = "image" }
leakage = "allow"

[stage.eda]
kind = "eda"
data = "prep"

[stage.cnn]
kind = "train"
data = "prep"
model = { layers = [ { conv = 4 }, "relu", "global_avg_pool", { dense = 1 } ] }
epochs = 1

[stage.scores]
kind = "evaluate"
data = "prep"
models = ["cnn"]

[stage.errors]
kind = "errors"
data = "prep"
models = ["cnn"]

[stage.report]
kind = "report"
title = "<script>alert(2)</script>"
description = "<b>bold</b>"
notes = """
A <script>alert(3)</script> and <img src=x onerror=alert(4)>.

[Click](javascript:alert(5)) or [read](https://example.org/?a=1&b=2).
"""
of = ["eda", "cnn", "scores", "errors"]
"#;

/// Images of two groups and both classes; half of them have the evil name below a number.
fn world() -> World {
    let world = World::with(PIPELINE);
    for i in 0..32_u8 {
        let (group, label) = ([GROUP, OTHER][usize::from(i / 16)], i % 2);
        let name = if i % 4 < 2 { FILE } else { "plain.png" };
        let path =
            world.path("images").join(group).join(label.to_string()).join(i.to_string()).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let pixel = |x: u32, y: u32| image::Rgb([i * 7, x as u8 * 9, y as u8 * 7 + i + label * 90]);
        image::RgbImage::from_fn(16, 16, pixel).save(path).unwrap();
    }
    world
}

/// All cells of a table, as a reader of CSV sees them.
fn cells(path: &std::path::Path) -> Vec<String> {
    let mut csv = csv::Reader::from_path(path).unwrap();
    let width = csv.headers().unwrap().len();
    let rows = csv.records().map(|row| row.unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    rows.flat_map(|row| {
        assert_eq!(row.len(), width, "{}", path.display());
        row.iter().map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn hostile_names_stay_text_everywhere() {
    let world = world();
    let done = world.run("run pipeline.toml");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);

    let page = world.read("out/names/report/index.html");
    assert_eq!(page.matches("<script").count(), 1, "the page's own script alone");
    for evil in
        ["<b>bold", "<img src=x", "<b>\"", "href=\"javascript:", "onerror=\"", "DROP TABLE\""]
    {
        assert!(!page.contains(evil), "{evil} is markup");
    }
    assert!(page.contains("<h1>&lt;script&gt;alert(2)&lt;/script&gt;</h1>"));
    assert!(page.contains(
        "A &lt;script&gt;alert(3)&lt;/script&gt; and &lt;img src=x onerror=alert(4)&gt;."
    ));
    assert!(page.contains(
        "Click or <a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noreferrer\">read</a>"
    ));
    assert!(page.contains("&quot;; DROP TABLE patients; --"), "the group is named");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;.png"), "the file is named");

    let mut tables = 0;
    for entry in walkdir::WalkDir::new(world.path("out/names")) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|e| e == "csv") {
            let cells = cells(&path);
            let name = path.file_name().unwrap().to_str().unwrap();
            if ["index.csv", "predictions.csv"].contains(&name) {
                for group in [GROUP, OTHER] {
                    assert!(
                        cells.iter().any(|cell| cell == group),
                        "{group} in {}",
                        path.display()
                    );
                }
                assert!(cells.iter().any(|cell| cell.ends_with(FILE)), "{}", path.display());
            }
            tables += 1;
        }
    }
    assert!(tables >= 10, "{tables} tables");
}
