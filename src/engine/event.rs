//! What a run tells while it goes on; the command line draws it or prints it as JSON.

use super::{reason::Reason, stage::Progress};
use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// So many stages are to be looked at.
    Began {
        pipeline: String,
        stages: usize,
    },
    /// A stage runs, and why.
    Started {
        stage: String,
        kind: &'static str,
        key: String,
        reasons: Vec<String>,
    },
    Progress {
        stage: String,
        progress: Progress,
    },
    /// Somebody else makes the same result; it will be taken from there.
    Waiting {
        stage: String,
        holder: String,
    },
    Cached {
        stage: String,
        kind: &'static str,
        key: String,
        headline: Option<String>,
    },
    Ran {
        stage: String,
        kind: &'static str,
        key: String,
        seconds: f64,
        headline: Option<String>,
    },
    Failed {
        stage: String,
        kind: &'static str,
        message: String,
        help: Option<String>,
    },
    /// It stopped because it was asked to; it goes on from its checkpoint when it runs again.
    Interrupted {
        stage: String,
        kind: &'static str,
    },
    Skipped {
        stage: String,
        kind: &'static str,
        because: String,
    },
    /// A point that the gate of its rung did not let through.
    HeldBack {
        stage: String,
        kind: &'static str,
        gate: String,
    },
    /// Something that does not stop the run, such as a result that could not be linked.
    Warning {
        message: String,
    },
}

/// Reasons as the user reads them, one fact a line.
pub fn sentences(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().flat_map(Reason::lines).collect()
}
