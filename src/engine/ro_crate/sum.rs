//! The sums of a crate's files: sha256, which others check, beside blake3, which the store knows; the
//! only file that knows sha2.

use crate::engine::digest::Digest;
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write,
    fs::File,
    io::{self, Read},
    path::Path,
};

/// A file of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Relative to the crate, with `/` between its parts.
    pub path: String,
    pub blake3: Digest,
    /// 64 hexadecimal characters.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
}

impl Part {
    /// Reads the file at `path` below the folder.
    pub fn read(folder: &Path, path: String) -> io::Result<Part> {
        let file = folder.join(&path);
        let (blake3, size) = Digest::of_file(&file)?;
        Ok(Part { sha256: sha256(&file)?, path, blake3, size })
    }
}

/// The SHA-256 of a file (FIPS 180-4), read piece by piece.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => hasher.update(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut hex = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}
