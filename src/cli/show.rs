//! `microtome show`: the results that are there.

use super::{
    Exit, Failure, PipelineArgs, StoreArgs, print,
    table::{seconds, table},
};
use crate::engine::{Judge, Pipeline, Planned, Store, Verdict, plan, store::Record};
use clap::Args;
use std::collections::BTreeSet;

#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The files of these stages; without any, a table of all stages
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Show {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let pipeline = self.pipeline.load()?;
        let targets = super::run::targets(&pipeline, &self.stages)?;
        let store = self.store.at();
        let planned = plan(&Judge::new(&pipeline, &store, BTreeSet::new()), &targets);
        if self.stages.is_empty() {
            print(&overview(&pipeline, &planned));
            return Ok(Exit::Done);
        }
        for stage in planned.iter().filter(|stage| targets.contains(&stage.id)) {
            print(&files(&pipeline, &store, stage));
        }
        Ok(Exit::Done)
    }
}

fn overview(pipeline: &Pipeline, planned: &[Planned]) -> String {
    let row = |stage: &Planned| {
        let node = &pipeline.nodes[stage.id];
        let mut row = vec![node.name.clone(), node.kind.name.to_string()];
        match &stage.verdict {
            Verdict::Cached(record) => row.extend(cells(record)),
            _ => row.push("not there".into()),
        }
        row
    };
    let header = ["stage", "kind", "key", "made", "took", "speed", "result"];
    table(&header, &planned.iter().map(row).collect::<Vec<_>>())
}

fn cells(record: &Record) -> [String; 5] {
    let p = &record.provenance;
    let speed = p.rate.as_ref().map_or(String::new(), ToString::to_string);
    let headline = record.headline.clone().unwrap_or_default();
    [record.key().short(), when(p.started), seconds(p.seconds), speed, headline]
}

fn files(pipeline: &Pipeline, store: &Store, stage: &Planned) -> String {
    let name = &pipeline.nodes[stage.id].name;
    let Verdict::Cached(record) = &stage.verdict else {
        let (verdict, why) = super::plan::words(&stage.verdict);
        return format!("{name} has no result ({verdict}: {why})");
    };
    let row = |file: &crate::engine::artifact::File| {
        let path = store.blob(&file.digest).display().to_string();
        vec![file.name.clone(), file.size.to_string(), path]
    };
    let rows: Vec<_> = record.outputs.files().iter().map(row).collect();
    let headline = record.headline.as_deref().unwrap_or("done");
    let key = record.key();
    format!("{name}: {headline}\nkey {key}\n{}", table(&["file", "bytes", "lies at"], &rows))
}

/// A moment in UTC, to the minute: the civil calendar from days since 1970 (Howard Hinnant,
/// *chrono-compatible low-level date algorithms*, `civil_from_days`).
pub(super) fn when(seconds_since_1970: u64) -> String {
    let (days, rest) = (seconds_since_1970 / 86_400 + 719_468, seconds_since_1970 % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest % 3600 / 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_are_said_in_utc() {
        assert_eq!(super::when(0), "1970-01-01 00:00 UTC");
        assert_eq!(super::when(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(super::when(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(super::when(1_795_416_420), "2026-11-23 06:47 UTC");
    }
}
