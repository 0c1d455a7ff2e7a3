//! A zip file read where it lies, any number of entries at a time. Nothing is written to disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;

use super::store::whole;
use crate::data::error::DataError;

/// The entries of a zip file that lie in the folder that holds what is looked for.
pub(in crate::data) struct Packed {
    path: PathBuf,
    archive: ZipArchive<Region>,
    /// Where each file is among the entries, by its path below `prefix`.
    entries: BTreeMap<String, usize>,
    /// The folder in the archive that holds them, with a `/` at its end; may be empty.
    prefix: String,
}

impl Packed {
    /// Opens the zip file at `path`. The file `landmark` lies in it, perhaps below one folder, whose
    /// name is then left out of all paths.
    pub fn open(path: &Path, landmark: &str) -> Result<Packed, DataError> {
        let not_zip = |problem: String| DataError::NotZip { path: path.into(), problem };
        let file = File::open(path).map_err(DataError::read(path))?;
        let length = file.metadata().map_err(DataError::read(path))?.len();
        let region = Region { file: Arc::new(file), length, at: 0, held: Vec::new(), held_at: 0 };
        let archive = ZipArchive::new(region).map_err(|e| not_zip(e.to_string()))?;
        let mut names = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let name = match archive.name_for_index(index) {
                Some(Ok(name)) => name.replace('\\', "/"),
                _ => return Err(not_zip(format!("the name of entry {index} is not readable"))),
            };
            if !is_inside(&name) {
                let problem = "its name leads out of the folder that it is unpacked in".into();
                return Err(DataError::BadEntry { path: path.into(), name, problem });
            }
            names.push(name);
        }
        let prefix = prefix(&names, landmark);
        let mut entries = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            let Some(below) = name.strip_prefix(&prefix).filter(|name| !name.ends_with('/')) else {
                continue;
            };
            if entries.insert(below.to_string(), index).is_some() {
                let problem = "it is in the archive twice".into();
                return Err(DataError::BadEntry { path: path.into(), name: name.clone(), problem });
            }
        }
        Ok(Packed { path: path.into(), archive, entries, prefix })
    }

    /// The zip file.
    pub fn zip(&self) -> &Path {
        &self.path
    }

    /// The name of an entry for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(format!("{}{name}", self.prefix))
    }

    pub fn list(&self, keep: &dyn Fn(&Path) -> bool) -> Vec<String> {
        self.entries.keys().filter(|name| keep(Path::new(name))).cloned().collect()
    }

    /// Unpacks an entry of at most `largest` bytes, whatever size it claims to have.
    pub fn read(&self, name: &str, largest: u64) -> Result<Vec<u8>, String> {
        let index = *self.entries.get(name).ok_or("it is not in the archive")?;
        let broken = |e: &dyn std::fmt::Display| format!("it cannot be unpacked: {e}");
        // Each reader has a place of its own in the file; the list of entries is shared.
        let mut archive = self.archive.clone();
        let entry = archive.by_index(index).map_err(|e| broken(&e))?;
        let claimed = entry.size();
        let too_large = |size: &dyn std::fmt::Display| {
            format!("it unpacks to {size} bytes, more than the {largest} that are read")
        };
        if claimed > largest {
            return Err(too_large(&claimed));
        }
        let bytes = whole(entry, claimed).map_err(|e| broken(&e))?;
        let bytes = bytes
            .ok_or_else(|| format!("it unpacks to more than the {claimed} bytes it claims"))?;
        match bytes.len() as u64 == claimed {
            true => Ok(bytes),
            false => {
                Err(format!("it unpacks to {} bytes, not the {claimed} it claims", bytes.len()))
            }
        }
    }
}

/// Whether an entry's name stays below the folder that it is unpacked in.
fn is_inside(name: &str) -> bool {
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(name).components().all(inside) && !name.contains('\0') && !name.contains(":/")
}

/// The folder that holds the landmark, or else the one that holds everything.
fn prefix(names: &[String], landmark: &str) -> String {
    let below = |name: &String| {
        let folder = name.strip_suffix(landmark)?;
        let depth = folder.matches('/').count();
        ((folder.is_empty() || folder.ends_with('/')) && depth <= 1).then(|| folder.to_string())
    };
    names.iter().filter_map(below).min_by_key(String::len).unwrap_or_default()
}

/// A file read from a place of its own, so that several may read the same one.
struct Region {
    file: Arc<File>,
    length: u64,
    at: u64,
    /// Bytes that were read ahead, and where they stand in the file.
    held: Vec<u8>,
    held_at: u64,
}

/// Bytes that are read ahead where fewer are asked for.
const AHEAD: usize = 1 << 14;

impl Clone for Region {
    fn clone(&self) -> Region {
        Region {
            file: self.file.clone(),
            length: self.length,
            at: self.at,
            held: Vec::new(),
            held_at: 0,
        }
    }
}

impl Read for Region {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = if into.len() >= AHEAD {
            self.file.read_at(into, self.at)?
        } else {
            if !(self.held_at..self.held_at + self.held.len() as u64).contains(&self.at) {
                self.held.resize(AHEAD, 0);
                let read = self.file.read_at(&mut self.held, self.at)?;
                self.held.truncate(read);
                self.held_at = self.at;
            }
            let held = &self.held[(self.at - self.held_at) as usize..];
            let read = held.len().min(into.len());
            into[..read].copy_from_slice(&held[..read]);
            read
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Region {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
