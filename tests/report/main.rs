//! The report as a specification: what it says, when it stays silent, and that the page is sound.

mod advice;
mod comparing;
mod degenerate;
mod errors;
mod escaping;
mod exploration;
mod fixture;
mod helped;
mod markup;
mod notes;
mod page;
mod truth;
