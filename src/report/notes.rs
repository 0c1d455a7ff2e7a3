//! The author's notes: Markdown in, markup out, and whatever is HTML in them stays text.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use super::page::Section;
use super::values::Report;

/// Schemes that a link may have. Anything else, `javascript:` above all, is shown without a link.
const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

/// The section, if the author wrote any notes.
pub(super) fn section(report: &Report) -> Option<Section> {
    if report.notes.trim().is_empty() {
        return None;
    }
    let body = html! { div.notes { (markup(&report.notes)) } };
    Some(Section { id: "notes".to_owned(), title: "Notes".to_owned(), body })
}

/// CommonMark and tables as markup below a heading of the second level.
fn markup(text: &str) -> Markup {
    let mut page = String::new();
    let mut filter = Filter::default();
    let events = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    pulldown_cmark::html::push_html(&mut page, events.map(|event| filter.pass(event)));
    PreEscaped(page)
}

/// What has to be remembered from the start of an element to its end.
#[derive(Default)]
struct Filter {
    /// The level of the last heading beyond that of the section.
    depth: usize,
    /// Whether each open link is drawn as one.
    links: Vec<bool>,
}

/// Stands for an event of which nothing is shown.
const NOTHING: Event<'static> = Event::Text(CowStr::Borrowed(""));

impl Filter {
    fn pass<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Heading { level, .. }) => {
                // The page's outline must not skip a level, whatever level the author begins with.
                self.depth = (level as usize).min(self.depth + 1).min(4);
                Event::Html(format!("<h{}>", self.depth + 2).into())
            }
            Event::End(TagEnd::Heading(_)) => {
                Event::Html(format!("</h{}>\n", self.depth + 2).into())
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.link(&dest_url),
            Event::End(TagEnd::Link) => match self.links.pop() {
                Some(true) => Event::Html("</a>".into()),
                _ => NOTHING,
            },
            // A picture would have to be fetched; its description is shown in its place.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => NOTHING,
            Event::Start(Tag::Table(_)) => Event::Html(
                "<div class=\"scroll\" role=\"region\" aria-label=\"Table in the notes\" \
                 tabindex=\"0\"><table>"
                    .into(),
            ),
            Event::End(TagEnd::Table) => Event::Html("</tbody></table></div>\n".into()),
            other => other,
        }
    }

    fn link<'a>(&mut self, target: &str) -> Event<'a> {
        let lower = target.to_ascii_lowercase();
        let sound = SCHEMES.iter().any(|scheme| lower.starts_with(scheme));
        self.links.push(sound);
        if !sound {
            return NOTHING;
        }
        let open =
            html! { (PreEscaped("<a href=\"")) (target) (PreEscaped("\" rel=\"noreferrer\">")) };
        Event::Html(open.into_string().into())
    }
}
