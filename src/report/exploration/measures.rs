//! Light, sharpness, tissue and dyes: how they are spread, and which of them go with the label.

use maud::Markup;

use super::look::{Fold, look};
use super::values::{Exploration, Interval, Measure};
use crate::report::chart::{Boxes, Caption, boxes};
use crate::report::number::{percent, points};
use crate::report::words::{list, one, three, two, whole};

/// A measure in words: its name in the data, on the page, what more and less of it are called, and
/// how it is written.
struct Words {
    name: &'static str,
    label: &'static str,
    more: &'static str,
    less: &'static str,
    write: fn(f64) -> String,
    /// Writes a difference.
    apart: fn(f64) -> String,
}

const WORDS: [Words; 6] = [
    Words {
        name: "brightness",
        label: "brightness",
        more: "brighter",
        less: "darker",
        write: one,
        apart: one,
    },
    Words {
        name: "contrast",
        label: "contrast",
        more: "richer in contrast",
        less: "poorer in contrast",
        write: one,
        apart: one,
    },
    Words {
        name: "sharpness",
        label: "sharpness",
        more: "sharper",
        less: "less sharp",
        write: whole,
        apart: whole,
    },
    Words {
        name: "tissue",
        label: "tissue",
        more: "fuller of tissue",
        less: "emptier of tissue",
        write: percent,
        apart: points,
    },
    Words {
        name: "haematoxylin",
        label: "haematoxylin",
        more: "richer in haematoxylin",
        less: "poorer in haematoxylin",
        write: three,
        apart: three,
    },
    Words {
        name: "eosin",
        label: "eosin",
        more: "richer in eosin",
        less: "poorer in eosin",
        write: three,
        apart: three,
    },
];

/// The measures that the page knows how to call, with their words.
fn known(data: &Exploration) -> impl Iterator<Item = (&'static Words, &Measure)> {
    WORDS.iter().filter_map(|words| {
        Some((words, data.measures.iter().find(|measure| measure.name == words.name)?))
    })
}

pub(super) fn sentences(data: &Exploration) -> Vec<String> {
    let (mut clear, mut unclear) = (Vec::new(), Vec::new());
    for (words, measure) in known(data) {
        match &measure.difference {
            Some(difference) if difference.excludes(0.0) => clear.push(told(words, difference)),
            Some(_) => unclear.push(words.label.to_owned()),
            None => {}
        }
    }
    let classes = match (clear.is_empty(), unclear.is_empty()) {
        (true, true) => return Vec::new(),
        (true, false) => format!(
            "Positive and negative images differ in {} no more than chance would let them.",
            list(&unclear).replace(" and ", " or ")
        ),
        (false, rest) => {
            let mut text = format!(
                "On average positive images are {} than negative ones (95% intervals of the \
                 difference in brackets, groups taken as independent).",
                list(&clear)
            );
            if !rest {
                let rest = list(&unclear).replace(" and ", " or ");
                text.push_str(&format!(" In {rest} no difference beyond chance shows."));
            }
            text
        }
    };
    [Some(classes), by_group(data)].into_iter().flatten().collect()
}

/// `darker (by 28.5, 25.0 to 32.0)`.
fn told(words: &Words, difference: &Interval) -> String {
    let Interval { value, low, high } = *difference;
    let (word, [value, low, high]) = if value > 0.0 {
        (words.more, [value, low, high])
    } else {
        (words.less, [-value, -high, -low])
    };
    format!(
        "{word} (by {}, {} to {})",
        (words.apart)(value),
        (words.apart)(low),
        (words.apart)(high)
    )
}

/// More of the variance than this between groups makes a group recognisable.
const MUCH: f64 = 0.3;

fn by_group(data: &Exploration) -> Option<String> {
    let much = known(data).filter_map(|(words, measure)| {
        let share = measure.between_groups.filter(|share| *share > MUCH)?;
        Some(format!("{} ({})", words.label, percent(share)))
    });
    let much: Vec<String> = much.collect();
    (!much.is_empty()).then(|| {
        format!(
            "Much of the variance lies between groups in {}: groups can be recognised by it, and a new \
             patient may lie outside what a network has seen.",
            list(&much)
        )
    })
}

pub(super) fn markup(data: &Exploration) -> Markup {
    let row = |(words, measure): (&Words, &Measure)| Boxes {
        label: words.label.to_owned(),
        boxes: measure.by_class.iter().map(|(class, q)| (class.name(), class.name(), *q)).collect(),
        write: words.write,
    };
    let rows: Vec<Boxes> = known(data).map(row).filter(|row| !row.boxes.is_empty()).collect();
    let caption = Caption {
        id: "measures".to_owned(),
        title: "Each class: middle half as a box, 5% to 95% as a line, median as a bar",
        description: "A row for each measure, each with a scale of its own.".to_owned(),
    };
    let units = "Brightness and contrast (the standard deviation of brightness within an image) run \
                 from 0 to 255; sharpness is the variance of the Laplacian; tissue is the share of \
                 pixels that took dye; dyes are in optical density after colour deconvolution.";
    let figures = maud::html! {
        @if !rows.is_empty() {
            div { (boxes(&caption, &rows)) p { small { (units) } } }
        }
    };
    look("Light, sharpness, tissue and dyes", &sentences(data), Fold::Open, figures)
}

/// How the centre of images compares with their rim.
pub(super) fn centre(data: &Exploration) -> Option<String> {
    let measure = data.measures.iter().find(|measure| measure.name == "centre")?;
    let difference = measure.difference?;
    let interval = format!("{} to {} of 255", two(difference.low), two(difference.high));
    Some(if difference.excludes(0.0) {
        let word = if difference.value < 0.0 { "darker" } else { "brighter" };
        format!(
            "Compared with their rim, the central thirds of positive images are {} {word} than those \
             of negative ones (95% interval of the difference {interval}): the label has to do with \
             the centre, so crops and shifts should keep it in view.",
            two(difference.value.abs())
        )
    } else {
        format!(
            "Compared with their rim, the central thirds of positive images are neither brighter nor \
             darker than those of negative ones, as far as so many images can tell (95% interval of \
             the difference {interval}): nothing here says that the label is about the centre alone."
        )
    })
}
