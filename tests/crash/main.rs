//! Nothing is lost: killed at any step, on a disk that fails at any step, beside any number of
//! others, a run ends as if nothing had happened.
//!
//! The binary runs under `shim.c`, which stands between it and libc, and counts every call that
//! writes to a file or changes a folder below the test's own. So each step of a run is a fail
//! point without a word about it in the product: taking a stage's lock, writing its files, moving
//! them under their digests, its record, its links, checkpoints, the history and the lock file. The
//! log of an undisturbed run names them; a test then kills the process at one of them, or lets it
//! fail, runs again, and compares all that there is with what the undisturbed run left.
//!
//! A run of the tests takes some of these steps, at least one of each sort. All of them, in an hour
//! or so, and as many kills at random moments as one likes:
//!
//! ```sh
//! MICROTOME_ROUNDS=all cargo test --release --test crash
//! MICROTOME_ROUNDS=5000 MICROTOME_SEED=7 cargo test --release --test crash random
//! ```

mod clean;
mod faults;
mod kills;
mod process;
mod random;
mod shim;
mod signals;
mod steps;
mod together;
mod world;

/// How many rounds a test takes: as many as it proposes, unless `MICROTOME_ROUNDS` says otherwise.
fn rounds(proposed: usize) -> usize {
    match std::env::var("MICROTOME_ROUNDS") {
        Ok(all) if all == "all" => usize::MAX,
        Ok(number) => number.parse().expect("MICROTOME_ROUNDS is a number or `all`"),
        Err(_) => proposed,
    }
}
