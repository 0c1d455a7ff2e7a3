//! What a source gives: the rows of its images, and their pictures. Knows nothing of files.

use rayon::prelude::*;

use crate::data::dataset::Row;
use crate::data::decode::Decoded;
use crate::data::error::DataError;

/// The images of a source, known by name but not yet read.
pub(in crate::data) struct Listing<'a> {
    /// In the order of the data set.
    pub rows: Vec<Row>,
    pub pictures: Pictures<'a>,
}

/// Gives the image at a place in the listing, or the reason why it cannot be used.
type Any<'a> = dyn Fn(usize, &Row) -> Result<Decoded, String> + Sync + 'a;
/// Gives the bytes of the image at a place that is greater than those before, or the reason why the
/// image cannot be used.
type Fetch<'a> = dyn FnMut(usize) -> Result<Result<Vec<u8>, String>, DataError> + 'a;
/// Makes the image at a place of its bytes, or gives the reason why it cannot be used.
type Decode<'a> = dyn Fn(usize, Vec<u8>) -> Result<Decoded, String> + Sync + 'a;

/// The pictures of a source.
pub(in crate::data) enum Pictures<'a> {
    /// Any of them at any time, on any thread.
    Any(Box<Any<'a>>),
    /// Their bytes one after the other, since many lie together; some may be skipped. What is made
    /// of them is made on any thread.
    InOrder { fetch: Box<Fetch<'a>>, decode: Box<Decode<'a>> },
}

impl Pictures<'_> {
    /// What `then` makes of the pictures at these places, which grow from call to call.
    pub fn read<T: Send>(
        &mut self,
        rows: &[(usize, Row)],
        then: impl Fn(Decoded) -> Result<T, String> + Send + Sync,
    ) -> Result<Vec<Result<T, String>>, DataError> {
        match self {
            Pictures::Any(picture) => {
                Ok(rows.par_iter().map(|(at, row)| picture(*at, row).and_then(&then)).collect())
            }
            Pictures::InOrder { fetch, decode } => {
                let fetch = |(at, _): &(usize, Row)| Ok((*at, fetch(*at)?));
                let fetched: Vec<_> = rows.iter().map(fetch).collect::<Result<_, DataError>>()?;
                let made = |(at, bytes): (usize, Result<_, _>)| decode(at, bytes?).and_then(&then);
                Ok(fetched.into_par_iter().map(made).collect())
            }
        }
    }
}

/// What reading a source may need besides its parameters.
#[derive(Clone, Copy)]
pub(in crate::data) struct Surroundings<'a> {
    /// Seeds what is drawn.
    pub seed: u64,
    /// A folder for files that are gone when the listing is.
    pub scratch: &'a std::path::Path,
    /// Fails when there is a wish to stop.
    pub going_on: &'a dyn Fn() -> Result<(), DataError>,
}
