//! Writes drawn tissue in the layout of Kaggle's histopathologic-cancer-detection competition, so
//! that its size can be tried without its data: `train/<id>.tif` with `train_labels.csv`, and
//! `test/<id>.tif` with `sample_submission.csv`. An id is the SHA-1 of the pixels, as Kaggle's are.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::codecs::tiff::TiffEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rayon::prelude::*;

use super::dataset::Row;
use super::decode::Picture;
use super::error::DataError;
use super::problem::refuse;
use super::source::{Listing, Synthetic, sha1_hex};
use super::writer::write_csv;
use super::{Progress, report};

/// How many patches to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KaggleFolder {
    /// Patches with a label.
    pub train: usize,
    /// Patches without.
    pub test: usize,
    pub seed: u64,
}

/// As many are drawn between two reports.
const AT_A_TIME: usize = 1024;
/// Patches of a slide.
const OF_A_SLIDE: usize = 1000;
/// Share of positive patches in Kaggle's train folder: 89,117 of 220,025.
const POSITIVE: f64 = 0.405;

impl KaggleFolder {
    /// Writes the folder, which must not be there or be empty.
    pub fn write(&self, folder: &Path, progress: Progress) -> Result<(), DataError> {
        let total = self.train + self.test;
        let slides = total.div_ceil(OF_A_SLIDE).max(1);
        let tissue = Synthetic { count: total, slides, positive: POSITIVE, ..Synthetic::default() };
        refuse(tissue.problems())?;
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(DataError::NotEmpty { path: folder.into() });
        }
        let [train, test] = ["train", "test"].map(|name| folder.join(name));
        for folder in [&train, &test] {
            fs::create_dir_all(folder).map_err(DataError::write(folder))?;
        }
        let Listing { rows, mut pictures } = tissue.list(self.seed);
        let rows: Vec<(usize, Row)> = rows.into_iter().enumerate().collect();
        let mut written: Vec<(String, Option<u8>)> = Vec::with_capacity(total);
        for rows in rows.chunks(AT_A_TIME) {
            let drawn = pictures.read(rows, |drawn| Ok(drawn.picture))?;
            let write = |(picture, (at, row)): (Result<Picture, String>, &(usize, Row))| {
                let bad = |problem| DataError::BadImages { bad: vec![problem], total };
                let picture = picture.map_err(bad)?;
                let id = sha1_hex(&picture.pixels);
                let parent = if *at < self.train { &train } else { &test };
                write_tiff(&parent.join(format!("{id}.tif")), &picture)?;
                Ok((id, row.label))
            };
            let some = drawn.into_par_iter().zip(rows).map(write);
            written.extend(some.collect::<Result<Vec<_>, DataError>>()?);
            report(progress, written.len(), total)?;
        }
        let header = &["id", "label"];
        let unknown: Vec<_> = written.drain(self.train..).map(|(id, _)| (id, 0)).collect();
        write_csv(&folder.join("sample_submission.csv"), header, &unknown)?;
        write_csv(&folder.join("train_labels.csv"), header, &written)
    }
}

/// An uncompressed TIFF, as Kaggle's are.
fn write_tiff(path: &Path, picture: &Picture) -> Result<(), DataError> {
    let failed = |error: image::ImageError| DataError::write(path)(std::io::Error::other(error));
    let Picture { height, width, pixels } = picture;
    let mut bytes = Cursor::new(Vec::with_capacity(pixels.len() + 512));
    let (width, height) = (*width as u32, *height as u32);
    let encoder = TiffEncoder::new(&mut bytes);
    encoder.write_image(pixels, width, height, ExtendedColorType::Rgb8).map_err(failed)?;
    fs::write(path, bytes.into_inner()).map_err(DataError::write(path))
}
