//! Why a stage has to run, in the terms of the pipeline file.

use super::recipe::Difference;
use serde::Serialize;

/// Why a stage has to run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing like it is known here.
    New,
    /// It never finished here, and the lock file has its result.
    AsLocked,
    /// It was begun and left a checkpoint.
    Unfinished,
    /// What it depends on is not what it was.
    Changed {
        /// What it is compared with, where that is not the stage itself: a point that left the
        /// grid when this one came, or the lock file.
        was: Option<String>,
        differences: Vec<Difference>,
    },
    /// It ran, and its result is not kept any more.
    Forgotten,
    /// Its result is damaged, and how.
    Damaged(String),
    /// `--force`
    Forced,
}

impl Reason {
    /// The reason in the user's terms, one fact a line.
    pub fn lines(&self) -> Vec<String> {
        let line = match self {
            Reason::New => "it never finished here before".into(),
            Reason::AsLocked => "its result is not in this store; the recipe is as locked".into(),
            Reason::Unfinished => "it was interrupted; it goes on from its checkpoint".into(),
            Reason::Forgotten => "its result is not in the store any more".into(),
            Reason::Damaged(how) => format!("its result was damaged: {how}"),
            Reason::Forced => "it was forced".into(),
            Reason::Changed { was, differences } => {
                let mut lines: Vec<_> = differences.iter().map(Difference::to_string).collect();
                if let (Some(was), Some(first)) = (was, lines.first_mut()) {
                    *first = format!("compared with {was}, {first}");
                }
                return lines;
            }
        };
        vec![line]
    }
}
