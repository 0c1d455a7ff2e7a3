//! Which images are predicted, under which ids, and in which order they are handed in.

use super::images::{Ids, Images};
use crate::{data::listed_ids, engine::StageError};
use std::{collections::BTreeMap, path::Path};

/// Ids with the places of their images, in the order of the submission.
pub(super) fn order(
    images: &Images,
    ids: Option<Ids>,
    sample: Option<&Path>,
) -> Result<Vec<(String, usize)>, StageError> {
    let mut places = BTreeMap::new();
    for image in 0..images.len() {
        let id = images.id(image, ids);
        if let Some(other) = places.insert(id.clone(), image) {
            let (one, two) = (images.place(other), images.place(image));
            return Err(StageError::new(format!("`{id}` is the id of both {one} and {two}"))
                .with_help("`--ids path` tells them apart, or remove one of them"));
        }
    }
    match sample {
        None => Ok(places.into_iter().collect()),
        Some(sample) => in_order_of(sample, places, images),
    }
}

/// The order of `sample_submission.csv`, which lists just these images.
fn in_order_of(
    sample: &Path,
    mut places: BTreeMap<String, usize>,
    images: &Images,
) -> Result<Vec<(String, usize)>, StageError> {
    let (mut order, mut missing) = (Vec::new(), Vec::new());
    for id in listed_ids(sample)? {
        match places.remove(&id) {
            Some(place) => order.push((id, place)),
            None => missing.push(id),
        }
    }
    let more: Vec<String> = places.values().map(|&image| images.place(image)).collect();
    let mut said = Vec::new();
    if !missing.is_empty() {
        said.push(format!("{} it lists cannot be found:{}", counted(&missing), lines(&missing)));
    }
    if !more.is_empty() {
        said.push(format!("{} it does not list:{}", counted(&more), lines(&more)));
    }
    if said.is_empty() {
        return Ok(order);
    }
    Err(StageError::new(format!("{}: {}", sample.display(), said.join("\n")))
        .with_help("name the folder that holds just these images, or leave out `--sample`"))
}

/// `1 image`, `5 images`.
pub(super) fn counted<T>(images: &[T]) -> String {
    format!("{} image{}", images.len(), if images.len() == 1 { "" } else { "s" })
}

/// Each on a line of its own: all of them, as all have to be looked at.
pub(super) fn lines(names: &[String]) -> String {
    names.iter().map(|name| format!("\n  {name}")).collect()
}
