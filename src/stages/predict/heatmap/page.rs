//! The picture of one slide: its tiles, their probabilities in colour, and a legend.

use super::{Slide, Tile};
use crate::stages::{
    canvas::{Area, Canvas, Colour, INK, LETTER, PAPER, QUIET, width_of},
    colour::viridis,
};

/// Where no tile lies.
const NOTHING: Colour = [232, 232, 232];
/// A tile that was not predicted.
const UNREAD: Colour = [160, 160, 160];

/// Pixels around and between the parts.
const MARGIN: usize = 32;
/// Letters of the title are enlarged so many times, and all others so many.
const TITLE: usize = 3;
const TEXT: usize = 2;
/// The height of a line of text with the space after it.
const LINE: usize = 28;
/// The colour bar, in pixels.
const BAR: (usize, usize) = (480, 22);
/// A mark of the legend, in pixels.
const MARK: usize = 20;
/// The legend needs so much width.
const LEAST_WIDTH: usize = 680;

/// Where the parts lie.
struct Layout {
    width: usize,
    height: usize,
    tissue: Area,
    heat: Area,
    legend: usize,
}

impl Layout {
    fn of(name: &str, slide: &Slide) -> Layout {
        let grid = slide.grid;
        let (wide, high) = (grid.columns * grid.cell, grid.rows * grid.cell);
        // Title, summary, captions.
        let top = MARGIN + TITLE * LETTER + LINE + 2 * LINE;
        // Panels are not narrower than their captions.
        let column = wide.max(width_of(HEAT, TEXT));
        let tissue = Area { left: MARGIN, top, width: wide, height: high };
        let heat = Area { left: 2 * MARGIN + column, ..tissue };
        let width = (3 * MARGIN + 2 * column)
            .max(2 * MARGIN + width_of(name, TITLE))
            .max(2 * MARGIN + LEAST_WIDTH);
        let legend = top + high + MARGIN;
        let height = legend + BAR.1 + (2 + entries(slide).len()) * LINE + MARGIN / 2;
        Layout { width, height, tissue, heat, legend }
    }
}

const TISSUE: &str = "Tissue";
const HEAT: &str = "Probability of tumour";

/// Draws a slide.
pub(super) fn draw(name: &str, slide: &Slide) -> Canvas {
    let layout = Layout::of(name, slide);
    let mut canvas = Canvas::new(layout.width, layout.height, PAPER);
    canvas.text(name, (MARGIN, MARGIN), TITLE, INK);
    let below = MARGIN + TITLE * LETTER + LETTER;
    canvas.text(&summary(slide), (MARGIN, below), TEXT, QUIET);
    for (area, caption) in [(layout.tissue, TISSUE), (layout.heat, HEAT)] {
        canvas.text(caption, (area.left, area.top - LINE), TEXT, INK);
        canvas.fill(area, NOTHING);
    }
    for tile in &slide.tiles {
        draw_tile(&mut canvas, slide, tile, &layout);
    }
    legend(&mut canvas, layout.legend, slide);
    canvas
}

/// `38 tiles, 50 pixels apart; 12 of them at 0.5 or above`
fn summary(slide: &Slide) -> String {
    let predicted: Vec<f32> =
        slide.tiles.iter().filter_map(|tile| Some(tile.predicted.as_ref()?.0)).collect();
    let high = predicted.iter().filter(|p| **p >= 0.5).count();
    let of = match predicted.len() {
        n if n == slide.tiles.len() => format!("{n} tiles"),
        n => format!("{n} of {} tiles", slide.tiles.len()),
    };
    format!("{of}, {} pixels apart; {high} at 0.5 or above", slide.grid.step)
}

/// The area of a tile in a panel.
fn cell(slide: &Slide, tile: &Tile, panel: Area) -> Area {
    let (row, column) = slide.grid.cell_of(tile.place);
    let side = slide.grid.cell;
    let (left, top) = (panel.left + column * side, panel.top + row * side);
    Area { left, top, width: side, height: side }
}

fn draw_tile(canvas: &mut Canvas, slide: &Slide, tile: &Tile, layout: &Layout) {
    let (seen, heat) = (cell(slide, tile, layout.tissue), cell(slide, tile, layout.heat));
    match &tile.predicted {
        Some((probability, picture)) => {
            canvas.paste(&picture.pixels, picture.width, (seen.left, seen.top));
            canvas.fill(heat, viridis(*probability));
        }
        None => [seen, heat].into_iter().for_each(|area| unread(canvas, area)),
    }
    if tile.place.label == Some(1) {
        mark(canvas, heat);
    }
}

fn unread(canvas: &mut Canvas, area: Area) {
    canvas.fill(area, UNREAD);
    canvas.cross(area, INK);
}

/// The frame of a tile that is labelled as tumour: black, and white within, so that one of the two
/// stands out from any colour.
fn mark(canvas: &mut Canvas, area: Area) {
    match area.width {
        0..6 => {}
        6..14 => canvas.frame(area, 1, INK),
        _ => {
            canvas.frame(area, 2, INK);
            canvas.frame(area.inside(2), 1, PAPER);
        }
    }
}

fn legend(canvas: &mut Canvas, top: usize, slide: &Slide) {
    for x in 0..BAR.0 {
        let area = Area { left: MARGIN + x, top, width: 1, height: BAR.1 };
        canvas.fill(area, viridis(x as f32 / (BAR.0 - 1) as f32));
    }
    for (number, text) in ["0", "0.25", "0.5", "0.75", "1"].into_iter().enumerate() {
        let x = MARGIN + number * (BAR.0 - 1) / 4;
        canvas.fill(Area { left: x, top: top + BAR.1, width: 1, height: 5 }, INK);
        let left = x.saturating_sub(width_of(text, TEXT) / 2);
        canvas.text(text, (left, top + BAR.1 + 8), TEXT, INK);
    }
    let mut top = top + BAR.1 + 2 * LINE - LETTER;
    for (draw, text) in entries(slide) {
        draw(canvas, Area { left: MARGIN, top, width: MARK, height: MARK });
        canvas.text(text, (MARGIN + MARK + LETTER, top + 2), TEXT, INK);
        top += LINE;
    }
}

/// How a mark of the legend is drawn.
type Mark = fn(&mut Canvas, Area);

/// What the legend explains below the colours: just what there is in the picture.
fn entries(slide: &Slide) -> Vec<(Mark, &'static str)> {
    let framed: Mark = |canvas, area| {
        canvas.fill(area, viridis(0.5));
        mark(canvas, area);
    };
    let nothing: Mark = |canvas, area| canvas.fill(area, NOTHING);
    let mut entries = vec![(nothing, "no tile here")];
    if slide.tiles.iter().any(|tile| tile.place.label.is_some()) {
        entries.push((framed, "framed: its name says tumour (class 1)"));
    }
    if slide.tiles.iter().any(|tile| tile.predicted.is_none()) {
        entries.push((unread, "a tile that could not be read"));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::Picture, stages::predict::heatmap::Slides};

    /// The colour in the middle of a tile of a panel.
    fn middle(slide: &Slide, tile: usize, panel: Area, canvas: &Canvas) -> Colour {
        let area = cell(slide, &slide.tiles[tile], panel);
        canvas.at(area.left + area.width / 2, area.top + area.height / 2)
    }

    #[test]
    fn each_tile_has_its_colour_where_it_lies() {
        let names = ["s_x101_y51_class1", "s_x201_y51_class0", "s_x151_y151", "t_x0_y0"];
        let mut slides = Slides::of(names.into_iter().enumerate()).unwrap();
        let picture = |byte: u8| Picture { height: 5, width: 5, pixels: vec![byte; 75] };
        slides.add(0, 1.0, picture(10));
        slides.add(1, 0.25, picture(20));
        let slide = &slides.slides["s"];
        assert_eq!((slide.grid.columns, slide.grid.rows, slide.grid.cell), (3, 3, 40));
        let (layout, canvas) = (Layout::of("s", slide), draw("s", slide));

        assert_eq!(middle(slide, 0, layout.heat, &canvas), [0xfd, 0xe7, 0x25]);
        assert_eq!(middle(slide, 1, layout.heat, &canvas), [0x3b, 0x52, 0x8b]);
        assert_eq!(middle(slide, 0, layout.tissue, &canvas), [10; 3]);
        assert_eq!(middle(slide, 1, layout.tissue, &canvas), [20; 3]);
        // The third was not read, and between the first two there is no tile.
        let unread = cell(slide, &slide.tiles[2], layout.heat);
        assert_eq!(canvas.at(unread.left + 20, unread.top + 1), UNREAD);
        assert_eq!(canvas.at(layout.heat.left + 60, layout.heat.top + 20), NOTHING);
        // x runs to the right, y down: the second lies two cells right of the first, the third
        // one right and two below.
        let [first, second] = [0, 1].map(|tile| cell(slide, &slide.tiles[tile], layout.heat));
        assert_eq!((second.left - first.left, second.top - first.top), (80, 0));
        assert_eq!((unread.left - first.left, unread.top - first.top), (40, 80));
        // Only what is labelled as tumour has a frame.
        assert_eq!(canvas.at(first.left, first.top), INK);
        assert_eq!(canvas.at(second.left, second.top), viridis(0.25));
    }
}
