//! What crosses the border between splits: groups with images on both sides, and images that are
//! there twice. Knows nothing of how splits are made.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::dataset::Row;
use super::duplicates::{Copies, Likeness, Pair};
use super::split::{Split, SplitBy};
use super::symmetry::Symmetry;

/// Two images of different splits that are not independent; a line of `leaks.csv`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leak {
    pub kind: LeakKind,
    /// The id of one image.
    pub first: String,
    pub first_split: Split,
    pub first_label: Option<u8>,
    /// The id of the other.
    pub second: String,
    pub second_split: Split,
    pub second_label: Option<u8>,
    /// Quarter turns counter-clockwise that, before mirroring, make the second of the first.
    pub turns: u8,
    /// Whether left and right then change places.
    pub mirrored: bool,
    /// The group of the first image.
    pub group: String,
}

/// Why two images are not independent, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakKind {
    /// They have the same pixels.
    Exact,
    /// They show the same: turned, mirrored, compressed anew.
    Near,
    /// They are of one patient or slide. Such a leak is listed once for each two splits.
    Group,
}

/// The header of `leaks.csv`.
pub(super) const COLUMNS: [&str; 10] = [
    "kind",
    "first",
    "first_split",
    "first_label",
    "second",
    "second_split",
    "second_label",
    "turns",
    "mirrored",
    "group",
];

impl Leak {
    fn new(kind: LeakKind, rows: [&Row; 2], splits: [Split; 2], symmetry: Symmetry) -> Leak {
        let [(first, first_split), (second, second_split)] =
            [(rows[0], splits[0]), (rows[1], splits[1])];
        Leak {
            kind,
            first: first.id.clone(),
            first_split,
            first_label: first.label,
            second: second.id.clone(),
            second_split,
            second_label: second.label,
            turns: symmetry.turns,
            mirrored: symmetry.mirrored,
            group: first.group.clone(),
        }
    }

    /// Whether they are copies of which one is called tumour and the other not.
    pub fn labels_disagree(&self) -> bool {
        let known = self.first_label.is_some() && self.second_label.is_some();
        self.kind != LeakKind::Group && known && self.first_label != self.second_label
    }
}

/// What crosses between the splits of these rows: copies whose labels disagree first, then exact
/// ones, near ones, and groups, each in the order of the rows.
pub(super) fn leaks(rows: &[Row], splits: &[Split], copies: &Copies) -> Vec<Leak> {
    let crosses = |pair: &&Pair| splits[pair.first] != splits[pair.second];
    let leak = |pair: &Pair| {
        let kind = match pair.likeness {
            Likeness::Exact => LeakKind::Exact,
            Likeness::Near => LeakKind::Near,
        };
        let of = [pair.first, pair.second];
        Leak::new(kind, of.map(|row| &rows[row]), of.map(|row| splits[row]), pair.symmetry)
    };
    let mut found: Vec<Leak> = copies.pairs.iter().filter(crosses).map(leak).collect();
    found.extend(torn(rows, splits));
    found.sort_by_key(|leak| (!leak.labels_disagree(), leak.kind));
    found
}

/// The first image of each further split that a group is in, with the first image of the group.
fn torn(rows: &[Row], splits: &[Split]) -> Vec<Leak> {
    let mut firsts: BTreeMap<(&str, Split), usize> = BTreeMap::new();
    for (row, (of, &split)) in rows.iter().zip(splits).enumerate() {
        firsts.entry((&of.group, split)).or_insert(row);
    }
    let mut before: Option<(&str, usize)> = None;
    let mut found = Vec::new();
    for ((group, _), row) in firsts {
        match before {
            Some((same, first)) if same == group => {
                let of = [first, row];
                let (of, splits) = (of.map(|row| &rows[row]), of.map(|row| splits[row]));
                found.push(Leak::new(LeakKind::Group, of, splits, Symmetry::IDENTITY));
            }
            _ => before = Some((group, row)),
        }
    }
    found
}

/// The rows, renamed so that what a drawn split must not tear apart has one name: the groups of
/// copies, or the copies themselves.
pub(super) fn joined(rows: &[Row], copies: &Copies, by: SplitBy) -> Vec<Row> {
    let mut rows = rows.to_vec();
    // Every name points to one before it that it is joined with; the first of all to nothing.
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    let first = |before: &BTreeMap<String, String>, name: &str| {
        let mut name = name;
        while let Some(earlier) = before.get(name) {
            name = earlier;
        }
        name.to_string()
    };
    for pair in &copies.pairs {
        let of = [pair.first, pair.second].map(|row| first(&before, by.unit(&rows[row])));
        let [a, b] = of;
        if a != b {
            before.insert(a.clone().max(b.clone()), a.min(b));
        }
    }
    for row in &mut rows {
        let name = first(&before, by.unit(row));
        match by {
            SplitBy::Group => row.group = name,
            SplitBy::Image => row.id = name,
        }
    }
    rows
}

/// `` `a` (train, label 1) and `b` (test, label 0) have the same pixels, and their labels disagree ``.
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let label = |label: Option<u8>| label.map_or("no label".into(), |x| format!("label {x}"));
        write!(
            f,
            "`{}` ({}, {}) and `{}` ({}, {}) ",
            self.first,
            self.first_split,
            label(self.first_label),
            self.second,
            self.second_split,
            label(self.second_label)
        )?;
        match self.kind {
            LeakKind::Exact => f.write_str("have the same pixels")?,
            LeakKind::Near => match (Symmetry { turns: self.turns, mirrored: self.mirrored }) {
                Symmetry::IDENTITY => f.write_str("show the same")?,
                symmetry => write!(f, "show the same, {symmetry}")?,
            },
            LeakKind::Group => write!(f, "are of the group `{}`", self.group)?,
        }
        if self.labels_disagree() { f.write_str(", and their labels disagree") } else { Ok(()) }
    }
}

/// `2 pairs of copies and 1 torn group`, of at least one leak.
pub(super) fn counted(leaks: &[Leak]) -> String {
    let groups = leaks.iter().filter(|leak| leak.kind == LeakKind::Group);
    let groups = groups.map(|leak| &leak.group).collect::<std::collections::BTreeSet<_>>().len();
    let pairs = leaks.iter().filter(|leak| leak.kind != LeakKind::Group).count();
    let one_or = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let pairs = one_or(pairs, "pair of copies", "pairs of copies");
    let groups = one_or(groups, "group", "groups");
    pairs.into_iter().chain(groups).collect::<Vec<_>>().join(" and ")
}
