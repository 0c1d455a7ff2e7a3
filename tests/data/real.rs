//! Real data: invasive ductal carcinoma patches and patches of the Kaggle competition.

use std::time::Instant;

use microtome::data::{Ingest, Preprocess, Split};

use crate::common::{files, parse, shared};

fn idc() -> Ingest {
    let dir = shared("idc");
    parse(&format!(
        "source = {{ folder = {{ dir = {dir:?}, label = {{ component = -2 }}, \
         group = {{ component = -3 }}, splits = 'splits.csv' }} }}"
    ))
}

#[test]
fn the_idc_folder_is_read_as_it_is() {
    let out = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let data = idc().run(out.path(), &|_, _| ()).unwrap();
    eprintln!("idc: {:?}", start.elapsed());
    assert_eq!((data.len(), data.height(), data.width()), (4376, 50, 50));
    let info = data.info();
    assert_eq!((info.labels["0"], info.labels["1"], info.labels["none"]), (2188, 2188, 0));
    let of = |split: Split| data.indices(split).len();
    assert_eq!(Split::ALL.map(of), [2902, 744, 730]);
    eprintln!("{}", String::from_utf8_lossy(&files(out.path())["dataset.json"]));
    eprintln!("{}", String::from_utf8_lossy(&files(out.path())["index.csv"][..300]));
    let out = tempfile::tempdir().unwrap();
    let prepared: Preprocess = parse("split = 'given'\nsize=32");
    let prepared = prepared.run(&data, out.path(), &|_, _| ()).unwrap();
    eprintln!("{:?}", prepared.info());
    let prepared: Preprocess = parse("");
    let prepared = prepared.run(&data, out.path(), &|_, _| ()).unwrap();
    eprintln!("{:?}", prepared.info());
}

#[test]
fn the_kaggle_folder_is_read_as_it_is() {
    let dir = shared("kaggle-pcam");
    let ingest: Ingest = parse(&format!("source = {{ kaggle = {{ dir = {dir:?} }} }}"));
    let out = tempfile::tempdir().unwrap();
    let data = ingest.run(out.path(), &|_, _| ()).unwrap();
    assert_eq!((data.len(), data.height(), data.width()), (15, 96, 96));
}
