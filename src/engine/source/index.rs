//! What is remembered of source files between runs: the digest of each beside its size, times and
//! inode. It only saves time: what cannot be read of it is not known.

use super::{Found, SourceError, unreadable};
use crate::engine::{digest::Digest, store::write_loosely};
use rayon::prelude::*;
use std::{
    collections::HashMap,
    fmt::Write,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::{Duration, SystemTime},
};

/// How close a file's times may be to the moment of hashing and still be trusted: the coarsest
/// clock among the usual file systems ticks every two seconds.
const RACY: Duration = Duration::from_secs(2);

/// By what a file is told to be the same as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    size: u64,
    /// Nanoseconds since 1970, as the next.
    mtime: i64,
    ctime: i64,
    inode: u64,
}

impl Stat {
    pub fn of(path: &Path) -> Result<Stat, SourceError> {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        // A time after the year 2262 wraps around, and is then as good as any other.
        let nanos =
            |seconds: i64, nanos: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos);
        Ok(Stat {
            size: meta.len(),
            mtime: nanos(meta.mtime(), meta.mtime_nsec()),
            ctime: nanos(meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
        })
    }

    fn settled(&self, now: SystemTime) -> bool {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let limit = since.saturating_sub(RACY).as_nanos() as i64;
        self.mtime < limit && self.ctime < limit
    }
}

/// The files of a root as they were hashed the last time, borrowed from the text of the index.
pub(super) struct Index<'t> {
    /// The digest of the whole source, where every file of it is listed.
    pub whole: Option<Digest>,
    /// In the order in which the folder was walked. It is the same the next time, if nothing
    /// comes or goes, so that the walk and the index are read side by side.
    entries: Vec<Entry<'t>>,
    /// For files that are not at their place.
    places: OnceLock<HashMap<&'t str, usize>>,
}

struct Entry<'t> {
    name: &'t str,
    stat: Stat,
    digest: Digest,
}

const HEADER: &str = "microtome stat index 4 ";
/// Stands for the digest of the whole where a file is not listed.
const IN_PART: &str = "in part";

/// Where the index of a root is kept.
pub(super) fn path(root: &Path, index_dir: &Path) -> PathBuf {
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.into());
    let name = Digest::of_bytes(root.to_string_lossy().as_bytes()).short();
    index_dir.join(format!("{name}.stat"))
}

impl<'t> Index<'t> {
    /// Reads a header with the digest of all that follows, the digest of the whole source, and one
    /// line a file: size, mtime, ctime, inode, digest, name. Of an index of which a bit has turned
    /// nothing is known: a wrong digest in it would be taken for the file's.
    pub fn parse(text: &'t str) -> Index<'t> {
        let sealed = text.strip_prefix(HEADER).and_then(|text| text.split_once('\n'));
        let sealed = sealed.filter(|(sum, rest)| Digest::of_bytes(rest.as_bytes()).hex() == *sum);
        let (whole, entries) = match sealed.and_then(|(_, rest)| rest.split_once('\n')) {
            Some((whole, lines)) => {
                (whole.parse().ok(), lines.par_lines().filter_map(entry).collect())
            }
            None => (None, Vec::new()),
        };
        Index { whole, entries, places: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The digest of a file, if it is as it was; `place` is where the walk came upon it.
    pub fn find(&self, place: usize, name: &str, now: &Stat) -> Option<Digest> {
        let entry = match self.entries.get(place) {
            Some(entry) if entry.name == name => entry,
            _ => &self.entries[*self.places().get(name)?],
        };
        (entry.stat == *now).then_some(entry.digest)
    }

    fn places(&self) -> &HashMap<&'t str, usize> {
        self.places.get_or_init(|| {
            self.entries.iter().enumerate().map(|(place, entry)| (entry.name, place)).collect()
        })
    }
}

/// Remembers files that were hashed after `began`. A file whose times are too close to that moment
/// is left out, since a later change could leave the same times behind (the racy-clean rule of
/// Git's index).
pub(super) fn write(
    path: &Path,
    whole: &Digest,
    files: &[Found],
    seen: &[(Stat, Digest)],
    began: SystemTime,
) {
    let mut lines = String::new();
    let mut all = true;
    for (file, (stat, digest)) in files.iter().zip(seen) {
        let name = file.name();
        if stat.settled(began) && !name.contains('\n') {
            let Stat { size, mtime, ctime, inode } = stat;
            let _ = writeln!(lines, "{size} {mtime} {ctime} {inode} {digest} {name}");
        } else {
            all = false;
        }
    }
    let whole = if all { whole.hex() } else { IN_PART.into() };
    let rest = format!("{whole}\n{lines}");
    let sum = Digest::of_bytes(rest.as_bytes());
    write_loosely(path, format!("{HEADER}{sum}\n{rest}").as_bytes());
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let mut parts = line.splitn(6, ' ');
    let stat = Stat {
        size: parts.next()?.parse().ok()?,
        mtime: parts.next()?.parse().ok()?,
        ctime: parts.next()?.parse().ok()?,
        inode: parts.next()?.parse().ok()?,
    };
    let digest = parts.next()?.parse().ok()?;
    Some(Entry { name: parts.next()?, stat, digest })
}
