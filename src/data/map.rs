//! The one place that maps files into memory. Knows nothing of what is in them.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// The file's bytes, read by the operating system when they are touched.
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: a mapped file must not change while it is mapped. Results are written once,
    // under a name of their own, and are read-only from then on.
    unsafe { Mmap::map(&file) }
}
