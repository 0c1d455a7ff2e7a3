//! Reads named columns of the CSV files people have: with or without a byte order mark, CRLF,
//! quotes and further columns. Knows nothing of what the columns mean.

use std::path::Path;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::error::DataError;

/// A line's number in the file and its fields in the order that was asked for.
pub(super) type Line<const N: usize> = (u64, [String; N]);

/// Reads the columns with these names.
pub(super) fn read<const N: usize>(
    path: &Path,
    columns: [&str; N],
) -> Result<Vec<Line<N>>, DataError> {
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
