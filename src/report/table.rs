//! Tables, each with its caption, in a frame that scrolls sideways on narrow screens. A script lets
//! readers sort those with more than one row.

use maud::{Markup, html};

use super::values::Fact;

/// A table of one row of headings and the rows given.
pub(super) fn table(caption: &str, headings: &[&str], rows: Markup) -> Markup {
    summed(caption, headings, rows, html! {})
}

/// The same with rows below that stay where they are when the rest is sorted.
pub(super) fn summed(caption: &str, headings: &[&str], rows: Markup, sums: Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table data-sortable {
                caption { (caption) }
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody { (rows) }
                @if !sums.0.is_empty() { tfoot { (sums) } }
            }
        }
    }
}

/// Names and values as a list of definitions.
pub(super) fn facts(facts: &[Fact]) -> Markup {
    html! {
        @if !facts.is_empty() {
            dl.facts {
                @for fact in facts { div { dt { (fact.name) } dd { (fact.value) } } }
            }
        }
    }
}

/// A number with a bar below that shows its share of the largest.
pub(super) fn bar(text: &str, share: f64) -> Markup {
    let percent = if share.is_finite() { (share * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    html! { span.bar style=(format!("--share:{percent:.1}%")) { (text) } }
}
