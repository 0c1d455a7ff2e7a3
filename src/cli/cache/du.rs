//! `microtome cache du`: what takes how much room.

use super::size;
use crate::{
    cli::{
        Exit, Failure, Form, StoreArgs, print,
        table::{counted, table},
    },
    engine::{
        moment::when,
        store::{Share, Usage},
    },
};
use clap::Args;
use serde_json::json;

/// Say what the store holds, by stages, and how much room it takes
#[derive(Args)]
pub struct Du {
    #[command(flatten)]
    store: StoreArgs,
    /// One JSON object a line: each stage, then the sum
    #[arg(long)]
    json: bool,
}

impl Du {
    pub fn form(&self) -> Form {
        Form::of(&self.json)
    }

    pub fn run(self) -> Result<Exit, Failure> {
        let usage = self.store.at()?.usage().map_err(|e| Failure::new(Exit::Failed, e))?;
        match self.form() {
            Form::Text => print(&text(&usage)),
            Form::Json => lines(&usage).iter().for_each(|line| print(line)),
        }
        Ok(Exit::Done)
    }
}

fn text(usage: &Usage) -> String {
    let row = |((pipeline, stage, kind), share): (&(String, String, String), &Share)| {
        vec![
            pipeline.clone(),
            stage.clone(),
            kind.clone(),
            share.records.to_string(),
            size::said(share.bytes),
            if share.shared > 0 { size::said(share.shared) } else { String::new() },
            when(share.used),
        ]
    };
    let rows: Vec<_> = usage.stages.iter().map(row).collect();
    let header = ["pipeline", "stage", "kind", "results", "size", "shared", "last used"];
    let records: u64 = usage.stages.values().map(|share| share.records).sum();
    let mut text = table(&header, &rows);
    text += &format!(
        "\n\n{} in {}, {}",
        counted(records, "result"),
        counted(usage.blobs, "file"),
        size::said(usage.bytes)
    );
    let rest = [
        (
            usage.orphan_bytes,
            "in files that no result needs; `microtome cache gc` clears them away",
        ),
        (usage.tmp, "of work in progress"),
        (usage.scratch, "of checkpoints of what is not finished"),
    ];
    for (bytes, what) in rest.iter().filter(|(bytes, _)| *bytes > 0) {
        text += &format!("\n{} {what}", size::said(*bytes));
    }
    if usage.unreadable > 0 {
        let records = counted(usage.unreadable, "record");
        text += &format!("\n{records} cannot be read; `microtome cache verify` says more");
    }
    text
}

fn lines(usage: &Usage) -> Vec<String> {
    let stage = |((pipeline, stage, kind), share): (&(String, String, String), &Share)| {
        json!({ "event": "stage", "pipeline": pipeline, "stage": stage, "kind": kind,
                "records": share.records, "bytes": share.bytes, "shared_bytes": share.shared,
                "last_used": share.used })
        .to_string()
    };
    let mut lines: Vec<_> = usage.stages.iter().map(stage).collect();
    let sum = json!({ "event": "sum", "blobs": usage.blobs, "bytes": usage.bytes,
                      "orphans": usage.orphans, "orphan_bytes": usage.orphan_bytes,
                      "tmp_bytes": usage.tmp, "scratch_bytes": usage.scratch,
                      "unreadable": usage.unreadable });
    lines.push(sum.to_string());
    lines
}
