//! The report as a specification: what it says, when it stays silent, and that the page is sound.

mod advice;
mod degenerate;
mod escaping;
mod exploration;
mod fixture;
mod helped;
mod markup;
mod notes;
mod page;
mod truth;
