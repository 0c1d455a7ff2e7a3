//! Patterns that paths match, as shells have them. Knows nothing of files.

use std::path::Path;

use glob::{MatchOptions, Pattern};

use crate::data::problem::Problem;

/// A path matches if it matches one of them.
#[derive(Default)]
pub(super) struct Patterns(Vec<Pattern>);

/// A `*` does not reach into folders, and names are compared as they are written.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

impl Patterns {
    /// `key` is the parameter's name.
    pub fn new(key: &str, patterns: &[String]) -> Result<Patterns, Problem> {
        let compile = |pattern: &String| {
            Pattern::new(pattern).map_err(|error| {
                let message = format!("`{key}` holds `{pattern}`: {}", error.msg);
                Problem::new(key, message, "write a path with `*`, `**`, `?` or `[ab]` in it")
            })
        };
        Ok(Patterns(patterns.iter().map(compile).collect::<Result<_, _>>()?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the path, relative to the source's folder, matches one of them.
    pub fn fit(&self, path: &Path) -> bool {
        self.0.iter().any(|pattern| pattern.matches_path_with(path, OPTIONS))
    }
}
