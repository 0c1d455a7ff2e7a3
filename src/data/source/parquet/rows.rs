//! What the rows of shards say of their images: ids, labels, groups and splits. Knows nothing of how
//! a shard is read.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::{Parquet, shard};
use crate::data::dataset::Row;
use crate::data::error::DataError;
use crate::data::split::Split;

/// The names of the columns that are read of each row.
#[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "nothing reads shards"))]
pub(super) struct Wanted<'a> {
    pub image: &'a str,
    pub label: &'a str,
    pub group: Option<&'a str>,
    pub split: Option<&'a str>,
}

/// A column as text; `None` where a row has nothing.
pub(super) type Texts = Vec<Option<String>>;

/// What the columns of a shard say, a row each.
pub(super) struct Cells {
    pub labels: Texts,
    /// The path that is written beside the image's bytes, where there is a column of paths.
    pub paths: Option<Texts>,
    pub groups: Option<Texts>,
    pub splits: Option<Texts>,
}

/// The images of all shards, in the order of their names; and where each shard ends among them.
pub(super) fn rows(
    source: &Parquet,
    root: &Path,
    names: &[String],
) -> Result<(Vec<Row>, Vec<usize>), DataError> {
    let wanted = Wanted {
        image: &source.image,
        label: &source.label,
        group: source.group.as_deref(),
        split: source.split.as_deref(),
    };
    let shards: Vec<Cells> = names
        .iter()
        .map(|name| shard::read(&root.join(name), &wanted))
        .collect::<Result<_, _>>()?;
    let mut ids = ids(names, &shards).into_iter();
    let (mut rows, mut ends) = (Vec::new(), Vec::new());
    for (name, cells) in names.iter().zip(shards) {
        let ids: Vec<String> = ids.by_ref().take(cells.labels.len()).collect();
        rows.extend(of_shard(source, &root.join(name), name, cells, ids)?);
        ends.push(rows.len());
    }
    if rows.is_empty() {
        let expected = "its shards have no rows".into();
        return Err(DataError::Empty { path: root.into(), expected });
    }
    Ok((rows, ends))
}

/// An id for each image: its path without the ending, if these are all there and all different, else
/// the shard and the row.
fn ids(names: &[String], shards: &[Cells]) -> Vec<String> {
    let paths = shards.iter().map(|cells| cells.paths.iter().flatten().flatten());
    let stems: Vec<String> = paths.flatten().map(|path| stem(path).into()).collect();
    let different = stems.iter().collect::<BTreeSet<_>>().len();
    if different == shards.iter().map(|cells| cells.labels.len()).sum::<usize>() {
        return stems;
    }
    let of = |(name, cells): (&String, &Cells)| {
        let shard = stem(name).to_string();
        (0..cells.labels.len()).map(move |row| format!("{shard}-{row:06}")).collect::<Vec<_>>()
    };
    names.iter().zip(shards).flat_map(of).collect()
}

/// A path without the ending of its last part.
fn stem(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[name..].rfind('.') {
        Some(dot) if dot > 0 => &path[..name + dot],
        _ => path,
    }
}

fn of_shard(
    source: &Parquet,
    path: &Path,
    name: &str,
    cells: Cells,
    ids: Vec<String>,
) -> Result<Vec<Row>, DataError> {
    let bad = |problem| DataError::BadFile { path: path.into(), problem };
    let labels = source.classes().labels(&ids, cells.labels.iter().map(Option::as_deref))?;
    let groups = match cells.groups {
        Some(groups) => named(groups, source.group.as_deref().unwrap_or_default()).map_err(bad)?,
        None => ids.clone(),
    };
    let splits = match &cells.splits {
        Some(splits) => parsed(splits, source.split.as_deref().unwrap_or_default()).map_err(bad)?,
        None => vec![split_of(name); ids.len()],
    };
    let facts = ids.into_iter().zip(labels).zip(groups).zip(splits);
    let row = |(((id, label), group), split)| Row {
        id,
        label,
        group,
        split,
        source: name.into(),
        origin: "parquet".into(),
    };
    Ok(facts.map(row).collect())
}

/// Groups, which all have a name.
fn named(groups: Texts, column: &str) -> Result<Vec<String>, String> {
    let given = |(row, group): (usize, Option<String>)| {
        let group = group.filter(|group| !group.is_empty());
        group.ok_or_else(|| format!("row {row}: its `{column}` is empty; a group has a name"))
    };
    groups.into_iter().enumerate().map(given).collect()
}

/// Splits, one of ours or none in each row.
fn parsed(splits: &Texts, column: &str) -> Result<Vec<Option<Split>>, String> {
    let parse = |(row, split): (usize, &Option<String>)| {
        let Some(split) = split else { return Ok(None) };
        let parsed = Split::parse(split).ok_or_else(|| {
            format!(
                "row {row}: its `{column}` is `{split}`; a split is train, valid (or val, \
                 validation) or test"
            )
        });
        parsed.map(Some)
    };
    splits.iter().enumerate().map(parse).collect()
}

/// The split that the name of a shard, or else of a folder it lies in, begins with.
fn split_of(name: &str) -> Option<Split> {
    let parts = Path::new(stem(name)).components().rev().filter_map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    parts.filter_map(|part| Split::parse(part.split('-').next()?)).next()
}
