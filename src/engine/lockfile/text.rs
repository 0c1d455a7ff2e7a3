//! The lock file as text: TOML in a fixed order, one fact a line, so that two branches that changed
//! different stages merge.
//!
//! What all points of a search have in common is said once: ten thousand of them are a few megabytes.

use super::{LockError, LockFile, LockedStage};
use crate::engine::recipe::Facts;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write, path::Path};

/// Of what is written; 1 had no recipes.
const VERSION: u32 = 2;

/// The fact that every stage has of its own: the points of a search may be of several kinds.
const KIND: &str = "kind";

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    /// By the search, or what else stands before the brackets of names, and the kind.
    #[serde(default)]
    common: BTreeMap<String, BTreeMap<String, Facts>>,
    #[serde(default)]
    stage: BTreeMap<String, LockedStage>,
}

impl LockFile {
    /// Reads the text of the lock file at `path`.
    ///
    /// # Errors
    /// When it is none, or one of a later version, or has conflicts of a merge in it.
    pub fn parse(path: &Path, text: &str) -> Result<LockFile, LockError> {
        if let Some((line, marker)) = conflict(text) {
            return Err(LockError::Conflict { path: path.into(), line, marker });
        }
        let written: Written = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let place = line.map_or(String::new(), |line| format!("line {line}: "));
            // A message of several lines would break the sentence that it becomes a part of.
            let message = format!("{place}{}", error.message().replace('\n', " "));
            LockError::Foreign { path: path.into(), message }
        })?;
        let Written { version, common, mut stage } = written;
        if !(1..=VERSION).contains(&version) {
            return Err(LockError::Newer { path: path.into(), version });
        }
        for (name, locked) in &mut stage {
            let common = group(name, &locked.recipe)
                .and_then(|(search, kind)| common.get(search)?.get(kind));
            let common = common.into_iter().flatten();
            let common: Vec<_> =
                common.map(|(place, value)| (place.clone(), value.clone())).collect();
            for (place, value) in common {
                locked.recipe.entry(place).or_insert(value);
            }
        }
        Ok(LockFile { stage })
    }

    /// The file's text: stages and files sorted by name.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# Written by microtome: commit it, and check it with `microtome run --locked`.\n",
        );
        let _ = writeln!(text, "version = {VERSION}");
        let mut common = self.common();
        for (name, stage) in &self.stage {
            let group = group(name, &stage.recipe);
            // Said before the first of them, and only there.
            let shared = group.and_then(|group| common.get_mut(&group));
            let shared = shared.map(|(said, facts)| (std::mem::replace(said, true), &*facts));
            if let (Some((search, kind)), Some((false, facts))) = (group, shared) {
                let _ = writeln!(text, "\n[common.{}.{}]", quoted(search), quoted(kind));
                for (place, value) in facts {
                    let _ = writeln!(text, "{} = {}", quoted(place), quoted(value));
                }
            }
            let _ = writeln!(text, "\n[stage.{}]\nkey = \"{}\"", quoted(name), stage.key);
            let own = |place: &str| !shared.is_some_and(|(_, facts)| facts.contains_key(place));
            for (place, value) in stage.recipe.iter().filter(|(place, _)| own(place)) {
                let _ = writeln!(text, "recipe.{} = {}", quoted(place), quoted(value));
            }
            for (file, digest) in &stage.outputs {
                let _ = writeln!(text, "outputs.{} = \"{digest}\"", quoted(file));
            }
        }
        text
    }

    /// The facts in which all points of a search agree, and whether they were said already.
    fn common(&self) -> BTreeMap<(&str, &str), (bool, Facts)> {
        let mut groups: BTreeMap<(&str, &str), Vec<&Facts>> = BTreeMap::new();
        for (name, stage) in &self.stage {
            if let Some(group) = group(name, &stage.recipe) {
                groups.entry(group).or_default().push(&stage.recipe);
            }
        }
        let agreed = |recipes: Vec<&Facts>| {
            let (first, rest) = recipes.split_first()?;
            let same = |place: &String, value: &String| {
                place != KIND && rest.iter().all(|recipe| recipe.get(place) == Some(value))
            };
            let facts =
                first.iter().filter(|(place, value)| !rest.is_empty() && same(place, value));
            let facts: Facts = facts.map(|(p, v)| (p.clone(), v.clone())).collect();
            (!facts.is_empty()).then_some((false, facts))
        };
        groups.into_iter().filter_map(|(group, all)| Some((group, agreed(all)?))).collect()
    }
}

/// What a stage with brackets in its name belongs to: what stands before them, and its kind.
fn group<'a>(name: &'a str, recipe: &'a Facts) -> Option<(&'a str, &'a str)> {
    Some((name.split_once('[')?.0, recipe.get(KIND)?))
}

/// A TOML string on one line, without escapes where that is possible.
fn quoted(text: &str) -> String {
    let plain = |c: char| c != '\'' && !c.is_control();
    if text.contains(['"', '\\']) && text.chars().all(plain) {
        return format!("'{text}'");
    }
    // JSON's escapes are TOML's too, but for the one control character that JSON lets pass.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// The first line that git left of a merge in which both sides had changed the same.
fn conflict(text: &str) -> Option<(usize, String)> {
    let is_marker = |line: &str| {
        ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| {
            line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    let mut lines = text.lines().enumerate();
    let (number, line) = lines.find(|(_, line)| is_marker(line))?;
    Some((number + 1, line.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{LockFile, LockedStage, quoted};
    use crate::engine::{digest::Digest, lockfile::LockError, recipe::Facts};
    use std::path::Path;

    /// A search of so many points, each with forty parameters, of which two are its own.
    fn search(points: usize) -> LockFile {
        let digest = |i: usize| Digest::of_bytes(&i.to_le_bytes());
        let point = |i: usize| {
            let mut recipe: Facts = (0..38)
                .map(|n| (format!("params.model.layers[{n}].conv.filters"), "64".into()))
                .collect();
            recipe.insert("kind".into(), "train".into());
            recipe.insert("params.optimizer.adam.lr".into(), format!("0.{i}"));
            recipe.insert("params.seed".into(), i.to_string());
            let outputs = (0..6).map(|n| (format!("output-{n}.json"), digest(10 * i + n)));
            let stage = LockedStage { key: digest(i), recipe, outputs: outputs.collect() };
            (format!("search[lr=0.{i},seed={i}]"), stage)
        };
        LockFile { stage: (0..points).map(point).collect() }
    }

    #[test]
    fn ten_thousand_points_are_a_few_megabytes_and_read_as_they_were() {
        let lock = search(10_000);
        let text = lock.text();
        assert_eq!(text.matches("layers[7]").count(), 1, "said once for all");
        assert!(text.len() < 9_000_000, "{}", text.len());
        assert_eq!(LockFile::parse(Path::new("p.lock"), &text).unwrap(), lock);
    }

    #[test]
    fn one_more_point_changes_no_other_line() {
        let (fewer, more) = (search(20).text(), search(21).text());
        let added: Vec<_> = more.lines().filter(|line| !fewer.contains(line)).collect();
        let gone: Vec<_> = fewer.lines().filter(|line| !more.contains(line)).collect();
        // Its name, its key, its kind and two parameters, six digests.
        assert_eq!((gone.len(), added.len()), (0, 10), "{added:?}");
    }

    #[test]
    fn any_name_is_one_line_of_toml() {
        for name in [
            "plain",
            "with \"quotes\"",
            "back\\slash",
            "it's",
            "two\nlines\r\t",
            "\u{7f}\0",
            "π",
            "'\"'",
        ] {
            let line = format!("{} = 1", quoted(name));
            assert_eq!(line.lines().count(), 1, "{line}");
            let table: toml::Table = toml::from_str(&line).unwrap();
            assert_eq!(table.keys().collect::<Vec<_>>(), [name], "{line}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_conflict_is_none() {
        let text = "version = 2\n[stage.a]\nkey = \"x\"\n======= \n";
        let error = LockFile::parse(Path::new("p.lock"), text).unwrap_err();
        assert!(matches!(error, LockError::Conflict { line: 4, .. }), "{error}");
        let name = "stage.\"<<<<<<< HEAD\".key = \"x\"\n";
        let error =
            LockFile::parse(Path::new("p.lock"), &format!("version = 2\n{name}")).unwrap_err();
        assert!(matches!(error, LockError::Foreign { .. }), "{error}");
    }
}
