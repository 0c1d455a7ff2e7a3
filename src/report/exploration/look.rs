//! One look at the data: a heading, what was found in sentences, and the figures that show it.

use maud::{Markup, html};

/// Whether the figures are seen at once.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fold {
    Open,
    /// Behind a line with this name.
    Folded(&'static str),
}

/// A look; nothing where nothing was found.
pub(super) fn look(title: &str, sentences: &[String], fold: Fold, figures: Markup) -> Markup {
    if sentences.is_empty() {
        return html! {};
    }
    html! {
        div.look {
            h3 { (title) }
            @for sentence in sentences { p { (sentence) } }
            @if let Fold::Folded(name) = fold {
                details { summary { (name) } div.figures { (figures) } }
            } @else {
                div.figures { (figures) }
            }
        }
    }
}
