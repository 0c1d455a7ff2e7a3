//! What is wrong with parameters, known before any data is read. Knows nothing of data.

use std::fmt;
use std::ops::RangeInclusive;

use super::error::DataError;

/// Something wrong with a parameter that its type cannot say.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The place in the stage's table: `source.folder.label.regex`.
    pub place: String,
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn new(
        place: impl Into<String>,
        message: String,
        help: impl Into<String>,
    ) -> Problem {
        Problem { place: place.into(), message, help: Some(help.into()) }
    }

    /// The same problem one table further out.
    pub(super) fn within(self, table: &str) -> Problem {
        Problem { place: format!("{table}.{}", self.place), ..self }
    }

    /// A whole number that lies outside its range; `help` says what it counts.
    pub(super) fn outside<T: PartialOrd + fmt::Display>(
        place: &str,
        value: T,
        range: RangeInclusive<T>,
        help: &str,
    ) -> Option<Problem> {
        (!range.contains(&value))
            .then(|| Problem::new(place, format!("`{place}` is {value}"), help))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

/// Sides that images can be resized to, in pixels.
const SIDES: RangeInclusive<u32> = 1..=4096;

/// The problem of a `size` that images cannot be resized to.
pub(super) fn of_size(size: Option<u32>) -> Option<Problem> {
    Problem::outside("size", size?, SIDES, "give the number of pixels, 1 to 4096")
}

/// The error of parameters with problems.
pub(super) fn refuse(problems: Vec<Problem>) -> Result<(), DataError> {
    if problems.is_empty() { Ok(()) } else { Err(DataError::Parameters(problems)) }
}
