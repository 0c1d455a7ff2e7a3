//! How to make the page again: commands, versions, and the digests of everything that it shows.

use maud::{Markup, html};

use super::page::Section;
use super::table::{facts, table};
use super::values::{Fact, Origin, OriginInput, Report};

/// The section, if a pipeline made the page.
pub(super) fn section(report: &Report) -> Option<Section> {
    let origin = report.origin.as_ref()?;
    let made = [
        Fact::new("made by", format!("microtome {}", origin.version)),
        Fact::new("key of this page", &origin.key),
    ];
    let body = html! {
        p {
            "Nothing on this page varies from run to run. Whoever runs the pipeline on the same data "
            "gets the same page, byte for byte, whatever the machine, its number of cores and its "
            "instruction set. The lock file beside the pipeline holds the key and the digest of "
            "every result, and a locked run proves them."
        }
        (commands(origin))
        (facts(&made))
        (inputs(origin))
        p {
            "A digest is the BLAKE3 of the names and contents of a result's files: equal digests, equal "
            "results. Results of stages that only feed these stand in the lock file. How long anything "
            "took, when and where, is no part of a result; " code { "microtome show" } " has it."
        }
    };
    Some(Section { id: "reproduction".to_owned(), title: "Reproduction".to_owned(), body })
}

/// What to type, with the stages of this page as examples.
fn commands(origin: &Origin) -> Markup {
    let of = |artifact: &str| origin.inputs.iter().find(|input| input.artifact == artifact);
    let why = origin.inputs.last();
    let model = of("model").or_else(|| of("search"));
    html! {
        dl.commands {
            div { dt { "Run it again, and fail where a bit differs" }
                dd { code { "microtome run PIPELINE.toml --locked" } } }
            @if let Some(input) = why {
                div { dt { "Ask what a result was made of" }
                    dd { code { "microtome why PIPELINE.toml '" (input.stage) "'" } } }
            }
            div { dt { "See durations and speed" }
                dd { code { "microtome show PIPELINE.toml" } } }
            @if let Some(input) = model {
                div { dt { "Take a network elsewhere" }
                    dd { code { "microtome export 'out/PIPELINE/" (input.stage) "' --onnx network.onnx" } } }
            }
        }
    }
}

fn inputs(origin: &Origin) -> Markup {
    let row = |input: &OriginInput| {
        html! {
            tr {
                th scope="row" { (input.stage) }
                td.words { (input.artifact) }
                td.words { code { (input.digest) } }
            }
        }
    };
    let rows = html! { @for input in &origin.inputs { (row(input)) } };
    table("Results shown here", &["Stage", "Result", "Digest"], rows)
}
