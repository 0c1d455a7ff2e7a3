//! Reads named columns of the CSV files people have: with or without a byte order mark, CRLF,
//! quotes and further columns, separated by commas, semicolons or tabs. Knows nothing of what the
//! columns mean.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};

use super::error::DataError;

/// A line's number in the file and its fields in the order that was asked for.
pub(super) type Line = (u64, Vec<String>);

/// What may stand between two fields.
const SEPARATORS: [u8; 3] = *b",;\t";

/// Reads the columns with these names; `path` is for messages.
pub(super) fn read(path: &Path, bytes: &[u8], columns: &[&str]) -> Result<Vec<Line>, DataError> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem = "it is UTF-16; save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet)".into();
        return Err(DataError::NotCsv { path: path.into(), problem });
    }
    let not_csv = |error| not_csv(path, error);
    let (mut reader, places) = open(path, bytes, columns)?;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let line = record.position().map_or(0, |position| position.line());
        lines.push((line, places.iter().map(|&place| record[place].to_string()).collect()));
    }
    Ok(lines)
}

/// The separator is the first one with which the first line names all columns.
fn open<'a>(
    path: &Path,
    bytes: &'a [u8],
    columns: &[&str],
) -> Result<(Reader<&'a [u8]>, Vec<usize>), DataError> {
    let mut missing = None;
    for separator in SEPARATORS {
        let mut builder = ReaderBuilder::new();
        let mut reader = builder.delimiter(separator).trim(Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|error| not_csv(path, error))?;
        if header.is_empty() {
            return Err(DataError::EmptyTable { path: path.into() });
        }
        let places = columns.iter().map(|column| place_of(column, header, path)).collect();
        match places {
            Ok(places) => return Ok((reader, places)),
            // A header that another separator splits, too, is more likely meant by the latter.
            Err(error) if missing.is_none() || header.len() > 1 => missing = Some(error),
            Err(_) => {}
        }
    }
    Err(missing.unwrap_or_else(|| DataError::EmptyTable { path: path.into() }))
}

/// What a column of values holds, and how it is written.
pub(super) struct Values<V> {
    /// The word for the values in messages.
    pub what: &'static str,
    /// Which values there are, for messages.
    pub expected: &'static str,
    /// An id as the data set has it.
    pub id: fn(&str) -> String,
    pub parse: fn(&str) -> Option<V>,
}

/// Reads a column of ids and one of values: the line and the value of each id.
pub(super) fn read_values<V>(
    path: &Path,
    bytes: &[u8],
    columns: [&str; 2],
    values: &Values<V>,
) -> Result<BTreeMap<String, (u64, V)>, DataError> {
    let lines = read(path, bytes, &columns)?;
    let total = lines.len();
    let (mut found, mut bad) = (BTreeMap::new(), Vec::new());
    for (line, fields) in lines {
        let (id, value) = ((values.id)(&fields[0]), &fields[1]);
        let Some(parsed) = (values.parse)(value) else {
            bad.push(format!("line {line}: `{value}` for `{id}`"));
            continue;
        };
        match found.entry(id) {
            Entry::Vacant(place) => _ = place.insert((line, parsed)),
            Entry::Occupied(place) => {
                let (id, first) = (place.key().clone(), place.get().0);
                return Err(DataError::Twice { path: path.into(), id, first, second: line });
            }
        }
    }
    if bad.is_empty() {
        return Ok(found);
    }
    let Values { what, expected, .. } = *values;
    Err(DataError::BadValues { path: path.into(), what, bad, total, expected })
}

/// The ids in the order of the file.
pub(super) fn in_order_of_lines<V>(values: BTreeMap<String, (u64, V)>) -> Vec<String> {
    let mut ids: Vec<(u64, String)> =
        values.into_iter().map(|(id, (line, _))| (line, id)).collect();
    ids.sort_unstable();
    ids.into_iter().map(|(_, id)| id).collect()
}

fn place_of(column: &str, header: &StringRecord, path: &Path) -> Result<usize, DataError> {
    let named = |name: &&str| name.eq_ignore_ascii_case(column);
    if header.iter().filter(named).count() > 1 {
        return Err(DataError::ColumnTwice { path: path.into(), column: column.into() });
    }
    header.iter().position(|name| named(&name)).ok_or_else(|| {
        let found = header.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        DataError::MissingColumn { path: path.into(), column: column.into(), found }
    })
}

fn not_csv(path: &Path, error: csv::Error) -> DataError {
    let path = path.into();
    match error.kind() {
        &ErrorKind::UnequalLengths { ref pos, expected_len: want, len: have } => {
            let line = pos.as_ref().map_or(0, |position| position.line());
            DataError::Ragged { path, line, have, want }
        }
        _ => DataError::NotCsv { path, problem: error.to_string() },
    }
}
