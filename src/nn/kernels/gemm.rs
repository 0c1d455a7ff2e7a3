//! The segmented matrix product: what convolutions and dense layers, their data gradients and
//! their weight gradients all consist of.

use super::After;
use super::elementwise::clamp;
use super::isa::{Isa, Level};

/// Columns of a block: packed weights come in blocks of so many outputs, padded with zeros.
pub(super) const WIDTH: usize = 32;
/// The most rows a tile can have (12 × 32 sums fill AVX-512's registers).
pub(super) const ROWS: usize = 12;

/// One stretch of the sum: where its part of the left and of the right matrix begins.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub a: *const f32,
    pub b: *const f32,
}

/// How a tile's sums reach the output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Store(After),
    /// Added to what is there: `c = c + sum`.
    Add,
}

/// How the left matrix lies in memory.
#[derive(Clone, Copy)]
pub(super) enum Left {
    /// Neighbours along the sum are neighbours in memory; rows are `row` floats apart.
    AlongSum { row: usize },
    /// Neighbouring rows are neighbours in memory; steps of the sum are `step` floats apart.
    AlongRows { step: usize },
    /// So are rows in threes; from one three to the next are `apart` floats. These are the colours
    /// of pixels that neighbouring taps read.
    ByThree { step: usize, apart: usize },
}

/// One tile of a product, `rows` × `columns` outputs (at most 12 × 32), each of them
///
/// `sum = start; for segment { for k in 0..depth { sum = fma(a[row, k], b[k, column], sum) } }`
///
/// in exactly this order on every instruction set. Then the residual is added, if there is one.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub segments: &'a [Segment],
    /// Added to every segment's `a` and `b`: tiles share one list of segments.
    pub a_offset: usize,
    pub b_offset: usize,
    pub depth: usize,
    pub left: Left,
    /// Floats from one step of the sum to the next in `b`; 32 columns are read at each.
    pub b_step: usize,
    /// 32 first values, one a column; zeros if null.
    pub start: *const f32,
    pub c: *mut f32,
    pub c_row: usize,
    pub rows: usize,
    pub columns: usize,
    pub write: Write,
    /// Laid out as `c`, added to each sum before it is stored; null if there is none. Not read
    /// where sums are added to the output.
    pub residual: *const f32,
}

/// Rows of a batch in tiles of equal size, at most [`ROWS`] each: (first row, rows).
pub(super) fn tiles(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(ROWS);
    (0..count).map(move |i| {
        let first = i * rows / count;
        (first, (i + 1) * rows / count - first)
    })
}

/// Computes one tile.
///
/// # Safety
/// For each segment, `a` (plus the offset) must be readable for `rows` × `depth` floats at the
/// steps that `left` gives, `b` for `depth` steps of 32 floats; `start` is null or readable for
/// 32; `c` is writable for `rows` × `columns`, and nobody else touches those; `residual` is null or
/// readable like `c`.
pub(super) unsafe fn multiply(isa: Isa, tile: &Tile) {
    if tile.columns == WIDTH {
        // SAFETY: the caller's promise.
        return unsafe { multiply_whole(isa, tile) };
    }
    // The right matrix is padded to whole blocks, the output is not: go through a block of our own.
    let mut block = [0f32; ROWS * WIDTH];
    // SAFETY: as the caller promises, with an output that holds 12 × 32.
    unsafe {
        multiply_whole(
            isa,
            &Tile {
                c: block.as_mut_ptr(),
                c_row: WIDTH,
                columns: WIDTH,
                write: Write::Store(After::Nothing),
                residual: std::ptr::null(),
                ..*tile
            },
        )
    };
    for (row, sums) in block.chunks_exact(WIDTH).take(tile.rows).enumerate() {
        for (column, sum) in sums[..tile.columns].iter().enumerate() {
            // SAFETY: `row` and `column` are within the tile.
            unsafe {
                let at = row * tile.c_row + column;
                finish(tile, at, *sum);
            }
        }
    }
}

/// Writes one finished sum to where it belongs, `at` floats after `c`.
///
/// # Safety
/// `at` is within the tile that the caller of [`multiply`] vouches for.
pub(super) unsafe fn finish(tile: &Tile, at: usize, sum: f32) {
    // SAFETY: the caller's promise, for the output and for the residual laid out like it.
    unsafe {
        let c = tile.c.add(at);
        *c = match tile.write {
            Write::Add => *c + sum,
            Write::Store(after) if tile.residual.is_null() => clamp(sum, after.bounds()),
            Write::Store(after) => clamp(sum + *tile.residual.add(at), after.bounds()),
        };
    }
}

/// # Safety
/// As for [`multiply`], with 32 columns.
unsafe fn multiply_whole(isa: Isa, tile: &Tile) {
    match isa.level() {
        // SAFETY: an `Isa` exists only if detected; the rest is the caller's promise.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { super::avx512::multiply(tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { super::avx2::multiply(tile) },
        // SAFETY: the caller's promise.
        _ => unsafe { super::scalar::multiply(tile) },
    }
}
