//! Pictures of images: the most confident ones, and what a network looks at in them.

use super::found::{Example, Looked};
use crate::{
    nn::Attention,
    stages::{
        canvas::{Area, Canvas, INK, LETTER, PAPER, QUIET, width_of},
        colour::viridis,
    },
};

/// Images side by side.
pub const COLUMNS: usize = 6;
/// Pixels between images.
const GAP: usize = 10;
/// Small images are enlarged to at least so many pixels.
const LEAST_SIDE: usize = 96;
/// Letters are enlarged so many times.
const TEXT: usize = 2;
/// Pixels that a line of text takes.
const LINE: usize = 24;

/// Equal images to be drawn.
#[derive(Clone, Copy)]
pub struct Frame {
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
}

impl Frame {
    fn zoom(self) -> usize {
        LEAST_SIDE.div_ceil(self.height.max(self.width)).max(1)
    }

    /// Height and width as they are drawn.
    fn drawn(self) -> (usize, usize) {
        (self.height * self.zoom(), self.width * self.zoom())
    }
}

/// Images of H×W×3 bytes, each above the probability that was predicted.
pub fn gallery(frame: Frame, images: &[(&[u8], &Example)]) -> Canvas {
    let (high, wide) = frame.drawn();
    let (rows, columns) = (images.len().div_ceil(COLUMNS), COLUMNS.min(images.len()));
    let cell = (high + LINE + GAP, wide.max(width_of("0.00", TEXT)) + GAP);
    let mut canvas = Canvas::new(columns * cell.1 + GAP, rows * cell.0 + GAP, PAPER);
    for (at, (image, example)) in images.iter().enumerate() {
        let (left, top) = (GAP + at % COLUMNS * cell.1, GAP + at / COLUMNS * cell.0);
        canvas.enlarge(image, frame.width, (left, top), frame.zoom());
        canvas.text(&format!("{:.2}", example.probability), (left, top + high + 6), TEXT, INK);
    }
    canvas
}

/// One image of a line of [`overlays`]: pixels, the maps it is among, and which of them is its own.
pub struct Seen<'a> {
    pub pixels: &'a [u8],
    pub attention: &'a Attention,
    pub image: usize,
}

/// A line for each outcome: each image, and its map over it with the central box drawn.
pub fn overlays(frame: Frame, looked: &Looked, lines: &[Vec<Seen>]) -> Canvas {
    let (high, wide) = frame.drawn();
    let pair = 2 * wide + GAP / 2;
    let cell = (LINE + high + LINE + GAP, pair + 2 * GAP);
    let most = lines.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let captions = looked.examples.iter().map(|line| width_of(line.outcome.words(), TEXT));
    let width = (most * cell.1).max(captions.max().unwrap_or(0)) + 2 * GAP;
    let mut canvas = Canvas::new(width, lines.len().max(1) * cell.0 + GAP, PAPER);
    for (line, (about, seen)) in looked.examples.iter().zip(lines).enumerate() {
        let top = GAP + line * cell.0;
        canvas.text(about.outcome.words(), (GAP, top), TEXT, INK);
        for (at, (seen, example)) in seen.iter().zip(&about.images).enumerate() {
            let (left, top) = (GAP + at * cell.1, top + LINE);
            canvas.enlarge(seen.pixels, frame.width, (left, top), frame.zoom());
            let left = left + wide + GAP / 2;
            overlay(&mut canvas, frame, seen, (left, top));
            let inside =
                example.inside.map_or("-".into(), |share| format!("{:.0}%", share * 100.0));
            let text = format!("{:.2} {inside} in box", example.probability);
            let left = left - wide - GAP / 2;
            let zoom = if width_of(&text, TEXT) <= pair { TEXT } else { 1 };
            canvas.text(&text, (left, top + high + LETTER - 2), zoom, QUIET);
        }
    }
    canvas
}

/// The image under its map, the highest value of which is yellow; the box in black and white.
fn overlay(canvas: &mut Canvas, frame: Frame, seen: &Seen, (left, top): (usize, usize)) {
    let map = &seen.attention.maps[seen.image];
    let most = map.iter().fold(0.0f32, |most, value| most.max(*value));
    let (high, wide) = frame.drawn();
    for y in 0..high {
        for x in 0..wide {
            let pixel = &seen.pixels[(y / frame.zoom() * frame.width + x / frame.zoom()) * 3..];
            let place = ((y as f32 + 0.5) / high as f32, (x as f32 + 0.5) / wide as f32);
            let heat = if most > 0.0 { at(seen.attention, map, place) / most } else { 0.0 };
            let colour = viridis(heat);
            let blend = |c: usize| {
                (f32::from(pixel[c]) * (1.0 - OPACITY) + f32::from(colour[c]) * OPACITY).round()
            };
            canvas.put(left + x, top + y, [blend(0) as u8, blend(1) as u8, blend(2) as u8]);
        }
    }
    let third = |side: usize| (side / 3, side - 2 * (side / 3));
    let ((down, height), (across, width)) = (third(high), third(wide));
    let area = Area { left: left + across, top: top + down, width, height };
    canvas.frame(area, 1, PAPER);
    canvas.frame(area.inside(1), 1, INK);
}

/// How much of an overlay is the map.
const OPACITY: f32 = 0.55;

/// A map's value at a place of the image, 0 to 1 down and across: bilinear between the middles of
/// its cells.
fn at(attention: &Attention, map: &[f32], (down, across): (f32, f32)) -> f32 {
    let between = |place: f32, cells: usize| {
        let at = (place * cells as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
        let below = at as usize;
        (below, (below + 1).min(cells - 1), at - below as f32)
    };
    let (top, bottom, down) = between(down, attention.height);
    let (left, right, across) = between(across, attention.width);
    let value = |y: usize, x: usize| map[y * attention.width + x];
    let mix = |from: f32, to: f32, part: f32| from + (to - from) * part;
    mix(
        mix(value(top, left), value(top, right), across),
        mix(value(bottom, left), value(bottom, right), across),
        down,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Method;

    #[test]
    fn a_map_is_read_between_the_middles_of_its_cells() {
        let maps = vec![vec![0.0, 1.0, 2.0, 3.0]];
        let attention = Attention { method: Method::GradCam, height: 2, width: 2, maps };
        let value = |down, across| at(&attention, &attention.maps[0], (down, across));
        assert_eq!((value(0.0, 0.0), value(0.25, 0.25), value(0.25, 0.75)), (0.0, 0.0, 1.0));
        assert_eq!((value(0.5, 0.25), value(0.5, 0.5), value(1.0, 1.0)), (1.0, 1.5, 3.0));
    }
}
