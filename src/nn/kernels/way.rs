//! Directions in which neighbouring outputs lie, and which of them the rows of a tile follow.

use super::gemm::ROWS;

/// A way through the outputs of a region: how many there are, and the floats from one to the next,
/// where they are written and where they read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Way {
    pub count: usize,
    pub read: usize,
    pub write: usize,
}

/// Ways from the innermost, two joined where the outer goes on where the inner ends.
pub(super) fn ways(all: [Way; 3]) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::with_capacity(3);
    for way in all {
        match ways.last_mut() {
            Some(_) if way.count == 1 => {}
            Some(inner) if inner.count == 1 => *inner = way,
            Some(inner)
                if inner.count * inner.read == way.read
                    && inner.count * inner.write == way.write =>
            {
                inner.count *= way.count;
            }
            _ => ways.push(way),
        }
    }
    ways
}

/// The way along which tiles have their rows, and the others: the one with the fewest tiles, the
/// inner one unless an outer is a good deal better, as it reads memory in order.
pub(super) fn choose(mut ways: Vec<Way>) -> (Way, Vec<Way>) {
    let all: usize = ways.iter().map(|way| way.count).product();
    let tiles = |way: &Way| all / way.count * way.count.div_ceil(ROWS);
    let best = (0..ways.len()).min_by_key(|i| tiles(&ways[*i]) * (4 + i)).unwrap_or(0);
    let rows = ways.remove(best);
    (rows, ways)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(count: usize, read: usize, write: usize) -> Way {
        Way { count, read, write }
    }

    #[test]
    fn neighbouring_pixels_are_one_way_when_nothing_lies_between_them() {
        let images = way(5, 3, 8);
        assert_eq!(
            ways([images, way(4, 15, 40), way(2, 90, 240)]),
            [way(20, 3, 8), way(2, 90, 240)]
        );
        assert_eq!(ways([images, way(4, 15, 40), way(2, 60, 160)]), [way(40, 3, 8)]);
        assert_eq!(ways([images, way(4, 30, 40), way(1, 0, 0)]), [images, way(4, 30, 40)]);
        assert_eq!(ways([way(1, 3, 8), way(4, 6, 8), way(1, 0, 0)]), [way(4, 6, 8)]);
        assert_eq!(ways([way(1, 3, 8), way(1, 6, 8), way(1, 0, 0)]), [way(1, 3, 8)]);
    }

    #[test]
    fn tiles_have_their_rows_where_these_are_many() {
        // One image, the left border of 90 rows.
        assert_eq!(choose(ways([way(1, 3, 8), way(1, 3, 8), way(90, 30, 80)])).0.count, 90);
        // 8 images at one pixel fill a tile well enough; 2 do not.
        assert_eq!(choose(ways([way(8, 3, 8), way(1, 3, 8), way(9, 300, 800)])).0.count, 8);
        assert_eq!(choose(ways([way(2, 3, 8), way(1, 3, 8), way(9, 300, 800)])).0.count, 9);
    }
}
