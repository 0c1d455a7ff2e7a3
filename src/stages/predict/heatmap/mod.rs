//! Heat maps: the tiles of each slide laid out as they lay in the tissue, beside the probabilities
//! that were predicted for them.

mod grid;
mod page;

use crate::{
    data::{Picture, resize},
    engine::StageError,
    stages::artifacts::unwritten,
};
use grid::{Grid, Place};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The slides whose tiles are predicted, by name.
pub struct Slides {
    slides: BTreeMap<String, Slide>,
    /// The slide of an image, and which of its tiles it is.
    tiles: BTreeMap<usize, (String, usize)>,
    /// Images whose names tell no place.
    pub without_place: usize,
}

/// One slide.
struct Slide {
    grid: Grid,
    tiles: Vec<Tile>,
}

/// A tile, and what was made of it; nothing if it could not be read.
struct Tile {
    place: Place,
    predicted: Option<(f32, Picture)>,
}

impl Slides {
    /// Sorts images by the places that their names tell: `<slide>_x<X>_y<Y>`, in pixels of the
    /// slide, perhaps with `_class<0 or 1>` for the true label behind it.
    ///
    /// # Errors
    /// No name tells a place.
    pub fn of<'a>(names: impl Iterator<Item = (usize, &'a str)>) -> Result<Slides, StageError> {
        let mut places: BTreeMap<String, Vec<(usize, Place)>> = BTreeMap::new();
        let (mut without_place, mut example) = (0, "");
        for (image, name) in names {
            match Place::of(name) {
                Some((slide, place)) => {
                    places.entry(slide.into()).or_default().push((image, place));
                }
                None => (without_place, example) = (without_place + 1, name),
            }
        }
        if places.is_empty() {
            let message = format!("no image's name tells its place in a slide: `{example}`");
            return Err(StageError::new(message).with_help(
                "`--heatmap` is for tiles called <slide>_x<X>_y<Y>, such as 9290_idx5_x651_y1501",
            ));
        }
        let step = grid::step(places.values().map(|tiles| tiles.iter().map(|(_, place)| *place)));
        let (mut slides, mut tiles) = (BTreeMap::new(), BTreeMap::new());
        for (name, places) in places {
            for (at, (image, _)) in places.iter().enumerate() {
                tiles.insert(*image, (name.clone(), at));
            }
            let grid = Grid::of(places.iter().map(|(_, place)| *place), step);
            let tile = |(_, place): &(usize, Place)| Tile { place: *place, predicted: None };
            slides.insert(name, Slide { grid, tiles: places.iter().map(tile).collect() });
        }
        Ok(Slides { slides, tiles, without_place })
    }

    /// What was made of an image, whose picture becomes a thumbnail.
    pub fn add(&mut self, image: usize, probability: f32, picture: Picture) {
        let Some((slide, tile)) = self.tiles.get(&image) else { return };
        if let Some(slide) = self.slides.get_mut(slide) {
            let side = slide.grid.cell;
            slide.tiles[*tile].predicted = Some((probability, resize(picture, side, side)));
        }
    }

    /// Draws `<slide>.png` for each slide into a folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn draw(&self, folder: &Path) -> Result<Vec<PathBuf>, StageError> {
        fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
        let draw = |(name, slide): (&String, &Slide)| {
            let path = folder.join(format!("{name}.png"));
            let png = page::draw(name, slide).png().map_err(|e| unwritten(&path, &e))?;
            crate::stages::export::replace(&path, &mut |to| to.write_all(&png))?;
            Ok(path)
        };
        self.slides.iter().map(draw).collect()
    }
}
