//! Problems drawn with a caret under the wrong word.

use super::progress::Style;
use crate::engine::{
    Rejected,
    pipeline::{Place, Problem, Span, Texts},
};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};
use serde_json::{Value, json};

/// All problems of a pipeline as text, and how many there are.
pub fn render(rejected: &Rejected, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let each = rejected.problems.iter().map(|problem| {
        let mut report = vec![group(problem, &rejected.texts)];
        if let Some(help) = &problem.help {
            let last = report.pop();
            report.extend(last.map(|group| group.element(Level::HELP.message(help.as_str()))));
        }
        renderer.render(&report)
    });
    let mut text = each.collect::<Vec<_>>().join("\n\n");
    if rejected.problems.len() > 1 {
        text += &format!("\n\n{} problems; nothing was run", rejected.problems.len());
    }
    text
}

fn group<'a>(problem: &'a Problem, texts: &'a Texts) -> Group<'a> {
    let mut group = Level::ERROR
        .primary_title(problem.title())
        .elements(Vec::<annotate_snippets::Element>::new());
    let Some((at, label)) = &problem.at else { return group };
    for (number, (name, text)) in texts.0.iter().enumerate() {
        let here = |span: &Span| span.text as usize == number;
        let also = problem.also.iter().filter(|(span, _)| here(span));
        let also = also.map(|(span, label)| {
            AnnotationKind::Context.span(range(span, text)).label(label.as_str())
        });
        let main =
            here(at).then(|| AnnotationKind::Primary.span(range(at, text)).label(label.as_str()));
        let annotations: Vec<_> = main.into_iter().chain(also).collect();
        if !annotations.is_empty() {
            group = group.element(
                Snippet::source(text.as_str()).path(name.as_str()).annotations(annotations),
            );
        }
    }
    group
}

/// A range within the text; a place beyond its end is its end.
fn range(span: &Span, text: &str) -> std::ops::Range<usize> {
    let end = (span.end as usize).min(text.len());
    (span.start as usize).min(end)..end
}

/// All problems as events for programs, one a problem.
pub fn events(rejected: &Rejected) -> Vec<Value> {
    let event = |problem: &Problem| {
        let place = problem.at.as_ref().and_then(|(span, _)| {
            let Place { file, line, column } = rejected.texts.place(*span)?;
            Some(json!({ "file": file, "line": line, "column": column }))
        });
        json!({ "event": "error", "message": problem.title(), "at": place, "help": problem.help })
    };
    rejected.problems.iter().map(event).collect()
}
