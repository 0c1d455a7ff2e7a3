//! The micro-kernel in AVX2 with FMA: 6 × 16 sums in registers, two vectors of 8 a row.

use std::arch::x86_64::*;

use super::After;
use super::gemm::{Left, Tile, WIDTH, Write};

const LANES: usize = 8;
const ROWS: usize = 6;
/// All rows of a tile are neighbours.
const ALL: usize = super::gemm::ROWS;

/// # Safety
/// As for [`super::gemm::multiply`], with 32 columns, on a machine with AVX2 with FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(tile: &Tile) {
    for column in (0..WIDTH).step_by(2 * LANES) {
        for first in (0..tile.rows).step_by(ROWS) {
            let rows = ROWS.min(tile.rows - first);
            // SAFETY: these rows and columns are within the tile that the caller vouches for.
            unsafe { dispatch(tile, rows, first, column) }
        }
    }
}

/// # Safety
/// As for [`multiply`]; rows `first..first + rows` and 2 × LANES columns are within the tile.
#[target_feature(enable = "avx2,fma")]
unsafe fn dispatch(tile: &Tile, rows: usize, first: usize, column: usize) {
    // SAFETY: handed on as it came.
    unsafe {
        match (rows, tile.left) {
            (1, Left::AlongSum { row }) => part::<1, 1>(tile, (row, 1), first, column),
            (1, Left::AlongRows { step }) => part::<1, ALL>(tile, (0, step), first, column),
            (2, Left::AlongSum { row }) => part::<2, 1>(tile, (row, 1), first, column),
            (2, Left::AlongRows { step }) => part::<2, ALL>(tile, (0, step), first, column),
            (3, Left::AlongSum { row }) => part::<3, 1>(tile, (row, 1), first, column),
            (3, Left::AlongRows { step }) => part::<3, ALL>(tile, (0, step), first, column),
            (4, Left::AlongSum { row }) => part::<4, 1>(tile, (row, 1), first, column),
            (4, Left::AlongRows { step }) => part::<4, ALL>(tile, (0, step), first, column),
            (5, Left::AlongSum { row }) => part::<5, 1>(tile, (row, 1), first, column),
            (5, Left::AlongRows { step }) => part::<5, ALL>(tile, (0, step), first, column),
            (6, Left::AlongSum { row }) => part::<6, 1>(tile, (row, 1), first, column),
            (6, Left::AlongRows { step }) => part::<6, ALL>(tile, (0, step), first, column),
            (3, Left::ByThree { step, apart }) => part::<3, 3>(tile, (apart, step), first, column),
            (6, Left::ByThree { step, apart }) => part::<6, 3>(tile, (apart, step), first, column),
            _ => unreachable!("a part has 1 to 6 rows, or one or two threes"),
        }
    }
}

/// Rows of the left matrix are neighbours in memory, `S` at a time; from one such group to the next
/// are `apart` floats, from one step of the sum to the next `step`.
///
/// # Safety
/// As for [`dispatch`], with `R` rows.
#[target_feature(enable = "avx2,fma")]
unsafe fn part<const R: usize, const S: usize>(
    tile: &Tile,
    (apart, step): (usize, usize),
    first: usize,
    column: usize,
) {
    // SAFETY: every pointer stays within what the caller vouches for: R rows from `first`,
    // 2 × LANES columns from `column`, `depth` steps of each segment.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        if !tile.start.is_null() {
            let start = tile.start.add(column);
            sums = [[_mm256_loadu_ps(start), _mm256_loadu_ps(start.add(LANES))]; R];
        }
        let row = |m: usize| m / S * apart + m % S;
        for segment in tile.segments {
            let mut a = segment.a.add(tile.a_offset + row(first));
            let mut b = segment.b.add(tile.b_offset + column);
            for _ in 0..tile.depth {
                let (b0, b1) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(LANES)));
                for (m, sum) in sums.iter_mut().enumerate() {
                    let factor = _mm256_set1_ps(*a.add(row(m)));
                    sum[0] = _mm256_fmadd_ps(factor, b0, sum[0]);
                    sum[1] = _mm256_fmadd_ps(factor, b1, sum[1]);
                }
                a = a.add(step);
                b = b.add(tile.b_step);
            }
        }
        for (m, sum) in sums.into_iter().enumerate() {
            for (half, sum) in sum.into_iter().enumerate() {
                let at = (first + m) * tile.c_row + column + half * LANES;
                let c = tile.c.add(at);
                let mut sum = sum;
                if !tile.residual.is_null() {
                    sum = _mm256_add_ps(sum, _mm256_loadu_ps(tile.residual.add(at)));
                }
                _mm256_storeu_ps(
                    c,
                    match tile.write {
                        Write::Store(After::Nothing) => sum,
                        // The second operand wins when either is NaN: NaN goes through.
                        Write::Store(After::Relu) => _mm256_max_ps(_mm256_setzero_ps(), sum),
                        Write::Store(After::Relu6) => _mm256_min_ps(
                            _mm256_set1_ps(6.0),
                            _mm256_max_ps(_mm256_setzero_ps(), sum),
                        ),
                        Write::Add => _mm256_add_ps(_mm256_loadu_ps(c), sum),
                    },
                );
            }
        }
    }
}
