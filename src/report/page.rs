//! The page: its head, its sections in reading order, and the table of contents over them.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::values::Report;
use super::{exploration, overview, scores, search, training};

const STYLE: &str = include_str!("style.css");

/// One section of the page.
pub(super) struct Section {
    /// Unique on the page.
    pub id: String,
    pub title: String,
    pub body: Markup,
}

/// The whole page as one HTML document that needs no other file and no network. Equal reports give
/// equal bytes.
pub fn render(report: &Report) -> String {
    let mut sections = vec![overview::helped_section(report), overview::next_section(report)];
    sections.extend(scores::sections(report));
    sections.extend(training::section(report));
    sections.extend(search::sections(report));
    sections.extend(exploration::section(report));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (contents(&sections))
                main {
                    (overview::header(report))
                    @for section in &sections {
                        section id=(section.id) {
                            h2 { (section.title) }
                            (section.body)
                        }
                    }
                    footer { p { "Made by microtome." } }
                }
            }
        }
    };
    page.into_string()
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ol {
                @for section in sections {
                    li { a href={ "#" (section.id) } { (section.title) } }
                }
            }
        }
    }
}
