//! A picture to draw on: rectangles, frames, pictures, letters. Knows nothing of what they mean.

use font8x8::UnicodeFonts;
use image::{ImageFormat, Rgb, RgbImage};
use std::io;

pub type Colour = [u8; 3];

pub const PAPER: Colour = [255, 255, 255];
pub const INK: Colour = [30, 30, 30];
/// Of what is said beside.
pub const QUIET: Colour = [90, 90, 90];

/// Height and width of a letter before it is enlarged, in pixels.
pub const LETTER: usize = 8;

/// A picture in the making. What lies outside of it is not drawn.
pub struct Canvas(RgbImage);

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Area {
    /// The same without a margin of so many pixels.
    pub fn inside(self, margin: usize) -> Area {
        Area {
            left: self.left + margin,
            top: self.top + margin,
            width: self.width.saturating_sub(2 * margin),
            height: self.height.saturating_sub(2 * margin),
        }
    }

    /// Its pixels, row by row.
    fn pixels(self) -> impl Iterator<Item = (usize, usize)> {
        let columns = self.left..self.left + self.width;
        (self.top..self.top + self.height).flat_map(move |y| columns.clone().map(move |x| (x, y)))
    }
}

impl Canvas {
    pub fn new(width: usize, height: usize, colour: Colour) -> Canvas {
        Canvas(RgbImage::from_pixel(width as u32, height as u32, Rgb(colour)))
    }

    pub fn put(&mut self, x: usize, y: usize, colour: Colour) {
        if let Some(pixel) = self.0.get_pixel_mut_checked(x as u32, y as u32) {
            *pixel = Rgb(colour);
        }
    }

    #[cfg(test)]
    pub fn at(&self, x: usize, y: usize) -> Colour {
        self.0.get_pixel(x as u32, y as u32).0
    }

    pub fn fill(&mut self, area: Area, colour: Colour) {
        area.pixels().for_each(|(x, y)| self.put(x, y, colour));
    }

    /// The rim of an area, so many pixels thick.
    pub fn frame(&mut self, area: Area, thick: usize, colour: Colour) {
        let hole = area.inside(thick);
        let across = hole.left..hole.left + hole.width;
        let down = hole.top..hole.top + hole.height;
        for (x, y) in area.pixels().filter(|(x, y)| !(across.contains(x) && down.contains(y))) {
            self.put(x, y, colour);
        }
    }

    /// Both diagonals of an area.
    pub fn cross(&mut self, area: Area, colour: Colour) {
        for step in 0..area.width.min(area.height) {
            self.put(area.left + step, area.top + step, colour);
            self.put(area.left + step, area.top + area.height - 1 - step, colour);
        }
    }

    /// A picture of `width` columns, three bytes a pixel.
    pub fn paste(&mut self, pixels: &[u8], width: usize, corner: (usize, usize)) {
        self.enlarge(pixels, width, corner, 1);
    }

    /// The same, each pixel enlarged `zoom` times.
    pub fn enlarge(
        &mut self,
        pixels: &[u8],
        width: usize,
        (left, top): (usize, usize),
        zoom: usize,
    ) {
        for (at, pixel) in pixels.as_chunks::<3>().0.iter().enumerate() {
            let (left, top) = (left + at % width * zoom, top + at / width * zoom);
            self.fill(Area { left, top, width: zoom, height: zoom }, *pixel);
        }
    }

    /// A line of text, its letters enlarged `zoom` times. What has no letter here becomes `?`.
    pub fn text(&mut self, text: &str, (left, top): (usize, usize), zoom: usize, colour: Colour) {
        for (number, letter) in text.chars().enumerate() {
            let glyph = font8x8::BASIC_FONTS.get(letter).or_else(|| font8x8::BASIC_FONTS.get('?'));
            for (row, bits) in glyph.unwrap_or_default().into_iter().enumerate() {
                for column in (0..LETTER).filter(|column| bits >> column & 1 == 1) {
                    let left = left + (number * LETTER + column) * zoom;
                    let area = Area { left, top: top + row * zoom, width: zoom, height: zoom };
                    self.fill(area, colour);
                }
            }
        }
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// A picture without a pixel.
    pub fn png(&self) -> io::Result<Vec<u8>> {
        let mut png = io::Cursor::new(Vec::new());
        self.0.write_to(&mut png, ImageFormat::Png).map_err(io::Error::other)?;
        Ok(png.into_inner())
    }
}

/// How wide a text is, in pixels.
pub fn width_of(text: &str, zoom: usize) -> usize {
    text.chars().count() * LETTER * zoom
}
