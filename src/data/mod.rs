//! Data sets of labelled patches: where they come from, how they are split, augmented and batched.
//!
//! Knows nothing of stages, networks or reports. An [`Ingest`] reads a [`Source`] into a packed
//! [`Dataset`], [`Preprocess`] resizes, splits and normalises it, [`Explore`] describes it, and
//! [`Batches`] hands it to whoever trains or predicts.

mod augment;
mod batches;
mod dataset;
mod decode;
pub mod duplicates;
mod earlier;
mod error;
mod explore;
mod ingest;
mod kaggle_folder;
mod leaks;
mod loose;
mod map;
mod normalize;
mod png;
mod preprocess;
mod problem;
pub mod random;
mod resize;
mod sample;
mod source;
mod split;
pub mod stain;
mod symmetry;
mod table;
mod writer;

use std::ops::ControlFlow;

pub use augment::{
    Affine, Augment, Blur, ColorJitter, Crop, Cutout, Noise, StainJitter, contact_sheet,
};
pub use batches::{Batch, Batches};
pub use dataset::{Dataset, Info, Rejected, Row, SplitInfo};
pub use decode::{Picture, decode};
pub use earlier::{Earlier, Unchanged};
pub use error::DataError;
pub use explore::{
    Balance, Blank, Brightness, Channels, ColourBaseline, ColourScore, Comparison, Duplicates,
    Estimate, Exploration, Explore, GroupRow, Groups, Map, MapAxis, MapPoint, MeanImage,
    MeanImages, Measures, Outlying, Quantiles, Shades, Share, Staining, Suspects, Twins, measures,
};
pub use ingest::{Ingest, OnBadImage};
pub use kaggle_folder::KaggleFolder;
pub use leaks::{Leak, LeakKind};
pub use loose::{Loose, listed_ids, stem};
pub(crate) use map::map;
pub use normalize::{Normalization, Normalize};
pub use preprocess::{Leakage, Note, Preprocess};
pub use problem::Problem;
pub use resize::resize;
pub use sample::Sample;
pub(crate) use source::sha1_hex;
pub use source::{
    Columns, Folder, Kaggle, Parquet, Part, Pcam, Source, SourceFiles, Synthetic, Test, Unlabelled,
};
pub use split::{Folds, Fractions, Method, Split, SplitBy, SplitRule};
pub use symmetry::Symmetry;
pub use writer::Writer;

/// Hears that `done` of `total` images are through, and may ask to stop; called from one thread at
/// a time.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync);

/// Reports progress, and ends the work where that is asked for.
fn report(progress: Progress, done: usize, total: usize) -> Result<(), DataError> {
    match progress(done, total) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DataError::Interrupted),
    }
}
