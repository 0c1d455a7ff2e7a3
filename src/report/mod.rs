//! Values in, one self-contained HTML page out.
//!
//! [`render`] is a pure function: the page holds no date, host or duration, loads nothing from
//! anywhere, and is equal byte for byte whenever the [`Report`] is. Nothing here knows of stages,
//! files or caches; whoever calls it fills in the values.

mod values;

pub use values::*;

/// The whole page, as one HTML document.
pub fn render(report: &Report) -> String {
    maud::html! { (maud::DOCTYPE) html lang="en" { head { title { (report.title) } } } }
        .into_string()
}
