//! What a network looks at, and whether that is where the label is decided.

use maud::{Markup, html};

use super::{image, names};
use crate::report::number::{percent, plural, points};
use crate::report::values::{Inside, Looked};

/// The share of an image that the central box is.
const BOX: f64 = 1.0 / 9.0;

pub(super) fn sentences(model: &str, looked: &Looked) -> Vec<String> {
    let all = [("rightly", looked.right), ("wrongly", looked.wrong)];
    let told =
        all.into_iter().filter_map(|(how, inside)| Some(share(model, looked, how, &inside?)));
    let gap = looked.right.zip(looked.wrong).map(|(right, wrong)| difference(&right, &wrong));
    told.chain(gap).collect()
}

fn share(model: &str, looked: &Looked, how: &str, inside: &Inside) -> String {
    let judgement = match inside {
        inside if inside.low > BOX => "more than the ninth that an even map has there",
        inside if inside.high < BOX => "less than the ninth that an even map has there",
        _ => "which cannot be told from the ninth that an even map has there",
    };
    format!(
        "Where {model} decides {how}, {} of its map ({}) lie inside the central box (95% interval {} to \
         {}, {}): {judgement}.",
        percent(inside.mean),
        looked.method,
        percent(inside.low),
        percent(inside.high),
        plural(inside.images, "image")
    )
}

/// Whether it looks elsewhere when it is wrong.
fn difference(right: &Inside, wrong: &Inside) -> String {
    let gap = right.mean - wrong.mean;
    let half = |inside: &Inside| (inside.high - inside.low) / 2.0;
    let error = (half(right) * half(right) + half(wrong) * half(wrong)).sqrt();
    let (where_, told) = if gap > 0.0 { ("farther from", gap) } else { ("closer to", -gap) };
    match told > error {
        true => format!("When it is wrong it looks {where_} the centre, by {}.", points(told)),
        false => format!(
            "Whether it looks elsewhere when it is wrong cannot be told: the shares differ by {}, and chance \
             gives up to {}.",
            points(told),
            points(error)
        ),
    }
}

pub(super) fn markup(model: &str, looked: &Looked) -> Markup {
    html! {
        details {
            summary { "Where " (model) " looks (" (looked.method) ")" }
            figure.samples.wide {
                (image(&looked.picture, "A grid of patches, each with the network's map laid over it and the central box drawn."))
                figcaption {
                    "Each patch as it is, and beside it with what speaks for the class that was predicted: "
                    "the stronger the colour, the more. The box marks the central third, which alone decides "
                    "PCam's labels."
                }
            }
            @for line in &looked.examples {
                p { strong { (line.outcome) } }
                (names(line))
            }
        }
    }
}
