//! The mean image of each class and its centre.

use maud::{Markup, html};

use super::look::{Fold, look};
use super::measures::centre;
use super::values::{Exploration, MeanImage};
use crate::report::embed::png;
use crate::report::number::plural;

pub(super) fn markup(data: &Exploration) -> Markup {
    let sentences: Vec<String> = centre(data).into_iter().collect();
    let figures = html! { @for mean in &data.means { (picture(mean)) } };
    look("Centre and rim", &sentences, Fold::Folded("Mean images of each class"), figures)
}

fn picture(mean: &MeanImage) -> Markup {
    let class = mean.class.name();
    let caption = format!(
        "mean of {}, its central third, and the mean with its departures from the mean colour \
         enlarged {} times",
        plural(mean.images, "image"),
        mean.gain
    );
    html! {
        figure.samples.means {
            img src=(png(&mean.picture.png)) width=(mean.picture.width) height=(mean.picture.height)
                alt={ "A grid of three panels of " (class) " images: " (caption) };
            figcaption { span class={ "swatch round " (class) } {} strong { (class) } " · " (caption) }
        }
    }
}
