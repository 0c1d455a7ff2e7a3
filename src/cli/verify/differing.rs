//! The files in which two results differ, and where in them.

use crate::engine::{Store, artifact::Tree};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// One of two results that are compared.
pub struct Side<'a> {
    /// What became of it: `kept`, `made`.
    pub name: &'a str,
    pub store: &'a Store,
    pub tree: &'a Tree,
}

/// One line a file that is not the same on both sides, with both digests; in files of text, the first
/// line that differs, below.
pub fn differing(one: &Side, other: &Side) -> Vec<String> {
    let files = |side: &Side| -> BTreeMap<String, _> {
        side.tree.files().iter().map(|file| (file.name.clone(), file.digest)).collect()
    };
    let (old, new) = (files(one), files(other));
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let mut lines = Vec::new();
    for name in names {
        match (old.get(name), new.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let (from, to) = (one.name, other.name);
                lines.push(format!("{name}: {from} {}, {to} {}", a.short(), b.short()));
                let blobs = (one.store.blob(a), other.store.blob(b));
                if let Some((number, old, new)) = first_line(name, &blobs.0, &blobs.1) {
                    lines.push(format!("  line {number}, {from}: {old}"));
                    lines.push(format!("  line {number}, {to}: {new}"));
                }
            }
            (Some(a), None) => {
                lines.push(format!("{name}: {} {}, {} not", one.name, a.short(), other.name));
            }
            (None, Some(b)) => {
                lines.push(format!("{name}: {} {}, {} not", other.name, b.short(), one.name));
            }
            (None, None) => {}
        }
    }
    lines
}

/// The endings of files that people read line by line.
const TEXT: [&str; 8] = ["csv", "json", "txt", "md", "toml", "html", "svg", "text"];

/// The number and the texts of the first line in which two files of text differ.
fn first_line(name: &str, one: &Path, other: &Path) -> Option<(usize, String, String)> {
    let ending = Path::new(name).extension().unwrap_or(name.as_ref());
    if !TEXT.iter().any(|text| ending == *text) {
        return None;
    }
    let lines = |path| Some(BufReader::new(File::open(path).ok()?).split(b'\n'));
    let (mut one, mut other) = (lines(one)?, lines(other)?);
    for number in 1.. {
        match (one.next().transpose().ok()?, other.next().transpose().ok()?) {
            (None, None) => return None,
            (old, new) if old == new => {}
            (old, new) => return Some((number, shown(old), shown(new))),
        }
    }
    None
}

/// A line as it can be printed: short, and without control characters.
fn shown(line: Option<Vec<u8>>) -> String {
    const MOST: usize = 120;
    let Some(line) = line else { return "(the file has ended)".into() };
    let text = String::from_utf8_lossy(&line);
    let shown: String = text.chars().take(MOST).collect();
    let more = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("{}{more}", shown.escape_debug().to_string().replace("\\\"", "\""))
}
