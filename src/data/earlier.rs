//! The images of an earlier data set that need not be read again, because their files are as they
//! were. Knows nothing of how that is known.

use std::collections::BTreeMap;

use super::dataset::{Dataset, Row};
use super::decode::{Decoded, Picture};
use super::source::{Listing, Pictures};

/// Whether the file of a row is as it was when the earlier data set was made of it.
pub type Unchanged<'a> = dyn Fn(&Row) -> bool + Sync + 'a;

/// A data set that was made by the same parameters.
pub struct Earlier<'a> {
    data: Dataset,
    unchanged: &'a Unchanged<'a>,
    /// Places in the data set, by source and file.
    places: BTreeMap<(String, String), usize>,
    /// What all files were.
    format: String,
    size: (usize, usize),
}

impl<'a> Earlier<'a> {
    /// Nothing where files differed in format or size, since the data set does not say which was
    /// which.
    pub fn of(data: Dataset, unchanged: &'a Unchanged<'a>) -> Option<Earlier<'a>> {
        let only = |counts: &BTreeMap<String, usize>| match counts.len() {
            1 => counts.keys().next().cloned(),
            _ => None,
        };
        let format = only(&data.info().formats)?;
        let size = only(&data.info().sizes)?;
        let (width, height) = size.split_once('×')?;
        let size = (height.parse().ok()?, width.parse().ok()?);
        let place = |(at, row): (usize, &Row)| ((row.origin.clone(), row.source.clone()), at);
        let places = data.rows().iter().enumerate().map(place).collect();
        Some(Earlier { data, unchanged, places, format, size })
    }

    fn find(&self, row: &Row) -> Option<Decoded> {
        let at = *self.places.get(&(row.origin.clone(), row.source.clone()))?;
        (self.unchanged)(row).then(|| {
            let (height, width) = (self.data.height(), self.data.width());
            let pixels = self.data.image(at).to_vec();
            let picture = Picture { height, width, pixels };
            Decoded { picture, format: self.format.clone(), size: self.size }
        })
    }

    /// The same listing, which takes from here what it can.
    pub(super) fn over<'b>(&'b self, listing: Listing<'b>) -> Listing<'b> {
        let pictures = match listing.pictures {
            Pictures::Any(read) => Pictures::Any(Box::new(move |at, row| {
                self.find(row).map_or_else(|| read(at, row), Ok)
            })),
            in_order => in_order,
        };
        Listing { pictures, ..listing }
    }
}
