//! A wish to stop is heard within a few hundred images.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use microtome::data::{DataError, Explore, Ingest, Preprocess, Progress};

use crate::common::{files, folder, ingest, parse};

/// Runs, asks to stop at the first report, and gives how many images were through by then.
fn stopped<T>(run: impl FnOnce(Progress) -> Result<T, DataError>) -> usize {
    let through = AtomicUsize::new(0);
    let progress = |done: usize, total: usize| {
        assert!(done < total, "it hears of it only at the end");
        assert_eq!(through.swap(done, Relaxed), 0, "it goes on");
        ControlFlow::Break(())
    };
    match run(&progress) {
        Err(error @ DataError::Interrupted) => assert_eq!(error.to_string(), "interrupted"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it ran to its end"),
    }
    through.into_inner()
}

const TISSUE: &str = "source.synthetic = { count = 1500, size = 12 }";

#[test]
fn reading_stops() {
    let out = folder();
    assert!(stopped(|progress| parse::<Ingest>(TISSUE).run(out.path(), progress)) <= 256);
}

#[test]
fn unpacking_stops() {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pcam/small/packed");
    let pcam = format!("source.pcam = {{ dir = {packed:?}, check_sums = false }}");
    let out = folder();
    assert_eq!(stopped(|progress| parse::<Ingest>(&pcam).run(out.path(), progress)), 0);
    assert!(files(out.path()).is_empty(), "what was unpacked is gone");
}

#[test]
fn preparing_and_exploring_stop() {
    let (_in, data) = ingest(TISSUE);
    let out = folder();
    let prepare: Preprocess = parse("");
    assert!(stopped(|progress| prepare.run(&data, out.path(), progress)) <= 256);
    let explore: Explore = parse("");
    assert!(stopped(|progress| explore.run(&data, out.path(), progress)) <= 1024);
}

#[test]
fn nothing_is_lost_for_those_who_do_not_stop() {
    let (_in, data) = ingest(TISSUE);
    let told = AtomicUsize::new(0);
    let progress = |done: usize, total: usize| {
        assert_eq!(total, 1500);
        told.store(done, Relaxed);
        ControlFlow::Continue(())
    };
    parse::<Explore>("").run(&data, folder().path(), &progress).unwrap();
    assert_eq!(told.into_inner(), 1500);
}
