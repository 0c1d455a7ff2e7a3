//! Real data: patches of invasive ductal carcinoma, and patches of the Kaggle competition.

use microtome::data::{Dataset, Ingest, Split};
use tempfile::TempDir;

use crate::common::{files, ingest, parse, shared};

fn idc() -> String {
    // Some patients lie one folder deeper than others: components are counted from the end.
    format!(
        "source = {{ folder = {{ dir = {:?}, label = {{ component = -2 }}, \
         group = {{ component = -3 }}, splits = 'splits.csv' }} }}",
        shared("idc")
    )
}

fn kaggle(more: &str) -> String {
    format!("source = {{ kaggle = {{ dir = {:?}{more} }} }}", shared("kaggle-pcam"))
}

#[test]
fn the_idc_folder_is_read_as_it_is() {
    let (_out, data) = ingest(&idc());
    assert_eq!((data.len(), data.height(), data.width()), (4376, 50, 50));
    let info = data.info();
    assert_eq!((info.labels["0"], info.labels["1"], info.labels["none"]), (2188, 2188, 0));
    assert_eq!(Split::ALL.map(|split| data.indices(split).len()), [2902, 744, 730]);
    assert_eq!(info.groups, 223);
    let patients: usize = info.splits.values().map(|split| split.groups).sum();
    assert_eq!(patients, 223, "no patient is in two splits");
}

#[test]
fn a_row_of_the_data_set_is_the_image_it_names() {
    let (_out, data) = ingest(&idc());
    for at in [0, 1000, 4375] {
        let row = &data.rows()[at];
        let direct = image::open(shared("idc").join(&row.source)).unwrap().to_rgb8();
        assert_eq!(data.image(at), direct.as_raw().as_slice(), "{}", row.source);
        let class = row.source.contains("class1.png");
        assert_eq!(data.label(at), Some(u8::from(class)));
    }
}

#[test]
fn the_idc_folder_can_be_told_by_regular_expressions() {
    let by_regex = idc()
        .replace("component = -2", r"regex = 'class(\d)\.png$'")
        .replace("component = -3", r"regex = '(\d+)_idx5[^/]*$'");
    let (_out, data) = ingest(&by_regex);
    let (_out, by_component) = ingest(&idc());
    assert_eq!(data.rows(), by_component.rows());
}

#[test]
fn the_kaggle_folder_is_read_as_it_is() {
    let (_out, data) = ingest(&kaggle(""));
    assert_eq!((data.len(), data.height(), data.width()), (15, 96, 96));
    let first = &data.rows()[0];
    assert_eq!(first.id, "0c620dc5d0b42849d55bdf30db3e35ebf427da1c");
    assert_eq!(first.source, "train/0c620dc5d0b42849d55bdf30db3e35ebf427da1c.tif");
    assert_eq!((first.label, &first.group), (Some(0), &first.id));
    assert_eq!(data.info().labels["none"], 0, "the test folder is left alone");
}

#[test]
fn the_files_do_not_depend_on_the_number_of_threads() {
    let with = |threads: usize, toml: &str| -> (TempDir, Dataset) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ingest(toml))
    };
    for toml in [idc(), kaggle(""), "source.synthetic.count = 40".into()] {
        let ((one, _), (two, _)) = (with(1, &toml), with(2, &toml));
        let (one, two) = (files(one.path()), files(two.path()));
        assert_eq!(one.len(), 4);
        assert!(one == two, "{toml}");
        assert!(!one["dataset.json"].windows(4).any(|bytes| bytes == b"/tmp"), "names no folder");
    }
}

#[test]
fn the_runner_is_told_which_files_a_source_depends_on() {
    let of = |toml: &str, paths: &[&str]| -> Vec<bool> {
        let (_, files) = parse::<Ingest>(toml).source.files().remove(0);
        paths.iter().map(|path| (files.keep)(path.as_ref())).collect()
    };
    let paths = ["train/a.tif", "train/a.txt", "test/a.tif", "train_labels.csv", "sample.csv"];
    assert_eq!(of(&kaggle(""), &paths), [true, false, false, true, false]);
    let paths = ["1/0/a.png", "1/0/A.PNG", "1/0/a.txt", "splits.csv", "1/splits.csv"];
    assert_eq!(of(&idc(), &paths), [true, true, false, true, false]);
    assert!(parse::<Ingest>("source.synthetic.count = 1").source.files().is_empty());
}
