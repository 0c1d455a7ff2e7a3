//! The micro-kernel in plain Rust: the definition that the vector versions must match bit for bit.

use super::gemm::{Left, Tile, WIDTH, finish};

/// # Safety
/// As for [`super::gemm::multiply`], with 32 columns.
pub(super) unsafe fn multiply(tile: &Tile) {
    for row in 0..tile.rows {
        for column in 0..WIDTH {
            // SAFETY: `row` and `column` are within the tile that the caller vouches for.
            unsafe {
                let sum = sum(tile, row, column);
                finish(tile, row * tile.c_row + column, sum);
            }
        }
    }
}

/// # Safety
/// As for [`multiply`], for one output.
unsafe fn sum(tile: &Tile, row: usize, column: usize) -> f32 {
    let (a_row, a_step) = match tile.left {
        Left::AlongSum { row: apart } => (row * apart, 1),
        Left::AlongRows { step } => (row, step),
        Left::ByThree { step, apart } => (row / 3 * apart + row % 3, step),
    };
    // SAFETY: each access is one that the caller vouches for.
    unsafe {
        let mut sum = if tile.start.is_null() { 0.0 } else { *tile.start.add(column) };
        for segment in tile.segments {
            let a = segment.a.add(tile.a_offset + a_row);
            let b = segment.b.add(tile.b_offset + column);
            for k in 0..tile.depth {
                sum = (*a.add(k * a_step)).mul_add(*b.add(k * tile.b_step), sum);
            }
        }
        sum
    }
}
