//! The step summary of GitHub Actions: how a run ended, as Markdown tables, of bounded size.

use super::ending::{Ending, Fate, Lock, StageEnding};
use crate::{cli::table::seconds, engine::Ways};

/// The most that GitHub takes of one step, in bytes.
pub const MOST: usize = 1 << 20;

/// What is kept for the ends of tables that are cut, and for the headers of the rest.
const KEPT: usize = 4096;

/// The longest text that stands in a cell.
const MOST_IN_A_CELL: usize = 2000;

/// The summary in at most `most` bytes: what went wrong, what changed, what came out, what ran.
pub fn summary(ending: &Ending, most: usize) -> String {
    let mut page = Page { text: String::new(), most };
    page.text +=
        &format!("## microtome: {}\n\n{}\n", escaped(&ending.pipeline), super::sum(ending));
    page.table("Why nothing was run", ["problem", "place", "what to do"], faults(ending));
    page.table("Failures", ["stage", "what happened", "what to do"], failures(ending));
    page.table("Missed gates", ["stage", "gate", "result"], gates(ending));
    let title = match ending.lock {
        Lock::Binds => "Differences from the lock file",
        Lock::Follows => "Changes to the lock file",
    };
    page.table(title, ["stage", "what", "locked", "found"], changes(ending));
    page.table("Results", ["stage", "kind", "result"], results(ending));
    page.table("What ran", ["stage", "took", "why"], of_those_that_ran(ending));
    page.table("What was not run", ["stage", "kind", "why"], of_those_left_out(ending));
    page.table("What was cached", ["stage", "made", "on", "key"], of_those_cached(ending));
    page.text
}

/// A text that grows by whole rows, up to a size.
struct Page {
    text: String,
    most: usize,
}

impl Page {
    /// A table under a title, if it has rows.
    fn table<const N: usize>(&mut self, title: &str, header: [&str; N], rows: Vec<[String; N]>) {
        if rows.is_empty() {
            return;
        }
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let names = header.iter().map(|name| name.to_string()).collect();
        let rule = header.iter().map(|_| "---".to_string()).collect();
        self.text += &format!("\n### {title}\n\n{}{}", line(names), line(rule));
        let all = rows.len();
        for (done, row) in rows.into_iter().enumerate() {
            let row = line(row.iter().map(|cell| escaped(cell)).collect());
            if self.text.len() + row.len() + KEPT > self.most {
                let left = all - done;
                self.text +=
                    &format!("\n{left} of {all} rows are left out: a summary has its limit.\n");
                return;
            }
            self.text += &row;
        }
    }
}

fn faults(ending: &Ending) -> Vec<[String; 3]> {
    let place = |at: &Option<(String, u64, u64)>| {
        at.as_ref().map_or(String::new(), |(file, line, column)| format!("{file}:{line}:{column}"))
    };
    let row = |fault: &super::ending::Fault| {
        [fault.message.clone(), place(&fault.at), fault.help.clone().unwrap_or_default()]
    };
    ending.faults.iter().map(row).collect()
}

fn failures(ending: &Ending) -> Vec<[String; 3]> {
    let row = |stage: &StageEnding| match &stage.fate {
        Fate::Failed { message, help } => {
            Some([stage.name.clone(), message.clone(), help.clone().unwrap_or_default()])
        }
        Fate::Lacking { why } => Some([
            stage.name.clone(),
            format!("it is not cached: {why}"),
            "run without `--frozen`".into(),
        ]),
        _ => None,
    };
    ending.stages.iter().filter_map(row).collect()
}

fn gates(ending: &Ending) -> Vec<[String; 3]> {
    let of = |stage: &StageEnding| {
        let row = |gate: &String| [stage.name.clone(), gate.clone(), headline(stage)];
        stage.shortfalls.iter().map(row).collect::<Vec<_>>()
    };
    ending.stages.iter().flat_map(of).collect()
}

fn changes(ending: &Ending) -> Vec<[String; 4]> {
    let of_stages = ending.stages.iter().filter_map(|stage| stage.mismatch.as_ref());
    let mut rows = Vec::new();
    for mismatch in of_stages.chain(&ending.gone) {
        let found = match &mismatch.ways {
            Ways::Recipe { differences, .. } => differences.as_slice(),
            Ways::Outputs(files) => files,
            Ways::Key(key) => std::slice::from_ref(key),
            _ => &[],
        };
        let side = |value: &Option<String>| value.clone().unwrap_or("–".into());
        for d in found {
            rows.push([mismatch.stage.clone(), d.place.clone(), side(&d.old), side(&d.new)]);
        }
        // What is no pair of values is said in words.
        for line in mismatch.lines().into_iter().skip(found.len()) {
            rows.push([mismatch.stage.clone(), line, String::new(), String::new()]);
        }
    }
    rows
}

fn results(ending: &Ending) -> Vec<[String; 3]> {
    let has = ending.stages.iter().filter(|stage| !headline(stage).is_empty());
    // The points of a search are many, and the search tells of them.
    let has = has.filter(|stage| !stage.name.contains('['));
    has.map(|stage| [stage.name.clone(), stage.kind.clone(), headline(stage)]).collect()
}

fn headline(stage: &StageEnding) -> String {
    stage.made.as_ref().and_then(|made| made.headline.clone()).unwrap_or_default()
}

fn of_those_that_ran(ending: &Ending) -> Vec<[String; 3]> {
    let row = |stage: &StageEnding| match (&stage.fate, &stage.made) {
        (Fate::Ran { reasons }, Some(made)) => {
            Some([stage.name.clone(), seconds(made.seconds), reasons.join("\n")])
        }
        _ => None,
    };
    ending.stages.iter().filter_map(row).collect()
}

fn of_those_left_out(ending: &Ending) -> Vec<[String; 3]> {
    let row = |stage: &StageEnding| {
        let why = match &stage.fate {
            Fate::Skipped { because } => format!("skipped: {because}"),
            Fate::Interrupted => "interrupted".into(),
            Fate::HeldBack { gate } => format!("held back by {gate}"),
            _ => return None,
        };
        Some([stage.name.clone(), stage.kind.clone(), why])
    };
    ending.stages.iter().filter_map(row).collect()
}

fn of_those_cached(ending: &Ending) -> Vec<[String; 4]> {
    let row = |stage: &StageEnding| match (&stage.fate, &stage.made) {
        (Fate::Cached, Some(made)) => {
            let key = made.key.chars().take(10).collect();
            Some([stage.name.clone(), made.when.clone(), made.host.clone(), key])
        }
        _ => None,
    };
    ending.stages.iter().filter_map(row).collect()
}

/// Text from anywhere as text of one table cell: nothing in it is Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == MOST_IN_A_CELL {
            safe += "…";
            break;
        }
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '\n' => safe += "<br>",
            '\t' => safe.push(' '),
            c if c.is_control() => safe.push('\u{fffd}'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' | '!' | '@' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
