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
        "{}: there is no column `{column}` among {found}; its first line must name the columns",
        path.display()
    )]
    MissingColumn { path: PathBuf, column: String, found: String },

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
        "{} is listed for {}; add the images to {} or remove the lines",
        path.display(), some("image that does not exist", "images that do not exist", ids),
        folder.display()
    )]
    NoSuchImages { path: PathBuf, folder: PathBuf, ids: Vec<String> },

    #[error(
        "{} have no label in {}; add the labels, remove the images, \
         or set `unlabelled = \"keep\"` to keep them without a label",
        some("image", "images", ids), path.display()
    )]
    Unlabelled { path: PathBuf, ids: Vec<String> },

    #[error(
        "{} have no split in {}; add them to it, remove the images, or leave `splits` out",
        some("image", "images", ids), path.display()
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
        "`{id}`: the class is `{class}`, which is neither in `positive` ({positive}) \
         nor in `negative` ({negative}); add it to one of them, or let `label` point elsewhere"
    )]
    UnknownClass { id: String, class: String, positive: String, negative: String },

    #[error("the class `{class}` is in both `positive` and `negative`; keep one of the two")]
    AmbiguousClass { class: String },

    #[error("`{what}.regex`: {problem}")]
    BadRegex { what: &'static str, problem: String },

    #[error("`{what}.regex` does not match {}; it is `{regex}`", some("image", "images", ids))]
    NoMatch { what: &'static str, regex: String, ids: Vec<String> },

    #[error(
        "`{what}.component` is {component}, but `{id}` has {have}; \
         0 is the first, -1 the file's name, -2 the folder it lies in"
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
        "`split = \"given\"`, but {} have no split in the data; give the source `splits`, \
         or let `split` say the fractions, as in {{ train = 0.8, valid = 0.1, test = 0.1 }}",
        some("image", "images", ids)
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
fn some(one: &str, many: &str, ids: &[String]) -> String {
    let named = ids.iter().take(NAMED).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!("{} {} ({named}{more})", ids.len(), if ids.len() == 1 { one } else { many })
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
