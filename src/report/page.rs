//! The page: its head, its sections in reading order, and the table of contents over them.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::values::Report;
use super::{errors, exploration, models, notes, origin, overview, scores, search, training};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The browser itself refuses to load anything from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

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
    let sections = sections(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (contents(&sections))
                main id="content" tabindex="-1" {
                    (overview::header(report))
                    @for section in &sections {
                        section id=(section.id) aria-labelledby={ (section.id) "-heading" } {
                            h2 id={ (section.id) "-heading" } { (section.title) }
                            (section.body)
                        }
                    }
                }
                footer { p { "Made by microtome. For research; not a medical device." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// What was found comes first, then what it was found with, then how to find it again.
fn sections(report: &Report) -> Vec<Section> {
    let mut sections = vec![overview::helped_section(report), overview::next_section(report)];
    sections.extend(notes::section(report));
    sections.extend(exploration::section(report));
    sections.extend(models::section(report));
    sections.extend(training::section(report));
    sections.extend(search::sections(report));
    sections.extend(scores::sections(report));
    sections.extend(errors::sections(report));
    sections.extend(origin::section(report));
    sections
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ol {
                @for section in sections {
                    li { a href={ "#" (section.id) } { (section.title) } }
                }
            }
            button.scripted id="theme" type="button" hidden { "Dark colours" }
        }
    }
}
