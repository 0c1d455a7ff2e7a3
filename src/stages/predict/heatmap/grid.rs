//! Where tiles lie: names to coordinates, coordinates to the cells of a grid. Knows nothing of what
//! is in the tiles.

use regex::Regex;
use std::sync::LazyLock;

/// Where a tile lies in its slide, in pixels, and its true label if its name tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub x: u64,
    pub y: u64,
    pub label: Option<u8>,
}

/// `9290_idx5_x651_y1501_class0`, as in the data set of Cruz-Roa et al. (2014) and Janowczyk.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?<slide>.+?)_x(?<x>[0-9]{1,12})_y(?<y>[0-9]{1,12})(?:_class(?<class>[01]))?$")
        .ok()
});

impl Place {
    /// The slide and the place that a tile's name tells.
    pub fn of(name: &str) -> Option<(&str, Place)> {
        let found = NAME.as_ref()?.captures(name)?;
        let number = |part: &str| found.name(part)?.as_str().parse().ok();
        let label = found.name("class").map(|class| u8::from(class.as_str() == "1"));
        let place = Place { x: number("x")?, y: number("y")?, label };
        Some((found.name("slide")?.as_str(), place))
    }
}

/// A slide as a grid of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    left: u64,
    top: u64,
    /// Pixels of the slide from one cell to the next.
    pub step: u64,
    pub columns: usize,
    pub rows: usize,
    /// The side of a cell in the picture, in pixels.
    pub cell: usize,
}

/// A picture's panel has about so many pixels.
const PANEL: usize = 880;
/// Cells are not larger, in pixels.
const LARGEST_CELL: usize = 40;
/// Nor is a panel of more cells, on its longer side, than this.
const MOST_CELLS: u64 = 4096;

impl Grid {
    /// The smallest grid that holds these places.
    pub fn of(places: impl Iterator<Item = Place> + Clone, step: u64) -> Grid {
        let least = |of: fn(&Place) -> u64| places.clone().map(|p| of(&p)).min().unwrap_or(0);
        let most = |of: fn(&Place) -> u64| places.clone().map(|p| of(&p)).max().unwrap_or(0);
        let (left, top) = (least(|p| p.x), least(|p| p.y));
        let (wide, high) = (most(|p| p.x) - left, most(|p| p.y) - top);
        // A slide wider than any picture is drawn coarser: several tiles share a cell.
        let step = step.max(wide.max(high).div_ceil(MOST_CELLS)).max(1);
        let (columns, rows) = ((wide / step + 1) as usize, (high / step + 1) as usize);
        let cell = (PANEL / columns.max(rows)).clamp(1, LARGEST_CELL);
        Grid { left, top, step, columns, rows, cell }
    }

    /// The row and the column of a place; x runs to the right and y down, as in images.
    pub fn cell_of(&self, place: Place) -> (usize, usize) {
        let cell = |at: u64, first: u64| ((at - first) / self.step) as usize;
        (cell(place.y, self.top), cell(place.x, self.left))
    }
}

/// The distance from one tile to the next: the greatest that all distances within slides are
/// multiples of, where that is at least a quarter of the smallest distance; else, as tiles lie
/// anyhow, the smallest.
pub fn step<I: Iterator<Item = Place>>(slides: impl Iterator<Item = I>) -> u64 {
    let (mut divisor, mut smallest) = (0, u64::MAX);
    for slide in slides {
        let (mut xs, mut ys): (Vec<u64>, Vec<u64>) = slide.map(|place| (place.x, place.y)).unzip();
        for axis in [&mut xs, &mut ys] {
            axis.sort_unstable();
            for pair in axis.windows(2).filter(|pair| pair[0] != pair[1]) {
                divisor = common_divisor(divisor, pair[1] - pair[0]);
                smallest = smallest.min(pair[1] - pair[0]);
            }
        }
    }
    match smallest {
        u64::MAX => 1,
        _ if divisor >= smallest / 4 => divisor,
        _ => smallest,
    }
}

/// Euclid's algorithm.
fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(x: u64, y: u64) -> Place {
        Place { x, y, label: None }
    }

    #[test]
    fn names_tell_slide_place_and_label() {
        let with = Place { label: Some(1), ..place(651, 1501) };
        assert_eq!(Place::of("9290_idx5_x651_y1501_class1"), Some(("9290_idx5", with)));
        assert_eq!(Place::of("a_x0_y7"), Some(("a", place(0, 7))));
        for other in ["9290_x651", "_x1_y2", "a_x1_y2_class2", "a_xb_y2", "a_x1_y2.tif", ""] {
            assert_eq!(Place::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_grid_has_the_step_of_the_tiles_and_y_runs_down() {
        let tiles = [place(101, 51), place(201, 51), place(151, 201)];
        assert_eq!(step([tiles.into_iter()].into_iter()), 50);
        let grid = Grid::of(tiles.into_iter(), 50);
        assert_eq!((grid.columns, grid.rows), (3, 4));
        assert_eq!(tiles.map(|tile| grid.cell_of(tile)), [(0, 0), (0, 2), (3, 1)]);
    }

    #[test]
    fn tiles_that_lie_anyhow_have_the_smallest_distance() {
        let tiles = [place(0, 0), place(100, 0), place(203, 0), place(313, 0)];
        assert_eq!(step([tiles.into_iter()].into_iter()), 100);
        assert_eq!(step([[place(5, 5)].into_iter()].into_iter()), 1);
    }

    #[test]
    fn a_slide_of_any_width_becomes_a_picture() {
        let tiles = [place(0, 0), place(999_999_999_999, 0)];
        let grid = Grid::of(tiles.into_iter(), 1);
        assert!(grid.columns <= 4097 && grid.rows == 1);
    }
}
