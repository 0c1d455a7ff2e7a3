//! `microtome cache gc`: clears away what nobody needs.

use super::size;
use crate::{
    cli::{
        Exit, Failure, Form, StoreArgs, print, say,
        table::{counted, table},
    },
    engine::{
        moment::when,
        store::{Collected, Gone, How, Limit},
    },
};
use clap::Args;
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Clear away what nobody needs: without a limit, only what no result needs
///
/// What lock files name stays, as does what running processes use. Of the rest, results go that were
/// used longest ago, until the store is as small as --max-size says.
#[derive(Args)]
pub struct Gc {
    #[command(flatten)]
    store: StoreArgs,
    /// How large the store may be, such as 20GiB, 500MB or 0 [default: 0 with --keep-days, no limit
    /// without]
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_size: Option<u64>,
    /// Keep what was used within so many days, even if the store is larger then
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// Keep what this lock file names, besides those of all runs with this store
    #[arg(long, value_name = "FILE")]
    lock: Vec<PathBuf>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// One JSON object a line: each result that goes, then the sum
    #[arg(long)]
    json: bool,
}

impl Gc {
    pub fn form(&self) -> Form {
        Form::of(&self.json)
    }

    pub fn run(self) -> Result<Exit, Failure> {
        let store = if self.dry_run { self.store.at()? } else { self.store.open()? };
        let how = if self.dry_run { How::DryRun } else { How::Remove };
        let limit = match (self.max_size, self.keep_days) {
            (None, None) => None,
            (bytes, days) => Some(Limit {
                bytes: bytes.unwrap_or(0),
                keep: Duration::from_secs(86_400 * u64::from(days.unwrap_or(0))),
            }),
        };
        let waiting = || {
            say("another process keeps the store as it is; waiting for it to end");
        };
        let done = store.collect(limit, &self.lock, how, waiting);
        let done = done.map_err(|e| Failure::new(Exit::Failed, e))?;
        match self.form() {
            Form::Text => print(&text(&done, limit, how)),
            Form::Json => lines(&done, how).iter().for_each(|line| print(line)),
        }
        Ok(Exit::Done)
    }
}

fn text(done: &Collected, limit: Option<Limit>, how: How) -> String {
    let row = |gone: &Gone| {
        let (pipeline, stage) = (gone.pipeline.clone(), gone.stage.clone());
        vec![pipeline, stage, gone.key.short(), size::said(gone.bytes), when(gone.used)]
    };
    let mut text = String::new();
    if !done.records.is_empty() {
        let rows: Vec<_> = done.records.iter().map(row).collect();
        text = table(&["pipeline", "stage", "key", "size", "last used"], &rows) + "\n\n";
    }
    text += &format!(
        "{}: {} and {}, {}",
        if how == How::DryRun { "would go" } else { "gone" },
        counted(done.records.len() as u64, "result"),
        counted(done.blobs, "file"),
        size::said(done.bytes)
    );
    if done.leftovers > 0 {
        text += &format!(", and {}", counted(done.leftovers, "leftover"));
    }
    if done.linked > 0 {
        let bytes = size::said(done.linked);
        text += &format!(
            "\n{bytes} of that stay on the disk while links elsewhere, as in `out`, show them"
        );
    }
    let (kept, bytes) = (counted(done.kept, "result"), size::said(done.kept_bytes));
    text += &match how {
        How::DryRun => format!("\nwould stay: {kept}, {bytes}"),
        How::Remove => format!("\nkept: {kept}, {bytes}"),
    };
    if let Some(limit) = limit.filter(|limit| done.kept_bytes > limit.bytes) {
        let most = size::said(limit.bytes);
        text += &format!(
            ", which is more than {most}: the rest is named by lock files, in use, or was used \
             within the days to keep"
        );
    }
    text
}

fn lines(done: &Collected, how: How) -> Vec<String> {
    let event = if how == How::DryRun { "would_go" } else { "gone" };
    let line = |gone: &Gone| {
        json!({ "event": event, "pipeline": gone.pipeline, "stage": gone.stage,
                "key": gone.key.hex(), "bytes": gone.bytes, "last_used": gone.used })
        .to_string()
    };
    let mut lines: Vec<_> = done.records.iter().map(line).collect();
    let sum = json!({ "event": "sum", "records": done.records.len(), "blobs": done.blobs,
                      "bytes": done.bytes, "linked_bytes": done.linked,
                      "leftovers": done.leftovers, "kept": done.kept,
                      "kept_bytes": done.kept_bytes });
    lines.push(sum.to_string());
    lines
}
