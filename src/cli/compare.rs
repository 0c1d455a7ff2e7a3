//! `microtome compare`: models of stages, pipelines or lock files side by side.

mod csv;
mod text;

use super::{Exit, Failure, StoreArgs, print, say};
use crate::{
    engine::{LockFile, StageError, Store, pipeline},
    stages::{KINDS, Side, compare},
};
use clap::{Args, ValueEnum};
use std::path::Path;

#[derive(Args)]
pub struct Compare {
    /// A pipeline (all models that it evaluates) or a lock file; with `:STAGE` after it, one model
    /// or one evaluation. The first model is what the others are compared with
    #[arg(value_name = "PIPELINE[:STAGE]", required = true)]
    sides: Vec<String>,
    /// How the comparison is written; only JSON has everything
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Markdown,
    Csv,
    Json,
}

impl Compare {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let store = self.store.at()?;
        let sides = self.sides.iter().map(|side| find(side, &store));
        let sides = sides.collect::<Result<Vec<Side>, Failure>>()?;
        let comparison = compare(&sides, &store).map_err(failed)?;
        match self.format {
            Format::Table => print(&text::table(&comparison)),
            Format::Markdown => print(&text::markdown(&comparison)),
            Format::Csv => {
                print(csv::models(&comparison).trim_end());
                comparison.notes.iter().for_each(|note| say(&format!("note: {note}")));
            }
            Format::Json => {
                let json = serde_json::to_string_pretty(&comparison);
                print(&json.map_err(|error| Failure::new(Exit::Failed, error))?);
            }
        }
        Ok(Exit::Done)
    }
}

/// What the store has of one of the things to compare.
fn find(named: &str, store: &Store) -> Result<Side, Failure> {
    // A file whose name has a colon in it goes before a stage.
    let (file, only) = match named.rsplit_once(':') {
        Some((file, stage)) if !Path::new(named).exists() => (file, Some(stage.to_owned())),
        _ => (named, None),
    };
    let path = Path::new(file);
    let side = if path.extension().is_some_and(|ending| ending == "lock") {
        let lock = LockFile::read(path).map_err(|error| {
            let help = error.help();
            Failure::new(Exit::Wrong, error).with_help(help)
        })?;
        let lock = lock.ok_or_else(|| {
            Failure::new(Exit::Wrong, format!("{file} does not exist"))
                .with_help("an earlier one comes from `git show COMMIT:PATH > FILE.lock`")
        })?;
        Side::of_lock(file.into(), &lock, store)
    } else {
        Side::of_pipeline(file.into(), &pipeline::load(path, &[], KINDS)?, store)
    };
    Ok(match only {
        Some(stage) => side.only(stage),
        None => side,
    })
}

fn failed(error: StageError) -> Failure {
    super::failed(Exit::Failed)(error)
}
