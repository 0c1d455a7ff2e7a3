//! What files the images came from: formats, colour modes and sizes, and which of them surprise.

use std::cmp::Reverse;

use super::values::{Exploration, Tally};
use crate::report::number::{count, percent, plural, share};
use crate::report::words::list;

/// Kinds named in a sentence.
const NAMED: usize = 4;

/// What is said of the files.
pub(super) fn sentences(data: &Exploration) -> Vec<String> {
    let formats = of(
        "files are",
        &data.formats,
        "Formats and modes can be told apart without looking at tissue: see that the classes do not \
         differ in them.",
    );
    let sizes = of(
        "images are",
        &data.sizes,
        "They were brought to one size, so detail and blur differ between them.",
    );
    formats.into_iter().chain(sizes).collect()
}

/// `The 4,376 files are PNG rgb8.`, or which kinds there are and what that means.
fn of(what: &str, tallies: &[Tally], meaning: &str) -> Option<String> {
    let all: u64 = tallies.iter().map(|tally| tally.images).sum();
    let mut tallies: Vec<&Tally> = tallies.iter().filter(|tally| tally.images > 0).collect();
    tallies.sort_by_key(|tally| Reverse(tally.images));
    match tallies[..] {
        [] => None,
        [only] => Some(format!("All {} {what} of one kind: {}.", count(all), only.name)),
        [most, ..] => {
            let rest = tallies[1..]
                .iter()
                .take(NAMED)
                .map(|tally| format!("{} that are {}", count(tally.images), tally.name));
            let mut rest: Vec<String> = rest.collect();
            let more = tallies.len().saturating_sub(1 + NAMED) as u64;
            if more > 0 {
                rest.push(plural(more, "further kind"));
            }
            Some(format!(
                "{} of {} {what} {} ({}), but there are also {}. {meaning}",
                count(most.images),
                count(all),
                most.name,
                percent(share(most.images, all)),
                list(&rest)
            ))
        }
    }
}
