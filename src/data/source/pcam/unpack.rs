//! Unpacks a `.gz` file into one that has no name and is gone when it is closed, and sums it on the
//! way. HDF5 is read in any order, which a packed file does not allow.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use md5::{Digest, Md5};

use crate::data::error::DataError;
use crate::data::source::{Surroundings, hex};

/// The largest of the official files takes 7.2 GB.
const LARGEST: u64 = 16 << 30;
/// Bytes that are unpacked at a time.
const PIECE: usize = 1 << 20;

/// The unpacked file, and the MD5 of the packed one in hexadecimal digits.
pub(super) fn unpack(path: &Path, around: Surroundings) -> Result<(File, String), DataError> {
    let bad = |problem: String| DataError::BadFile { path: path.into(), problem };
    let packed = File::open(path).map_err(DataError::read(path))?;
    let mut unpacking = MultiGzDecoder::new(Summed { file: packed, md5: Md5::new() });
    let place = around.scratch.join("unpacked.h5");
    let mut file = nameless(&place).map_err(DataError::write(&place))?;
    let (mut piece, mut size) = (vec![0; PIECE], 0);
    loop {
        (around.going_on)()?;
        let read =
            unpacking.read(&mut piece).map_err(|e| bad(format!("it cannot be unpacked: {e}")))?;
        if read == 0 {
            break;
        }
        size += read as u64;
        if size > LARGEST {
            return Err(bad(format!("it unpacks to more than {} GiB", LARGEST >> 30)));
        }
        file.write_all(&piece[..read]).map_err(DataError::write(&place))?;
    }
    let digest = unpacking.into_inner().md5.finalize();
    Ok((file, hex(&digest)))
}

/// A file that can be written and read and is in no folder: however the program ends, it is gone.
fn nameless(place: &Path) -> io::Result<File> {
    fs::create_dir_all(place.parent().unwrap_or(place))?;
    let file = File::options().read(true).write(true).create(true).truncate(true).open(place)?;
    fs::remove_file(place)?;
    Ok(file)
}

/// A file that is summed while it is read.
struct Summed {
    file: File,
    md5: Md5,
}

impl Read for Summed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.md5.update(&into[..read]);
        Ok(read)
    }
}
