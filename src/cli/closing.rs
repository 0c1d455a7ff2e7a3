//! The table at the end of a run: what became of each stage, how long it took, and the metric that
//! matters.

use super::{
    progress::Look,
    say,
    table::{seconds, table},
};
use crate::engine::{NodeId, Run, StageError, State};
use serde_json::json;
use std::path::Path;

/// Where searches have more points than this, their cached ones are left out.
const POINTS_SHOWN: usize = 12;

/// Which points of searches have a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Points {
    All,
    /// A cached point of a large grid says nothing that its search does not say.
    Notable,
}

/// Prints the table, or its sum as JSON.
pub fn close(run: &Run, out: &Path, took: f64, look: Look) {
    let count = |what: &str| run.stages().filter(|(_, state)| word(state) == what).count();
    let (ran, cached) = (count("ran"), count("cached"));
    let (failed, skipped, stopped) = (count("failed"), count("skipped"), count("stopped"));
    let held = count("held back");
    if look == Look::Json {
        let line = json!({ "event": "finished", "ran": ran, "cached": cached, "failed": failed,
                           "skipped": skipped, "stopped": stopped, "held_back": held, "seconds": took });
        return super::print_json(&line.to_string());
    }
    let points = run.stages().filter(|(id, _)| run.pipeline.nodes[*id].search.is_some());
    let points = if points.count() > POINTS_SHOWN { Points::Notable } else { Points::All };
    let rows: Vec<_> = run.stages().filter_map(|(id, state)| row(run, id, state, points)).collect();
    say(&table(&["stage", "kind", "", "took", "result"], &rows));
    let mut sum = vec![];
    let counts = [
        (ran, "ran"),
        (cached, "cached"),
        (failed, "failed"),
        (stopped, "stopped"),
        (skipped, "skipped"),
        (held, "held back"),
    ];
    for (n, what) in counts.iter().filter(|(n, _)| *n > 0) {
        sum.push(format!("{n} {what}"));
    }
    say(&format!("\n{} in {}", sum.join(", "), seconds(took)));
    if let Some(path) = report(run, out) {
        say(&format!("report: {path}"));
    }
}

/// What results fall short of, cached ones too; None if all are as demanded.
pub fn shortfalls(run: &Run) -> Option<String> {
    let mut missed = Vec::new();
    for (id, state) in run.stages() {
        let shortfalls = state.record().map_or(&[][..], |record| &record.shortfalls);
        for shortfall in shortfalls {
            missed.push(format!("\n  `{}`: {shortfall}", run.pipeline.nodes[id].name));
        }
    }
    let demands = if missed.len() == 1 { "a gate was" } else { "gates were" };
    (!missed.is_empty()).then(|| format!("{demands} missed:{}", missed.concat()))
}

fn word(state: &State) -> &'static str {
    match state {
        State::Cached(_) => "cached",
        State::Ran(..) => "ran",
        State::Failed(StageError::Interrupted) => "stopped",
        State::Failed(_) => "failed",
        State::Skipped { .. } => "skipped",
        State::HeldBack { .. } => "held back",
        State::Waiting | State::Running => "",
    }
}

fn row(run: &Run, id: NodeId, state: &State, points: Points) -> Option<Vec<String>> {
    let node = &run.pipeline.nodes[id];
    let quiet = matches!(state, State::Cached(_) | State::HeldBack { .. });
    if node.search.is_some() && quiet && points == Points::Notable {
        return None;
    }
    let (took, result) = match state {
        State::Ran(record, _) => {
            let rate = record.provenance.rate.as_ref().map(ToString::to_string);
            let parts = record.headline.clone().into_iter().chain(rate);
            (seconds(record.provenance.seconds), parts.collect::<Vec<_>>().join(", "))
        }
        State::Cached(record) => (String::new(), record.headline.clone().unwrap_or_default()),
        State::Failed(error) => {
            (String::new(), error.to_string().lines().next().unwrap_or_default().to_string())
        }
        State::Skipped { because } => (String::new(), because.clone()),
        State::HeldBack { gate } => (String::new(), format!("by {gate}")),
        State::Waiting | State::Running => Default::default(),
    };
    Some(vec![node.name.clone(), node.kind.name.into(), word(state).into(), took, result])
}

/// Where the last finished page lies.
fn report(run: &Run, out: &Path) -> Option<String> {
    let pages = run.stages().filter(|(id, state)| {
        run.pipeline.nodes[*id].kind.output == "report" && state.record().is_some()
    });
    let (id, _) = pages.last()?;
    let folder = out.join(&run.pipeline.name).join(&run.pipeline.nodes[id].name);
    let page = folder.join("index.html");
    page.is_file().then(|| page.display().to_string())
}
