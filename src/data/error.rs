//! Everything that can be wrong with data, each as one whole message that says what to do.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use super::split::Split;

/// What is wrong with the data, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },

    #[error("{}: {problem}; the data set is damaged, make it again", path.display())]
    Damaged { path: PathBuf, problem: String },

    #[error("{} is not a folder; set `dir` to {expected}", path.display())]
    MissingFolder { path: PathBuf, expected: &'static str },

    #[error("{} is missing; it lists the {what} of the images, set `{key}` to its name", path.display())]
    MissingTable { path: PathBuf, what: &'static str, key: &'static str },

    #[error(
        "{}: there is no column `{column}`, only {found}; its first line must name the columns",
        path.display()
    )]
    MissingColumn { path: PathBuf, column: String, found: String },

    #[error("{} is empty; its first line must name the columns", path.display())]
    EmptyTable { path: PathBuf },

    #[error("{}, line {line}: {have} of {want} fields; give each line as many as the first", path.display())]
    Ragged { path: PathBuf, line: u64, have: u64, want: u64 },

    #[error("{} is not a CSV file: {problem}", path.display())]
    NotCsv { path: PathBuf, problem: String },

    #[error("{}, line {line}: the label of `{id}` is `{value}`; a label is 0 or 1", path.display())]
    BadLabel { path: PathBuf, line: u64, id: String, value: String },

    #[error(
        "{}, line {second}: `{id}` is listed a second time, it is on line {first} already; \
         remove one of the two lines",
        path.display()
    )]
    Twice { path: PathBuf, id: String, first: u64, second: u64 },

    #[error(
        "{} lists {} that {} not in {}; add what is missing or remove the lines",
        path.display(), some(ids), if ids.len() == 1 { "is" } else { "are" }, folder.display()
    )]
    NoSuchImages { path: PathBuf, folder: PathBuf, ids: Vec<String> },

    #[error(
        "{} has no label for {}; add what is missing, remove the images, \
         or set `unlabelled = \"keep\"` to keep them without a label",
        path.display(), some(ids)
    )]
    Unlabelled { path: PathBuf, ids: Vec<String> },

    #[error(
        "{} has no split for {}; add what is missing, remove the images, or leave `splits` out",
        path.display(), some(ids)
    )]
    Unsplit { path: PathBuf, ids: Vec<String> },

    #[error(
        "{}, line {line}: `{value}` is no split; write train, valid (or val, validation) or test",
        path.display()
    )]
    BadSplit { path: PathBuf, line: u64, value: String },

    #[error("{} holds no image; {expected}", path.display())]
    Empty { path: PathBuf, expected: String },

    #[error(
        "{} of class {classes}, which is neither in `positive` ({positive}) nor in `negative` \
         ({negative}); add it to one of them, or let `label` point to another part of the path",
        some(ids)
    )]
    UnknownClass { ids: Vec<String>, classes: String, positive: String, negative: String },

    #[error("the class `{class}` is in both `positive` and `negative`; keep one of the two")]
    AmbiguousClass { class: String },

    #[error("`{what}.regex`: {problem}")]
    BadRegex { what: &'static str, problem: String },

    #[error(
        "`{what}.regex` is `{regex}`, which does not match {}; it must match every path",
        some(ids)
    )]
    NoMatch { what: &'static str, regex: String, ids: Vec<String> },

    #[error(
        "`{what}.component` is {component}, but `{id}` has {have} parts: \
         0 to {}, or -1 (the file's name) to -{have}", have - 1
    )]
    NoComponent { what: &'static str, component: i32, id: String, have: usize },

    #[error(
        "{} of {total} images cannot be used:{}\nrepair or remove them, or set \
         `on_bad_image = \"exclude\"` to leave them out and list them in rejected.csv",
        bad.len(), lines(bad)
    )]
    BadImages { bad: Vec<String>, total: usize },

    #[error("none of the {total} images can be used:{}\nrepair them", lines(bad))]
    AllBad { bad: Vec<String>, total: usize },

    #[error(
        "images of different sizes: `{one}` is {} and `{two}` is {} pixels wide and high; a packed \
         data set has one size, set `size` of the source to resize them when they are read",
        size(*one_size), size(*two_size)
    )]
    Sizes { one: String, one_size: (usize, usize), two: String, two_size: (usize, usize) },

    #[error("{what} is {value}; {expected}")]
    BadParameter { what: &'static str, value: String, expected: &'static str },

    #[error(
        "`split` has fractions that add up to {sum}: train = {train}, valid = {valid}, \
         test = {test}; they must add up to 1"
    )]
    Fractions { sum: f64, train: f64, valid: f64, test: f64 },

    #[error(
        "`split = \"given\"`, but the data has no split for {}; give the source `splits`, \
         or let `split` say the fractions, as in {{ train = 0.8, valid = 0.1, test = 0.1 }}",
        some(ids)
    )]
    NotGiven { ids: Vec<String> },

    #[error("the {split} split has no image of class {class} ({counts}); {advice}")]
    AbsentClass { split: Split, class: u8, counts: String, advice: &'static str },
}

impl DataError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> DataError + '_ {
        move |source| DataError::Read { path: path.into(), source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> DataError + '_ {
        move |source| DataError::Write { path: path.into(), source }
    }

    pub(super) fn damaged(path: &Path, problem: impl ToString) -> DataError {
        DataError::Damaged { path: path.into(), problem: problem.to_string() }
    }
}

/// How many of the same are named before the rest is counted.
const NAMED: usize = 3;

/// `1 image (a)`, `5 images (a, b, c and 2 more)`.
fn some(ids: &[String]) -> String {
    let noun = if ids.len() == 1 { "image" } else { "images" };
    format!("{} {noun} ({})", ids.len(), first(ids.iter().map(String::as_str)))
}

/// The first names of a list, and how many more there are.
pub(super) fn first<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let named: Vec<String> = names.take(NAMED).map(|name| format!("`{name}`")).collect();
    named.join(", ") + &more
}

/// The first of the problems, each on a line of its own.
fn lines(problems: &[String]) -> String {
    let mut text = String::new();
    for problem in problems.iter().take(NAMED) {
        let _ = write!(text, "\n  {problem}");
    }
    if let Some(rest) = problems.len().checked_sub(NAMED).filter(|&rest| rest > 0) {
        let _ = write!(text, "\n  and {rest} more");
    }
    text
}

fn size((height, width): (usize, usize)) -> String {
    format!("{width}×{height}")
}
