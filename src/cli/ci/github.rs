//! Workflow commands of GitHub Actions: annotations, groups, and text that is none.
//!
//! The format is that of GitHub's *Workflow commands* and of the runner's `ActionCommand`: a line whose
//! first characters after white space are `::`, or that has `##[` anywhere, may be a command.

use super::ending::{Ending, Fate, Lock, StageEnding};
use std::borrow::Cow;

/// As many of a kind as GitHub shows of one step.
const MOST: usize = 10;

/// A remark at a place of a file.
struct Annotation {
    title: String,
    message: String,
    /// File, line, column.
    at: Option<(String, u64, u64)>,
}

/// The commands that annotate the files of a run, the most useful first: what kept it from running,
/// failures, missed gates, differences from the lock file; then what was skipped; then the sum.
pub fn annotations(ending: &Ending) -> Vec<String> {
    let notice = Annotation {
        title: format!("microtome {}", ending.pipeline),
        message: super::sum(ending),
        at: None,
    };
    let notice = if ending.stages.is_empty() { Vec::new() } else { vec![notice] };
    let kinds = [("error", errors(ending)), ("warning", warnings(ending)), ("notice", notice)];
    kinds.into_iter().flat_map(|(kind, found)| commands(kind, found)).collect()
}

fn errors(ending: &Ending) -> Vec<Annotation> {
    let mut found = Vec::new();
    for fault in &ending.faults {
        let title = "microtome ran nothing".to_string();
        let message = with_help(&fault.message, fault.help.as_deref());
        found.push(Annotation { title, message, at: fault.at.clone() });
    }
    for stage in &ending.stages {
        match &stage.fate {
            Fate::Failed { message, help } => {
                let message = with_help(message, help.as_deref());
                found.push(of(ending, stage, "failed", message));
            }
            Fate::Lacking { why } => found.push(of(ending, stage, "is not cached", why.clone())),
            _ => {}
        }
    }
    for stage in ending.stages.iter().filter(|stage| !stage.shortfalls.is_empty()) {
        found.push(of(ending, stage, "missed a gate", stage.shortfalls.join("\n")));
    }
    if ending.lock == Lock::Binds {
        let differing = || ending.stages.iter().filter_map(|s| Some((s, s.mismatch.as_ref()?)));
        let (follow, first): (Vec<_>, Vec<_>) = differing().partition(|(_, it)| it.follows());
        for (stage, mismatch) in first.into_iter().chain(follow) {
            let message = mismatch.lines().join("\n");
            found.push(of(ending, stage, "differs from the lock file", message));
        }
        for mismatch in &ending.gone {
            let title = format!("`{}` differs from the lock file", mismatch.stage);
            let at = Some((ending.file.clone(), 1, 1));
            found.push(Annotation { title, message: mismatch.lines().join("\n"), at });
        }
    }
    found
}

fn warnings(ending: &Ending) -> Vec<Annotation> {
    let warning = |stage: &StageEnding| match &stage.fate {
        Fate::Interrupted => {
            let message = "it goes on from its checkpoint the next time".to_string();
            Some(of(ending, stage, "was interrupted", message))
        }
        Fate::Skipped { because } => Some(of(ending, stage, "was skipped", because.clone())),
        _ => None,
    };
    ending.stages.iter().filter_map(warning).collect()
}

fn of(ending: &Ending, stage: &StageEnding, what: &str, message: String) -> Annotation {
    let at = stage.at.map(|(line, column)| (ending.file.clone(), line, column));
    Annotation { title: format!("`{}` {what}", stage.name), message, at }
}

fn with_help(message: &str, help: Option<&str>) -> String {
    help.map_or(message.to_string(), |help| format!("{message}\n{help}"))
}

/// At most ten commands of a kind; of more the tenth says how many.
fn commands(kind: &str, mut found: Vec<Annotation>) -> Vec<String> {
    if found.len() > MOST {
        let more = found.len() - (MOST - 1);
        found.truncate(MOST - 1);
        let message = "The step summary and the log have all of them.".to_string();
        let title = format!("and {more} more {kind}s");
        found.push(Annotation { title, message, at: None });
    }
    found.iter().map(|annotation| annotation.command(kind)).collect()
}

impl Annotation {
    fn command(&self, kind: &str) -> String {
        let mut properties = String::new();
        if let Some((file, line, column)) = &self.at {
            properties = format!("file={},line={line},col={column},", property(file));
        }
        properties += &format!("title={}", property(&self.title));
        format!("::{kind} {properties}::{}", data(&self.message))
    }
}

/// Opens a group of lines in the log.
pub fn group(title: &str) -> String {
    format!("::group::{}", data(title))
}

/// Closes it.
pub const END_GROUP: &str = "::endgroup::";

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text from stages and files, such that no line of it is taken for a command.
pub fn harmless(text: &str) -> Cow<'_, str> {
    // The runner also ends lines where .NET does.
    let is_end = |c: char| ['\n', '\r'].contains(&c);
    let is_command = |line: &str| line.trim_start().starts_with("::");
    if !text.contains("##[") && !text.split(is_end).any(is_command) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::new();
    for line in text.split_inclusive(is_end) {
        safe += if is_command(line) { "| " } else { "" };
        safe += &line.replace("##[", "## [");
    }
    safe.into()
}

/// The same for JSON on one line, whose values stay what they are.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    match json.contains("##[") {
        true => json.replace("##[", "#\\u0023[").into(),
        false => json.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Annotation, annotations, commands, harmless, harmless_json};
    use crate::{
        cli::ci::ending::{Ending, Fate, Lock, StageEnding},
        engine::{Mismatch, Ways},
    };
    use expect_test::expect;

    fn stage(name: &str, fate: Fate, shortfalls: &[&str], ways: Option<Ways>) -> StageEnding {
        StageEnding {
            name: name.into(),
            kind: "evaluate".into(),
            at: Some((1, 8)),
            fate,
            made: None,
            shortfalls: shortfalls.iter().map(|it| it.to_string()).collect(),
            mismatch: ways.map(|ways| Mismatch { stage: name.into(), ways }),
        }
    }

    #[test]
    fn the_most_useful_comes_first() {
        let follows = Ways::Recipe { differences: vec![], because: vec!["b".into()] };
        let failed = Fate::Failed { message: "it broke".into(), help: Some("mend it".into()) };
        let stages = vec![
            stage("a", Fate::Cached, &[], Some(follows)),
            stage("b", Fate::Cached, &[], Some(Ways::NotLocked)),
            stage("c", Fate::Cached, &["auc 0.7 < 0.9", "ece 0.2 > 0.1"], None),
            stage("d", Fate::Skipped { because: "`e` failed".into() }, &[], None),
            stage("e", failed, &[], None),
        ];
        let file = "p.toml".to_string();
        let ending =
            Ending { pipeline: "p".into(), file, stages, lock: Lock::Binds, ..Ending::default() };
        expect![[r#"
            ::error file=p.toml,line=1,col=8,title=`e` failed::it broke%0Amend it
            ::error file=p.toml,line=1,col=8,title=`c` missed a gate::auc 0.7 < 0.9%0Aece 0.2 > 0.1
            ::error file=p.toml,line=1,col=8,title=`b` differs from the lock file::is not in the lock file
            ::error file=p.toml,line=1,col=8,title=`a` differs from the lock file::because `b` differs
            ::warning file=p.toml,line=1,col=8,title=`d` was skipped::`e` failed
            ::notice title=microtome p::1 failed, 1 skipped, 3 cached, 2 gates missed, 2 unlike the lock file in 0.0 ms"#]]
        .assert_eq(&annotations(&ending).join("\n"));
    }

    fn annotation(title: &str, message: &str) -> Annotation {
        Annotation { title: title.into(), message: message.into(), at: None }
    }

    #[test]
    fn what_is_in_a_command_cannot_end_it() {
        let hostile = Annotation {
            at: Some(("a,line=9:b%.toml".into(), 3, 5)),
            ..annotation("x::warning::y", "100 %\r\n::error::no %0A")
        };
        expect!["::error file=a%2Cline=9%3Ab%25.toml,line=3,col=5,title=x%3A%3Awarning%3A%3Ay::100 %25%0D%0A::error::no %250A"]
            .assert_eq(&hostile.command("error"));
    }

    #[test]
    fn of_more_than_ten_the_tenth_counts_the_rest() {
        let many = |n: usize| (0..n).map(|i| annotation(&format!("t{i}"), "m")).collect();
        assert_eq!(commands("error", many(10)).len(), 10);
        let shown = commands("error", many(12));
        assert_eq!(shown.len(), 10);
        expect!["::error title=and 3 more errors::The step summary and the log have all of them."]
            .assert_eq(&shown[9]);
    }

    #[test]
    fn no_line_of_a_text_is_taken_for_a_command() {
        expect![[r#"
            cnn: a note
            | ::error::not mine
            |  	::set-output name=x::y
            in :: the :: middle
            early ## [error] ones"#]]
        .assert_eq(&harmless(
            "cnn: a note\n::error::not mine\n \t::set-output name=x::y\nin :: the :: middle\nearly ##[error] ones",
        ));
        assert_eq!(harmless("a\r::stop-commands::x"), "a\r| ::stop-commands::x");
        assert_eq!(harmless("as it is"), "as it is");
        let json = r###"{"message":"##[error]x"}"###;
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert!(!harmless_json(json).contains("##["));
        assert_eq!(value(&harmless_json(json)), value(json));
    }
}
