//! Everything that can be wrong with data, each as one whole message that says what to do.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use super::leaks::{Leak, counted};
use super::problem::Problem;
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

    #[error("{} is not empty; give a folder that is not there yet", path.display())]
    NotEmpty { path: PathBuf },

    #[error("{} is not a folder; set `dir` to {expected}", path.display())]
    MissingFolder { path: PathBuf, expected: &'static str },

    #[error("{} is missing; it lists the {what} of the images, set `{key}` to its name", path.display())]
    MissingTable { path: PathBuf, what: &'static str, key: &'static str },

    #[error(
        "{}: there is no column `{column}`, only {found}; its first line must name the columns",
        path.display()
    )]
    MissingColumn { path: PathBuf, column: String, found: String },

    #[error("{} names the column `{column}` twice; rename one of the two", path.display())]
    ColumnTwice { path: PathBuf, column: String },

    #[error("{} is larger than 256 MiB, which no table of labels is", path.display())]
    LargeTable { path: PathBuf },

    #[error("{} is no zip file that can be read: {problem}; get it again", path.display())]
    NotZip { path: PathBuf, problem: String },

    #[error("`{name}` in {}: {problem}; get the archive again", path.display())]
    BadEntry { path: PathBuf, name: String, problem: String },

    #[error("{}: {problem}", path.display())]
    BadFile { path: PathBuf, problem: String },

    #[error(
        "{} does not list {}; add what is missing, or {advice}", path.display(), some(ids)
    )]
    Unlisted { path: PathBuf, ids: Vec<String>, advice: &'static str },

    #[error("{}: {} of {total} images cannot be found:{}", path.display(), bad.len(), lines(bad))]
    Unclear { path: PathBuf, bad: Vec<String>, total: usize },

    #[error("`{id}` is the id of both `{one}` and `{two}`; rename or remove one of them")]
    SameId { id: String, one: String, two: String },

    #[error("`sample` asks for {wanted} of {total} images; {advice}")]
    Sample { wanted: usize, total: usize, advice: &'static str },

    #[error("{} is empty; its first line must name the columns", path.display())]
    EmptyTable { path: PathBuf },

    #[error("{}, line {line}: {have} of {want} fields; give each line as many as the first", path.display())]
    Ragged { path: PathBuf, line: u64, have: u64, want: u64 },

    #[error("{} is not a CSV file: {problem}", path.display())]
    NotCsv { path: PathBuf, problem: String },

    #[error(
        "{}: {} of {total} {what} cannot be used:{}\n{expected}",
        path.display(), bad.len(), lines(bad)
    )]
    BadValues {
        path: PathBuf,
        what: &'static str,
        bad: Vec<String>,
        total: usize,
        expected: &'static str,
    },

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

    #[error("{} holds no image; {expected}", path.display())]
    Empty { path: PathBuf, expected: String },

    #[error(
        "{} of class {classes}, which is neither in `positive` ({positive}) nor in `negative` \
         ({negative}); add it to one of them, or let `label` point to another part of the path or another column",
        some(ids)
    )]
    UnknownClass { ids: Vec<String>, classes: String, positive: String, negative: String },

    #[error("the names of {} in {} cannot be used:{}", count(bad), folder.display(), lines(bad))]
    BadNames { folder: PathBuf, bad: Vec<String> },

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

    #[error("{}", joined(.0))]
    Parameters(Vec<Problem>),

    #[error(
        "`split = \"given\"`, but the data has no split for {}; give the source `splits`, \
         or let `split` say the fractions, as in {{ train = 0.8, valid = 0.1, test = 0.1 }}",
        some(ids)
    )]
    NotGiven { ids: Vec<String> },

    #[error("the {split} split has no image of class {class} ({counts}); {advice}")]
    AbsentClass { split: Split, class: u8, counts: String, advice: &'static str },

    #[error(
        "{} between splits:{}\nnetworks would be scored on what they have learnt from: {advice}, \
         or set `leakage = \"warn\"` to go on and list all of it in leaks.csv",
        counted(leaks), lines(&leaks.iter().map(Leak::to_string).collect::<Vec<_>>())
    )]
    Leaks { leaks: Vec<Leak>, advice: &'static str },

    #[error("interrupted")]
    Interrupted,
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
    format!("{} ({})", count(ids), first(ids.iter().map(String::as_str)))
}

/// `1 image`, `5 images`.
fn count(images: &[String]) -> String {
    format!("{} {}", images.len(), if images.len() == 1 { "image" } else { "images" })
}

/// The first names of a list, and how many more there are.
pub(super) fn first<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    named(names.map(|name| format!("`{name}`")))
}

fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    names.take(NAMED).collect::<Vec<_>>().join(", ") + &more
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

/// Each problem on a line of its own.
fn joined(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn size((height, width): (usize, usize)) -> String {
    format!("{width}×{height}")
}
