//! What stands for the reader of shards in a build without the feature `parquet`: it refuses.

use std::convert::Infallible;
use std::path::Path;

use super::rows::{Cells, Wanted};
use crate::data::error::DataError;

/// Why this build cannot read shards, and what to do.
pub(super) const UNABLE: Option<(&str, &str)> = Some((
    "this build does not read parquet",
    "build it with `--features parquet`, or `--features hub,parquet` to fetch from the Hugging Face hub",
));

/// There are none.
pub(super) struct Images(Infallible);

impl Images {
    pub fn open(path: &Path, _: &str) -> Result<Images, DataError> {
        Err(unable(path))
    }

    pub fn get(&mut self, _: usize) -> Result<Result<Vec<u8>, String>, DataError> {
        match self.0 {}
    }
}

pub(super) fn read(path: &Path, _: &Wanted) -> Result<Cells, DataError> {
    Err(unable(path))
}

fn unable(path: &Path) -> DataError {
    let (message, help) = UNABLE.unwrap_or_default();
    DataError::BadFile { path: path.into(), problem: format!("{message}; {help}") }
}
