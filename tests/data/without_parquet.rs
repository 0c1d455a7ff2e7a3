//! A build without the feature `parquet` says so.

use expect_test::expect;
use microtome::data::Ingest;

use crate::common::{folder, parse};

#[test]
fn parquet_is_refused_before_anything_is_read() {
    let problems = parse::<Ingest>("source.parquet.files = 'data/*.parquet'").problems();
    let said: Vec<_> = problems.iter().map(|it| format!("{}: {it}", it.place)).collect();
    expect![
        "source.parquet.files: this build does not read parquet; build it with `--features parquet`, or `--features hub,parquet` to fetch from the Hugging Face hub"
    ]
    .assert_eq(&said.join("\n"));
    crate::common::fails(
        folder().path(),
        "parquet.repo = 'hf://datasets/owner/name' # DIR",
        "",
        expect![
            "this build does not read parquet; build it with `--features parquet`, or `--features hub,parquet` to fetch from the Hugging Face hub"
        ],
    );
}
