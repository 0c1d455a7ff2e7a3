//! A parquet file, read column by column and page by page. The only place that knows how that is done.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::basic::{Compression, ConvertedType, LogicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::rows::{Cells, Texts, Wanted};
use crate::data::error::DataError;
use crate::data::source::store::LARGEST_ENTRY;

/// Why this build cannot read shards: it can.
pub(super) const UNABLE: Option<(&str, &str)> = None;

/// Rows of a column of text that are read at a time.
const AT_A_TIME: usize = 1024;

/// An open file. Rows are counted from its start, across its row groups.
struct Shard {
    path: PathBuf,
    file: SerializedFileReader<File>,
}

/// What the rows of a shard say of their images.
pub(super) fn read(path: &Path, wanted: &Wanted) -> Result<Cells, DataError> {
    let shard = Shard::open(path)?;
    let texts = |name| shard.texts(shard.column(name)?);
    shard.image(wanted.image)?;
    let paths = shard.find(&format!("{}.path", wanted.image));
    Ok(Cells {
        labels: texts(wanted.label)?,
        paths: paths.map(|column| shard.texts(column)).transpose()?,
        groups: wanted.group.map(texts).transpose()?,
        splits: wanted.split.map(texts).transpose()?,
    })
}

impl Shard {
    fn open(path: &Path) -> Result<Shard, DataError> {
        let file = File::open(path).map_err(DataError::read(path))?;
        let file = guarded(|| SerializedFileReader::new(file));
        let file = file.map_err(|error| DataError::BadFile {
            path: path.into(),
            problem: format!("it is no parquet file that can be read: {}", reason(&error)),
        })?;
        Ok(Shard { path: path.into(), file })
    }

    fn bad(&self, problem: String) -> DataError {
        DataError::BadFile { path: self.path.clone(), problem }
    }

    fn columns(&self) -> &[parquet::schema::types::ColumnDescPtr] {
        self.file.metadata().file_metadata().schema_descr().columns()
    }

    /// The place of the column whose path is this: `label`, `image.bytes`.
    fn find(&self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.path().string() == name)
    }

    fn column(&self, name: &str) -> Result<usize, DataError> {
        self.find(name).ok_or_else(|| self.no_column(name))
    }

    fn no_column(&self, name: &str) -> DataError {
        let there = self.columns().iter().map(|column| column.path().string());
        let there: Vec<String> = there.collect();
        // A struct goes by the name that is in front of its parts.
        let outer = |path: &String| path.split('.').next().unwrap_or_default().to_string();
        let near = there.iter().map(outer).chain(there.iter().cloned());
        let near = near.map(|word| (strsim::damerau_levenshtein(name, &word), word)).min();
        let near = near.filter(|(distance, _)| *distance <= 2);
        let near = near.map_or(String::new(), |(_, word)| format!("; did you mean `{word}`?"));
        let there: Vec<String> = there.iter().map(|name| format!("`{name}`")).collect();
        self.bad(format!("it has no column `{name}`, only {}{near}", there.join(", ")))
    }

    /// The column of images' bytes.
    fn image(&self, name: &str) -> Result<usize, DataError> {
        let found = self.find(&format!("{name}.bytes")).or_else(|| self.find(name));
        let column = found.ok_or_else(|| self.no_column(name))?;
        let described = &self.columns()[column];
        match described.physical_type() {
            parquet::basic::Type::BYTE_ARRAY if described.max_rep_level() == 0 => Ok(column),
            _ => Err(self.bad(format!(
                "its column `{name}` holds {}, and images are bytes, alone or in a struct of \
                 `bytes` and `path`",
                word(described)
            ))),
        }
    }

    /// The pages of a column in a row group.
    fn pages(&self, group: usize, column: usize) -> Result<ColumnReader, DataError> {
        let described = self.file.metadata().row_group(group).columns().get(column);
        let codec = described.map(|chunk| chunk.compression());
        if let Some(codec) = codec
            && !matches!(
                codec,
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)
            )
        {
            return Err(self.bad(format!(
                "it is compressed by {codec}, which is not read; write it with snappy, zstd or none"
            )));
        }
        let pages = guarded(|| self.file.get_row_group(group)?.get_column_reader(column));
        pages.map_err(|error| self.damaged(group, column, None, &error))
    }

    fn damaged(
        &self,
        group: usize,
        column: usize,
        row: Option<usize>,
        error: &ParquetError,
    ) -> DataError {
        let name = self.columns()[column].path().string();
        let row = row.map_or(String::new(), |row| format!(", row {row}"));
        let reason = reason(error);
        self.bad(format!("row group {group}{row}, column `{name}`: {reason}; get the file again"))
    }

    /// How many rows a row group has.
    fn length(&self, group: usize) -> usize {
        usize::try_from(self.file.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    fn groups(&self) -> usize {
        self.file.metadata().num_row_groups()
    }

    /// A column as text.
    fn texts(&self, column: usize) -> Result<Texts, DataError> {
        let described = self.columns()[column].clone();
        let mut texts = Vec::new();
        for group in 0..self.groups() {
            let before = texts.len();
            let read = match self.pages(group, column)? {
                _ if described.max_rep_level() > 0 => None,
                ColumnReader::BoolColumnReader(pages) => {
                    Some(all(pages, &described, &mut texts, |value| Ok(value.to_string())))
                }
                ColumnReader::Int32ColumnReader(pages) if is_number(&described) => {
                    Some(all(pages, &described, &mut texts, |value| Ok(value.to_string())))
                }
                ColumnReader::Int64ColumnReader(pages) if is_number(&described) => {
                    Some(all(pages, &described, &mut texts, |value| Ok(value.to_string())))
                }
                ColumnReader::ByteArrayColumnReader(pages) => {
                    Some(all(pages, &described, &mut texts, |value| {
                        Ok(value.as_utf8()?.to_string())
                    }))
                }
                _ => None,
            };
            let Some(read) = read else {
                let (name, word) = (described.path().string(), word(&described));
                return Err(self.bad(format!(
                    "its column `{name}` holds {word}, not whole numbers, booleans or text"
                )));
            };
            read.map_err(|error| self.damaged(group, column, Some(texts.len()), &error))?;
            if texts.len() - before != self.length(group) {
                let error = ParquetError::EOF(format!(
                    "it holds {} of {} rows",
                    texts.len() - before,
                    self.length(group)
                ));
                return Err(self.damaged(group, column, None, &error));
            }
        }
        Ok(texts)
    }
}

/// Appends the values of a column of a row group as text.
fn all<T: DataType>(
    mut pages: ColumnReaderImpl<T>,
    described: &ColumnDescriptor,
    texts: &mut Texts,
    text: impl Fn(&T::T) -> Result<String, ParquetError>,
) -> Result<(), ParquetError> {
    let most = described.max_def_level();
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        values.clear();
        let levels_into = (most > 0).then_some(&mut levels);
        let read = || pages.read_records(AT_A_TIME, levels_into, None, &mut values);
        let (rows, ..) = guarded(read)?;
        if rows == 0 {
            return Ok(());
        }
        let mut values = values.iter();
        // A column that must not be empty has no levels: each row has a value.
        levels.resize(rows, most);
        for level in &levels {
            let value = if *level == most { values.next() } else { None };
            texts.push(value.map(&text).transpose()?);
        }
    }
}

/// The images of a shard, given in their order.
pub(super) struct Images {
    shard: Shard,
    column: usize,
    /// The row group that is read, and the row that it begins with.
    group: usize,
    first: usize,
    /// Its pages, from the row `next` on.
    pages: Option<ColumnReaderImpl<ByteArrayType>>,
    next: usize,
}

impl Images {
    pub fn open(path: &Path, name: &str) -> Result<Images, DataError> {
        let shard = Shard::open(path)?;
        let column = shard.image(name)?;
        Ok(Images { shard, column, group: 0, first: 0, pages: None, next: 0 })
    }

    /// The bytes of the image in a row, which does not come before one that was given already; or
    /// why it has none that can be used.
    pub fn get(&mut self, row: usize) -> Result<Result<Vec<u8>, String>, DataError> {
        while row >= self.first + self.shard.length(self.group) {
            self.first += self.shard.length(self.group);
            (self.group, self.pages, self.next) = (self.group + 1, None, self.first);
            if self.group >= self.shard.groups() {
                return Err(self.shard.bad(format!("it has no row {row}")));
            }
        }
        let value = self.value(row)?;
        self.next = row + 1;
        Ok(match value {
            Some(bytes) if bytes.len() as u64 <= LARGEST_ENTRY => Ok(bytes.data().to_vec()),
            Some(_) => Err(format!("its image takes more than {} MiB", LARGEST_ENTRY >> 20)),
            None => Err("it has no image, perhaps only the path of one".into()),
        })
    }

    fn value(&mut self, row: usize) -> Result<Option<ByteArray>, DataError> {
        let pages = match &mut self.pages {
            Some(pages) => pages,
            none => match self.shard.pages(self.group, self.column)? {
                ColumnReader::ByteArrayColumnReader(pages) => none.insert(pages),
                _ => return Ok(None),
            },
        };
        let most = self.shard.columns()[self.column].max_def_level();
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let ended = || ParquetError::EOF("its pages end before".into());
        let read = guarded(|| {
            pages.skip_records(row - self.next)?;
            let levels = (most > 0).then_some(&mut levels);
            pages.read_records(1, levels, None, &mut values)
        });
        match read {
            Ok((1, ..)) => Ok(values.pop()),
            Ok(_) => Err(self.shard.damaged(self.group, self.column, Some(row), &ended())),
            Err(error) => Err(self.shard.damaged(self.group, self.column, Some(row), &error)),
        }
    }
}

/// What the parquet library reads. It finds most damage and says so, but gives up in a panic on some
/// (one file in 20,000 of `tests/data/mutation.rs`); that is an error, too, beside which the
/// panic's own message still goes to stderr. What was read with is not used again after an error.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(ParquetError::General(format!("its reader gave up ({text})")))
    })
}

/// Whether whole numbers are that, and not dates or the like.
fn is_number(described: &ColumnDescriptor) -> bool {
    use ConvertedType::*;
    matches!(described.logical_type_ref(), None | Some(LogicalType::Integer { .. }))
        && matches!(
            described.converted_type(),
            NONE | INT_8 | INT_16 | INT_32 | INT_64 | UINT_8 | UINT_16 | UINT_32 | UINT_64
        )
}

/// What a column holds, for messages.
fn word(described: &ColumnDescriptor) -> String {
    let list = if described.max_rep_level() > 0 { "lists of " } else { "" };
    match described.converted_type() {
        ConvertedType::NONE => format!("{list}{}", described.physical_type()),
        converted => format!("{list}{converted}"),
    }
}

/// A parquet error without the word for its kind.
fn reason(error: &ParquetError) -> String {
    match error {
        ParquetError::General(text) | ParquetError::NYI(text) | ParquetError::EOF(text) => {
            text.clone()
        }
        ParquetError::External(error) => error.to_string(),
        other => other.to_string(),
    }
}
