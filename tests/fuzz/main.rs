//! Whatever bytes microtome is given as a pipeline, a setting, a lock file, a record of the store or
//! a data set: it reads or refuses them, in bounded time and memory, without a panic.
//!
//! A few hundred cases of each run every time, always the same; more of them by
//! `MICROTOME_CASES=100000 cargo test --release --test fuzz -- --nocapture`.

mod counting;
#[path = "../nn/fixture.rs"]
#[allow(dead_code)]
mod fixture;
mod models;
mod mutate;
mod odd;
mod pipelines;
mod stored;
#[path = "../engine/toys.rs"]
#[allow(dead_code)]
mod toys;
#[path = "../engine/trying.rs"]
#[allow(dead_code)]
mod trying;
mod watch;
