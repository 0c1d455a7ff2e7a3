//! Several sources in one data set. Knows nothing of what each of them is.

use std::collections::BTreeMap;

use super::{Listing, Source, SourceFiles, Surroundings};
use crate::data::dataset::Row;
use crate::data::error::DataError;
use crate::data::problem::Problem;

/// The sources by their names, in the order of which they are read.
type Sources = BTreeMap<String, Source>;

pub(super) fn files(sources: &Sources) -> Vec<(String, SourceFiles)> {
    let named = |(name, source): (&String, &Source)| {
        let files = source.files().into_iter();
        files.map(|(key, files)| (format!("mix.{name}.{key}"), files)).collect::<Vec<_>>()
    };
    sources.iter().flat_map(named).collect()
}

pub(super) fn problems(sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    if sources.is_empty() {
        let help = "name one or more sources, as in { a = { folder = { … } }, b = { pcam = { … } } }";
        problems.push(Problem::new("", "`mix` names no source".into(), help));
    }
    for (name, source) in sources {
        if let Source::Mix(_) = source {
            let message = format!("`{name}` is a mix in a mix");
            problems.push(Problem::new(name, message, "name all sources in one mix"));
        }
        if name.is_empty() || name.contains('/') {
            let message = format!("`{name}` cannot be the name of a source");
            problems.push(Problem::new(name, message, "choose a name without `/`"));
        }
        let within = |problem: Problem| problem.within(source.origin()).within(name);
        problems.extend(source.problems().into_iter().map(within));
    }
    problems
}

pub(super) fn list<'a>(
    sources: &'a Sources,
    around: Surroundings<'a>,
) -> Result<Vec<Listing<'a>>, DataError> {
    let mut listings = Vec::new();
    for (name, source) in sources {
        for listing in source.list(around)? {
            let rows = listing.rows.into_iter().map(|row| of(name, row)).collect();
            listings.push(Listing { rows, ..listing });
        }
    }
    Ok(listings)
}

/// The row as one of the mix: what is the same in two sources by chance stays apart.
fn of(name: &str, row: Row) -> Row {
    Row {
        id: format!("{name}/{}", row.id),
        group: format!("{name}/{}", row.group),
        origin: name.into(),
        ..row
    }
}
