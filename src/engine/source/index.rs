//! What is remembered of source files between runs: the digest of each beside its size, times and
//! inode. It only saves time: what cannot be read of it is not known.

use super::{Found, SourceError, unreadable};
use crate::engine::{digest::Digest, store::write_loosely};
use rayon::prelude::*;
use std::{
    fmt::Write,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How close a file's times may be to the moment of hashing and still be trusted: the coarsest
/// clock among the usual file systems ticks every two seconds.
const RACY: Duration = Duration::from_secs(2);

/// By what a file is told to be the same as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    size: u64,
    mtime: i128,
    ctime: i128,
    inode: u64,
}

impl Stat {
    pub fn of(path: &Path) -> Result<Stat, SourceError> {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        let nanos =
            |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Ok(Stat {
            size: meta.len(),
            mtime: nanos(meta.mtime(), meta.mtime_nsec()),
            ctime: nanos(meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
        })
    }

    fn settled(&self, now: SystemTime) -> bool {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let limit = since.saturating_sub(RACY).as_nanos() as i128;
        self.mtime < limit && self.ctime < limit
    }
}

/// The files of a root as they were hashed the last time.
#[derive(Default)]
pub(super) struct Index {
    /// The digest of the whole source, where every file of it is listed.
    pub whole: Option<Digest>,
    /// Sorted by name.
    entries: Vec<(String, Stat, Digest)>,
}

const HEADER: &str = "microtome stat index 2";
/// Stands for the digest of the whole where a file is not listed.
const IN_PART: &str = "in part";

impl Index {
    /// Where the index of a root is kept.
    pub fn path(root: &Path, index_dir: &Path) -> PathBuf {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.into());
        let name = Digest::of_bytes(root.to_string_lossy().as_bytes()).short();
        index_dir.join(format!("{name}.stat"))
    }

    /// A header, the digest of the whole, and one line a file: size, mtime, ctime, inode, digest,
    /// name.
    pub fn read(path: &Path) -> Index {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut parts = text.splitn(3, '\n');
        let (Some(HEADER), Some(whole), Some(lines)) = (parts.next(), parts.next(), parts.next())
        else {
            return Index::default();
        };
        Index { whole: whole.parse().ok(), entries: lines.par_lines().filter_map(entry).collect() }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The digest of a file, if it is as it was.
    pub fn find(&self, name: &str, now: &Stat) -> Option<Digest> {
        let at = self.entries.binary_search_by(|(known, ..)| known.as_str().cmp(name)).ok()?;
        let (_, stat, digest) = &self.entries[at];
        (stat == now).then_some(*digest)
    }

    /// Remembers files, sorted by name, that were hashed after `began`. A file whose times are too
    /// close to that moment is left out, since a later change could leave the same times behind
    /// (the racy-clean rule of Git's index).
    pub fn write(path: &Path, whole: &Digest, files: &[(Found, Stat, Digest)], began: SystemTime) {
        let settled = |(file, stat, _): &&(Found, Stat, Digest)| {
            stat.settled(began) && !file.name.contains('\n')
        };
        let all = files.iter().all(|file| settled(&file));
        let whole = if all { whole.hex() } else { IN_PART.into() };
        let mut text = format!("{HEADER}\n{whole}\n");
        for (Found { name, .. }, stat, digest) in files.iter().filter(settled) {
            let Stat { size, mtime, ctime, inode } = stat;
            let _ = writeln!(text, "{size} {mtime} {ctime} {inode} {digest} {name}");
        }
        write_loosely(path, text.as_bytes());
    }
}

fn entry(line: &str) -> Option<(String, Stat, Digest)> {
    let mut parts = line.splitn(6, ' ');
    let stat = Stat {
        size: parts.next()?.parse().ok()?,
        mtime: parts.next()?.parse().ok()?,
        ctime: parts.next()?.parse().ok()?,
        inode: parts.next()?.parse().ok()?,
    };
    let digest = parts.next()?.parse().ok()?;
    Some((parts.next()?.to_string(), stat, digest))
}
