//! When something was last used: its file's time of modification, renewed at use.

use std::{
    fs::File,
    time::{Duration, SystemTime},
};

/// How old a time may be and still say "now": without it each hit would cost a write.
const FRESH: Duration = Duration::from_secs(600);

/// Renews a file's time. That it cannot be renewed, as on a file of somebody else's, is no error:
/// the file then only seems to be older than it is.
pub(super) fn renew(file: &File) {
    let Ok(modified) = file.metadata().and_then(|meta| meta.modified()) else { return };
    // A time in the future, after the clock went backwards, is no age.
    if modified.elapsed().is_ok_and(|age| age > FRESH) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// How long ago a file was last used, by its time; one in the future counts as now.
pub(super) fn age(modified: SystemTime) -> Duration {
    modified.elapsed().unwrap_or_default()
}
