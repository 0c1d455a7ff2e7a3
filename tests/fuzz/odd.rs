//! Pipelines that are not written but generated: deep, long, large.

use crate::{counting::peak_of, pipelines::parsed};
use std::time::{Duration, Instant};

/// The first problem of a pipeline, found in bounded time and memory.
fn refused(toml: &str, sets: &[String]) -> String {
    let begin = Instant::now();
    let (parsed, peak) = peak_of(|| parsed(toml, sets));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(peak < 512 << 20, "{peak} bytes");
    parsed.err().map_or("fine".into(), |rejected| rejected.problems[0].title())
}

#[test]
fn deep_nesting() {
    for depth in [100, 10_000, 100_000] {
        for (open, close) in [("[", "]"), ("{a=", "}")] {
            let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_ne!(refused(&format!("stage.a = {{ kind = 'ingest', x = {value} }}"), &[]), "fine");
            assert_ne!(refused("[stage.a]\nkind = 'ingest'", &[format!("stage.a.x={value}")]), "fine");
        }
        let key = vec!["a"; depth].join(".");
        assert_ne!(refused(&format!("[stage.{key}]\nb = 1"), &[]), "fine");
        assert_ne!(refused("[stage.a]\nkind = 'ingest'", &[format!("stage.a.{key}=1")]), "fine");
    }
}
