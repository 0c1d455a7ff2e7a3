//! Reads named columns of the CSV files people have: with or without a byte order mark, CRLF,
//! quotes and further columns. Knows nothing of what the columns mean.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::error::DataError;

/// A line's number in the file and its fields in the order that was asked for.
type Line<const N: usize> = (u64, [String; N]);

/// Reads the columns with these names.
fn read<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<Line<N>>, DataError> {
    let bytes = std::fs::read(path).map_err(DataError::read(path))?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let not_csv = |error| not_csv(path, error);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(not_csv)?.clone();
    if header.is_empty() {
        return Err(DataError::EmptyTable { path: path.into() });
    }
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = place_of(column, &header, path)?;
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let line = record.position().map_or(0, |position| position.line());
        lines.push((line, places.map(|place| record[place].to_string())));
    }
    Ok(lines)
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
    columns: [&str; 2],
    values: &Values<V>,
) -> Result<BTreeMap<String, (u64, V)>, DataError> {
    let lines = read(path, columns)?;
    let total = lines.len();
    let (mut found, mut bad) = (BTreeMap::new(), Vec::new());
    for (line, [id, value]) in lines {
        let id = (values.id)(&id);
        let Some(parsed) = (values.parse)(&value) else {
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
    header.iter().position(|name| name.eq_ignore_ascii_case(column)).ok_or_else(|| {
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
