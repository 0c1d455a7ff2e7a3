//! A run as JUnit XML, which most CI services read: a stage is a test case.
//!
//! The structure is that of `junit-10.xsd`, which Jenkins checks files by. There only a suite has
//! properties, and so each stage is a suite of one case. XML 1.0 is written here rather than by a
//! library: two rules of escaping and six elements are all that it takes.

use super::ending::{Ending, Fate, Lock, Made, StageEnding};
use crate::engine::Mismatch;
use std::fmt::Write;

/// What became of a test case.
enum Outcome {
    Passed,
    Failed { kind: &'static str, message: String },
    Skipped { message: String },
}

/// A test case with all that is said of it.
struct Case {
    name: String,
    outcome: Outcome,
    seconds: f64,
    properties: Vec<(&'static str, String)>,
}

/// The whole file.
pub fn xml(ending: &Ending) -> String {
    let mut cases: Vec<Case> = ending.faults.iter().map(Case::of_fault).collect();
    cases.extend(ending.stages.iter().map(|stage| Case::of_stage(stage, ending.lock)));
    if ending.lock == Lock::Binds {
        cases.extend(ending.gone.iter().map(Case::of_mismatch));
    }
    let failed = cases.iter().filter(|case| matches!(case.outcome, Outcome::Failed { .. })).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{:.3}\">",
        escaped(&ending.pipeline),
        cases.len(),
        ending.seconds
    );
    cases.iter().for_each(|case| text += &case.xml(&ending.pipeline));
    text + "</testsuites>\n"
}

impl Case {
    fn of_fault(fault: &super::ending::Fault) -> Case {
        let place = match &fault.at {
            Some((file, line, column)) => format!("{file}:{line}:{column}: "),
            None => String::new(),
        };
        let message = format!("{place}{}{}", fault.message, as_line(fault.help.as_deref()));
        let outcome = Outcome::Failed { kind: "pipeline", message };
        Case { name: "pipeline".into(), outcome, seconds: 0.0, properties: Vec::new() }
    }

    fn of_mismatch(mismatch: &Mismatch) -> Case {
        let outcome = Outcome::Failed { kind: "lock", message: mismatch.lines().join("\n") };
        Case { name: mismatch.stage.clone(), outcome, seconds: 0.0, properties: Vec::new() }
    }

    fn of_stage(stage: &StageEnding, lock: Lock) -> Case {
        let (state, seconds) = match (&stage.fate, &stage.made) {
            (Fate::Ran { .. }, Some(made)) => ("ran", made.seconds),
            (Fate::Cached, _) => ("cached", 0.0),
            (Fate::Failed { .. }, _) => ("failed", 0.0),
            (Fate::Interrupted, _) => ("interrupted", 0.0),
            (Fate::Skipped { .. }, _) => ("skipped", 0.0),
            (Fate::HeldBack { .. }, _) => ("held back", 0.0),
            (Fate::Lacking { .. } | Fate::Ran { .. }, _) => ("not cached", 0.0),
        };
        let mut properties = vec![("kind", stage.kind.clone()), ("state", state.to_string())];
        properties.extend(stage.made.iter().flat_map(of_result));
        let outcome = outcome(stage, lock);
        Case { name: stage.name.clone(), outcome, seconds, properties }
    }

    fn xml(&self, pipeline: &str) -> String {
        let (pipeline, name) = (escaped(pipeline), escaped(&self.name));
        let (failed, skipped) = match self.outcome {
            Outcome::Passed => (0, 0),
            Outcome::Failed { .. } => (1, 0),
            Outcome::Skipped { .. } => (0, 1),
        };
        let seconds = format!("{:.3}", self.seconds);
        let mut text = format!(
            "  <testsuite name=\"{pipeline}.{name}\" tests=\"1\" failures=\"{failed}\" errors=\"0\" \
             skipped=\"{skipped}\" time=\"{seconds}\">\n"
        );
        if !self.properties.is_empty() {
            text += "    <properties>\n";
            for (name, value) in &self.properties {
                let value = escaped(value);
                let _ = writeln!(text, "      <property name=\"{name}\" value=\"{value}\"/>");
            }
            text += "    </properties>\n";
        }
        let case = format!("<testcase classname=\"{pipeline}\" name=\"{name}\" time=\"{seconds}\"");
        let _ = match &self.outcome {
            Outcome::Passed => writeln!(text, "    {case}/>"),
            Outcome::Failed { kind, message } => writeln!(
                text,
                "    {case}>\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>",
                escaped(message.lines().next().unwrap_or_default()),
                escaped(message)
            ),
            Outcome::Skipped { message } => writeln!(
                text,
                "    {case}>\n      <skipped message=\"{}\"/>\n    </testcase>",
                escaped(message)
            ),
        };
        text + "  </testsuite>\n"
    }
}

fn of_result(made: &Made) -> Vec<(&'static str, String)> {
    let result = made.headline.clone().map(|headline| ("result", headline));
    let mut properties = vec![
        ("key", made.key.clone()),
        ("host", made.host.clone()),
        ("made", made.when.clone()),
        ("took", format!("{:.3} s", made.seconds)),
        ("version", made.version.clone()),
    ];
    properties.extend(result);
    properties
}

/// The first of what is wrong gives the kind; the message has all.
fn outcome(stage: &StageEnding, lock: Lock) -> Outcome {
    match &stage.fate {
        Fate::Failed { message, help } => {
            let message = format!("{message}{}", as_line(help.as_deref()));
            return Outcome::Failed { kind: "failed", message };
        }
        Fate::Lacking { why } => {
            return Outcome::Failed { kind: "frozen", message: format!("not cached: {why}") };
        }
        Fate::Skipped { because } => return Outcome::Skipped { message: because.clone() },
        Fate::Interrupted => return Outcome::Skipped { message: "interrupted".into() },
        Fate::Ran { .. } | Fate::Cached | Fate::HeldBack { .. } => {}
    }
    let mismatch = stage.mismatch.as_ref().filter(|_| lock == Lock::Binds);
    let differs = mismatch.map_or(Vec::new(), Mismatch::lines);
    let kind = if stage.shortfalls.is_empty() { "lock" } else { "gate" };
    let wrong = [stage.shortfalls.as_slice(), &differs].concat();
    match &stage.fate {
        _ if !wrong.is_empty() => Outcome::Failed { kind, message: wrong.join("\n") },
        Fate::HeldBack { gate } => Outcome::Skipped { message: format!("held back by {gate}") },
        _ => Outcome::Passed,
    }
}

fn as_line(help: Option<&str>) -> String {
    help.map_or(String::new(), |help| format!("\n{help}"))
}

/// Any text as the text of an element or an attribute; characters that XML cannot have are replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            // Left as they are, a parser would make spaces of them in attributes.
            '\n' | '\r' | '\t' => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
