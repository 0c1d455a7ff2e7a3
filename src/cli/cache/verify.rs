//! `microtome cache verify`: is all what it says it is?

use super::size;
use crate::{
    cli::{Exit, Failure, Form, StoreArgs, print, progress::bar_of, table::counted},
    engine::store::{Damage, Found},
};
use clap::Args;
use serde_json::json;

/// Read all that the store holds, and forget what is damaged: it is made again when it is needed
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    store: StoreArgs,
    /// One JSON object a line: each thing that was damaged, then the sum
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub fn form(&self) -> Form {
        Form::of(&self.json)
    }

    pub fn run(self) -> Result<Exit, Failure> {
        let failed = |error| Failure::new(Exit::Failed, error);
        let store = self.store.open()?;
        let bar = bar_of(store.bytes_to_check().map_err(failed)? >> 20, "MiB");
        let read = std::sync::atomic::AtomicU64::new(0);
        let found = store.check(|bytes| {
            let before = read.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
            bar.set_position((before + bytes) >> 20);
        });
        bar.finish_and_clear();
        let found = found.map_err(failed)?;
        match self.form() {
            Form::Text => print(&text(&found)),
            Form::Json => lines(&found).iter().for_each(|line| print(line)),
        }
        Ok(if found.damaged.is_empty() { Exit::Done } else { Exit::Failed })
    }
}

fn text(found: &Found) -> String {
    let word = if found.kept.is_some() { "damaged" } else { "forgot" };
    let mut text = String::new();
    for damage in &found.damaged {
        text += &match damage {
            Damage::Blob { digest, why } => format!("{word} file {}: {why}\n", digest.short()),
            Damage::Record { key, stage: Some(stage), why } => {
                format!("{word} the result {} of {stage}: {why}\n", key.short())
            }
            Damage::Record { key, stage: None, why } => {
                format!("{word} the result {}: {why}\n", key.short())
            }
        };
    }
    for stranger in &found.strangers {
        text += &format!("unknown, and left alone: {}\n", stranger.display());
    }
    let damaged = |blob| {
        let is = |damage: &&Damage| matches!(damage, Damage::Blob { .. }) == blob;
        found.damaged.iter().filter(is).count() as u64
    };
    text += &format!(
        "{} ({}) and {} checked: ",
        counted(found.blobs, "file"),
        size::said(found.bytes),
        counted(found.records, "result")
    );
    text += &match (damaged(true), damaged(false)) {
        (0, 0) => "all whole".to_string(),
        (blobs, records) => {
            format!("{} and {} damaged", counted(blobs, "file"), counted(records, "result"))
        }
    };
    if found.orphans > 0 {
        let (files, bytes) = (counted(found.orphans, "file"), size::said(found.orphan_bytes));
        text +=
            &format!("\nno result needs {files} ({bytes}); `microtome cache gc` clears that away");
    }
    if let Some(why) = found.kept.as_ref().filter(|_| !found.damaged.is_empty()) {
        text += &format!("\nnothing was forgotten, since the store cannot be written to: {why}");
    }
    text
}

fn lines(found: &Found) -> Vec<String> {
    let event = if found.kept.is_some() { "damaged" } else { "forgot" };
    let damage = |damage: &Damage| match damage {
        Damage::Blob { digest, why } => {
            json!({ "event": event, "blob": digest.hex(), "why": why })
        }
        Damage::Record { key, stage, why } => {
            json!({ "event": event, "key": key.hex(), "stage": stage, "why": why })
        }
    };
    let stranger = |path: &std::path::PathBuf| json!({ "event": "unknown", "path": path });
    let mut lines: Vec<_> = found.damaged.iter().map(damage).collect();
    lines.extend(found.strangers.iter().map(stranger));
    lines.push(json!({ "event": "sum", "blobs": found.blobs, "bytes": found.bytes,
                       "records": found.records, "damaged": found.damaged.len(),
                       "orphans": found.orphans, "orphan_bytes": found.orphan_bytes }));
    lines.iter().map(ToString::to_string).collect()
}
