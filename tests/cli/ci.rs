//! A pipeline for the tests of what CI sees, and what varies taken out of it.

use crate::world::{Done, World, done};

/// Three stages that take no time.
pub const SMALL: &str = r#"[pipeline]
name = "small"

[stage.patches]
kind = "ingest"
source = { synthetic = { count = 24, size = 16, slides = 6 } }

[stage.prep]
kind = "preprocess"
data = "patches"
split = { train = 0.5, valid = 0.25, test = 0.25 }

[stage.again]
kind = "preprocess"
data = "prep"
size = 8
split = "given"
"#;

/// A run as on GitHub Actions, with its summary in `summary.md`.
pub fn on_github(world: &World, args: &str) -> Done {
    let mut command = world.command(args);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", world.path("summary.md"));
    done(command.output().unwrap())
}

/// A text without dates, durations, hosts and keys.
pub fn constant(text: &str) -> String {
    let mut text = text.to_string();
    let host = microtome::engine::store::host();
    let patterns = [
        (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC", "WHEN"),
        (r"\d+\.\d+ (ms|s)\b", "TIME"),
        (r#"time="[\d.]+""#, r#"time="TIME""#),
        (r"\b[0-9a-f]{64}\b", "KEY"),
        (r"\b[0-9a-f]{10}\b", "DIGEST"),
    ];
    for (pattern, name) in patterns {
        text = regex::Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
    }
    let version = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");
    text.replace(&host, "HOST").replace(version, "\"VERSION\"")
}
