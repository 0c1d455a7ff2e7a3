//! The part of a path that tells an image's class or patient.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::error::DataError;
use crate::data::problem::Problem;

/// A part of an image's path, relative to the source's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// One component: 0 is the first, -1 the file's name, -2 the folder it lies in.
    Component(i32),
    /// What the first group of a regular expression matches in the path, written with `/`.
    Regex(String),
}

impl Part {
    /// What is wrong with it, whatever the paths; `what` is the parameter's name.
    pub(super) fn problem(&self, what: &str) -> Option<Problem> {
        match self {
            Part::Component(_) => None,
            Part::Regex(regex) => compile(what, regex).err(),
        }
    }

    /// The part of each path.
    pub(super) fn of<'a>(
        &self,
        what: &'static str,
        paths: &'a [String],
    ) -> Result<Vec<&'a str>, DataError> {
        match self {
            Part::Component(component) => {
                paths.iter().map(|path| part(what, path, *component)).collect()
            }
            Part::Regex(regex) => matched(what, regex, paths),
        }
    }
}

fn compile(what: &str, regex: &str) -> Result<Regex, Problem> {
    let place = format!("{what}.regex");
    let compiled = Regex::new(regex).map_err(|error| {
        let help = "write it between 'single quotes', where a backslash is only a backslash";
        Problem::new(&place, format!("`{place}`: {error}"), help)
    })?;
    if compiled.captures_len() < 2 {
        let message = format!("`{place}` is `{regex}`, which has no group");
        let help = "put round brackets around the part that is wanted";
        return Err(Problem::new(place, message, help));
    }
    Ok(compiled)
}

fn part<'a>(what: &'static str, path: &'a str, component: i32) -> Result<&'a str, DataError> {
    let parts: Vec<&str> = path.split('/').collect();
    let length = parts.len() as i64;
    let from_start = i64::from(component) + if component < 0 { length } else { 0 };
    let found = usize::try_from(from_start).ok().and_then(|at| parts.get(at));
    found.copied().ok_or_else(|| DataError::NoComponent {
        what,
        component,
        id: path.into(),
        have: parts.len(),
    })
}

fn matched<'a>(
    what: &'static str,
    regex: &str,
    paths: &'a [String],
) -> Result<Vec<&'a str>, DataError> {
    let compiled = match compile(what, regex) {
        Ok(compiled) => compiled,
        Err(problem) => return Err(DataError::Parameters(vec![problem])),
    };
    let capture = |path: &'a String| Some(compiled.captures(path)?.get(1)?.as_str());
    let unmatched = paths.iter().filter(|path| capture(path).is_none());
    let ids: Vec<String> = unmatched.cloned().collect();
    if !ids.is_empty() {
        return Err(DataError::NoMatch { what, regex: regex.into(), ids });
    }
    Ok(paths.iter().filter_map(capture).collect())
}
