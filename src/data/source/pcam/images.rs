//! Images and labels in HDF5, read chunk by chunk so that a file of any length fits into memory.

use std::fs::File;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

use hdf5_reader::{
    Dataset, DatasetChunk, DatasetChunkIterator, Datatype, FileStorage, Hdf5File, OpenOptions,
    SliceInfo, SliceInfoElem,
};

use crate::data::source::kaggle::SIDE;

/// Bytes of an image.
const IMAGE: usize = SIDE * SIDE * 3;
/// Images of a file without chunks that are read at a time.
const AT_A_TIME: usize = 64;
/// Bytes of images that are in memory at a time, chunks and labels included.
const IN_MEMORY: usize = 256 << 20;

/// Opens an HDF5 file; it is read piece by piece, and not mapped.
pub(super) fn file(file: File) -> Result<Hdf5File, String> {
    let storage = FileStorage::from_file(file).map_err(unreadable)?;
    let options = OpenOptions::default()
        .with_chunk_cache_bytes(0)
        .with_max_chunk_bytes(IN_MEMORY)
        .with_max_read_bytes(IN_MEMORY);
    Hdf5File::from_storage_with_options(Arc::new(storage), options).map_err(unreadable)
}

fn unreadable(error: hdf5_reader::error::Error) -> String {
    format!("its HDF5 cannot be read: {error}")
}

/// The data set of bytes with this name; the shape but for the first number is `rest`.
fn bytes(file: &Hdf5File, name: &str, rest: [u64; 3]) -> Result<Dataset, String> {
    let data = file.dataset(name).map_err(unreadable)?;
    if !matches!(data.dtype(), Datatype::FixedPoint { size: 1, signed: false, .. }) {
        return Err(format!("`{name}` does not hold bytes (uint8)"));
    }
    match data.shape() {
        [_, shape @ ..] if *shape == rest => Ok(data),
        shape => {
            let [h, w, c] = rest;
            Err(format!("`{name}` has the shape {shape:?}, not (N, {h}, {w}, {c})"))
        }
    }
}

/// The labels `y`, N×1×1×1, each 0 or 1.
pub(super) fn labels(file: &Hdf5File) -> Result<Vec<u8>, String> {
    let labels = bytes(file, "y", [1, 1, 1])?.read_raw_bytes().map_err(unreadable)?;
    match labels.iter().position(|&label| label > 1) {
        Some(at) => Err(format!("the label of image {at} is {}, not 0 or 1", labels[at])),
        None => Ok(labels),
    }
}

/// The images `x`, N×96×96×3, given in their order.
pub(super) struct Images {
    data: Dataset,
    /// Absent where the data lies in one piece.
    chunks: Option<Peekable<DatasetChunkIterator>>,
    /// The images that are in memory: all those that the same chunks hold.
    band: Vec<u8>,
    range: Range<usize>,
}

impl Images {
    /// `count` is the number of labels.
    pub fn open(file: &Hdf5File, count: usize) -> Result<Images, String> {
        let side = SIDE as u64;
        let data = bytes(file, "x", [side, side, 3])?;
        if data.shape()[0] != count as u64 {
            return Err(format!("it holds {} images, and there are {count} labels", data.shape()[0]));
        }
        let chunks = match data.chunks() {
            None => None,
            Some(shape) => {
                let images = shape.first().map_or(0, |&images| images as usize);
                if images.saturating_mul(IMAGE) > IN_MEMORY {
                    return Err(format!(
                        "its chunks reach over {images} images, too many to hold in memory; write \
                         it with chunks of (1, 96, 96, 3)"
                    ));
                }
                Some(data.iter_chunks().map_err(unreadable)?.peekable())
            }
        };
        Ok(Images { data, chunks, band: Vec::new(), range: 0..0 })
    }

    /// The pixels of an image, which does not come before one that was given already.
    pub fn get(&mut self, at: usize) -> Result<Vec<u8>, String> {
        while self.range.end <= at {
            match &mut self.chunks {
                Some(_) => self.next_band()?,
                None => self.next_piece(at)?,
            }
        }
        let inside = at.checked_sub(self.range.start).ok_or("its chunks are in disorder")?;
        Ok(self.band[inside * IMAGE..][..IMAGE].to_vec())
    }

    /// Reads the images from `at` on.
    fn next_piece(&mut self, at: usize) -> Result<(), String> {
        let end = (at + AT_A_TIME).min(self.data.shape()[0] as usize);
        let part = |range: Range<usize>| SliceInfoElem::Slice {
            start: range.start as u64,
            end: range.end as u64,
            step: 1,
        };
        let selections = [at..end, 0..SIDE, 0..SIDE, 0..3].map(part).to_vec();
        let read = self.data.read_slice::<u8>(&SliceInfo { selections }).map_err(unreadable)?;
        self.band = read.into_raw_vec_and_offset().0;
        self.range = at..end;
        if self.band.len() == (end - at) * IMAGE { Ok(()) } else { Err(missing(at)) }
    }

    /// Puts the next chunks that hold the same images together.
    fn next_band(&mut self) -> Result<(), String> {
        let Some(chunks) = &mut self.chunks else { return Ok(()) };
        let expected = self.range.end;
        let first = match chunks.next() {
            Some(chunk) => chunk.map_err(unreadable)?,
            None => return Err(missing(expected)),
        };
        let start = first.offsets()[0];
        if start != expected as u64 {
            return Err(missing(expected));
        }
        let end = (expected + first.shape()[0] as usize).min(self.data.shape()[0] as usize);
        self.range = expected..end;
        self.band.clear();
        self.band.resize((end - expected) * IMAGE, 0);
        let mut filled = place(&first, &mut self.band)?;
        let same = |chunk: &hdf5_reader::error::Result<DatasetChunk>| {
            chunk.as_ref().is_ok_and(|chunk| chunk.offsets()[0] == start)
        };
        while let Some(chunk) = chunks.next_if(same) {
            filled += place(&chunk.map_err(unreadable)?, &mut self.band)?;
        }
        if filled == self.band.len() { Ok(()) } else { Err(missing(expected)) }
    }
}

fn missing(at: usize) -> String {
    format!("the data of image {at} or one soon after it is missing: the file was not written whole")
}

/// Copies a chunk to its place among the images of `band`, leaving out what reaches over the edge,
/// and gives how many bytes that were.
fn place(chunk: &DatasetChunk, band: &mut [u8]) -> Result<usize, String> {
    let at = |axis: usize| usize::try_from(chunk.offsets()[axis]).unwrap_or(usize::MAX);
    let size = |axis: usize| usize::try_from(chunk.shape()[axis]).unwrap_or(usize::MAX);
    let [n, h, w, c] = [size(0), size(1), size(2), size(3)];
    if [n, h, w, c].iter().try_fold(1, |product: usize, &size| product.checked_mul(size))
        != Some(chunk.bytes().len())
    {
        return Err("a chunk has not the size that it claims".into());
    }
    let inside = |axis: usize, size: usize, whole: usize| size.min(whole.saturating_sub(at(axis)));
    let images = n.min(band.len() / IMAGE);
    let (rows, columns, channels) = (inside(1, h, SIDE), inside(2, w, SIDE), inside(3, c, 3));
    if rows * columns * channels == 0 {
        return Ok(0);
    }
    // Whole pixels lie one after the other in the chunk and in the image.
    let (runs, run) = if channels == 3 { (1, columns * 3) } else { (columns, channels) };
    for image in 0..images {
        for row in 0..rows {
            for column in 0..runs {
                let from = ((image * h + row) * w + column) * c;
                let pixel = (image * SIDE + at(1) + row) * SIDE + at(2) + column;
                band[pixel * 3 + at(3)..][..run].copy_from_slice(&chunk.bytes()[from..][..run]);
            }
        }
    }
    Ok(images * rows * columns * channels)
}
