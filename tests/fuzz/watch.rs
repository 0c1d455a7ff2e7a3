//! A watch over the case that is being tried: one that hangs is named and ends the process.

use std::{
    io::Write,
    sync::{Mutex, Once},
    thread,
    time::{Duration, Instant},
};

/// Far longer than any case takes, on a slow and busy machine too.
const HANGS: Duration = Duration::from_secs(120);

static TRIED: Mutex<Option<(String, Instant)>> = Mutex::new(None);

/// Tries a case. A hang cannot be caught as a panic can: only the end of the process stops it.
pub fn watched<T>(case: String, work: impl FnOnce() -> T) -> T {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| drop(thread::spawn(watch)));
    *TRIED.lock().unwrap() = Some((case, Instant::now()));
    let done = work();
    *TRIED.lock().unwrap() = None;
    done
}

fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        if let Some((case, since)) = &*TRIED.lock().unwrap()
            && since.elapsed() > HANGS
        {
            // What a test prints is held back until it ends, which this one does not.
            let _ = writeln!(std::io::stderr(), "{case} hangs");
            std::process::abort();
        }
    }
}
