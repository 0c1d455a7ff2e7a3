//! Where a network looks, on images that it got right and wrong.

use super::{
    found::{Decision, Example, Gallery, Inside, Looked},
    gallery::{Frame, Seen, overlays},
    judged::Judged,
};
use crate::{
    data::Dataset,
    engine::{Context, StageError},
    nn::{Attention, Network},
    stages::{artifacts::unwritten, canvas::Canvas},
};
use std::{collections::BTreeMap, fs};

/// Images of each outcome that are shown.
const SHOWN: usize = 3;
/// Images that were predicted right, and as many that were not, whose maps are looked at: spread
/// evenly over all of them.
const LOOKED_AT: usize = 128;
/// Images that are computed at a time; what comes out does not depend on it.
const BATCH: usize = 32;

/// Maps of some images, by their place among all that were predicted.
struct Maps {
    of: BTreeMap<usize, (usize, usize)>,
    batches: Vec<Attention>,
}

impl Maps {
    /// The maps of the class that was predicted.
    fn of(
        network: &Network,
        data: &Dataset,
        model: &Judged,
        places: &[usize],
        cx: &Context,
    ) -> Result<Maps, StageError> {
        let mut maps = Maps { of: BTreeMap::new(), batches: Vec::new() };
        for some in places.chunks(BATCH) {
            if cx.stopping() {
                return Err(StageError::Interrupted);
            }
            let pixels: Vec<u8> =
                some.iter().flat_map(|&at| data.image(model.rows[at])).copied().collect();
            let classes: Vec<u8> = some.iter().map(|&at| model.outcomes[at].predicted()).collect();
            for (image, &at) in some.iter().enumerate() {
                maps.of.insert(at, (maps.batches.len(), image));
            }
            maps.batches.push(network.attention(&pixels, &classes)?);
        }
        Ok(maps)
    }

    fn inside(&self, place: usize) -> Option<f64> {
        let (batch, image) = self.of.get(&place)?;
        self.batches[*batch].share_inside(*image)
    }
}

/// Looks at what a network looks at, and draws some of it; none of no image.
pub fn looked(
    network: &Network,
    data: &Dataset,
    model: &Judged,
    cx: &Context,
) -> Result<Option<Looked>, StageError> {
    let of = |wrong: bool| -> Vec<usize> {
        let places = (0..model.rows.len()).filter(|&at| model.outcomes[at].is_wrong() == wrong);
        spread(&places.collect::<Vec<_>>())
    };
    let (right, wrong) = (of(false), of(true));
    let shown: Vec<(Decision, Vec<usize>)> = Decision::ALL
        .map(|outcome| (outcome, model.most_confident(outcome, SHOWN)))
        .into_iter()
        .filter(|(_, places)| !places.is_empty())
        .collect();
    let mut places = [&right[..], &wrong].concat();
    places.extend(shown.iter().flat_map(|(_, places)| places));
    places.sort_unstable();
    places.dedup();
    let maps = Maps::of(network, data, model, &places, cx)?;
    let Some(first) = maps.batches.first() else { return Ok(None) };
    let shares = |places: &[usize]| -> Option<Inside> {
        Inside::of(&places.iter().map(|&at| maps.inside(at)).collect::<Vec<_>>())
    };
    let example = |&at: &usize| Example { inside: maps.inside(at), ..model.example(data, at) };
    let line = |(outcome, places): &(Decision, Vec<usize>)| Gallery {
        outcome: *outcome,
        total: model.count(*outcome),
        picture: None,
        columns: places.len(),
        images: places.iter().map(example).collect(),
    };
    let looked = Looked {
        method: first.method,
        cells: [first.height, first.width],
        right: shares(&right),
        wrong: shares(&wrong),
        picture: format!("attention/{}.png", model.name),
        examples: shown.iter().map(line).collect(),
    };
    let seen = |at: &usize| {
        let (batch, image) = *maps.of.get(at)?;
        let (pixels, attention) = (data.image(model.rows[*at]), &maps.batches[batch]);
        Some(Seen { pixels, attention, image })
    };
    let lines: Vec<Vec<Seen>> =
        shown.iter().map(|(_, places)| places.iter().filter_map(seen).collect()).collect();
    let frame = Frame { height: data.height(), width: data.width() };
    write(&overlays(frame, &looked, &lines), &looked.picture, cx)?;
    Ok(Some(looked))
}

/// At most so many, evenly spread.
fn spread(places: &[usize]) -> Vec<usize> {
    let some = LOOKED_AT.min(places.len());
    (0..some).map(|i| places[i * places.len() / some]).collect()
}

/// Writes a picture below the folder of the stage.
pub fn write(canvas: &Canvas, name: &str, cx: &Context) -> Result<(), StageError> {
    let path = cx.out().join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
    }
    let png = canvas.png().map_err(|e| unwritten(&path, &e))?;
    fs::write(&path, png).map_err(|e| unwritten(&path, &e))
}
