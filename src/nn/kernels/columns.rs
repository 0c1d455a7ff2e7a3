//! Passes down the columns of a matrix, by blocks of columns whose constants and sums stay in
//! registers. Must not know what is computed.

/// Floats that are treated together: one vector of AVX-512, two of AVX2.
const LANES: usize = 16;
/// Rows after which the next block of columns has its turn, so that memory is read in order.
const ROWS: usize = 16;

/// What is done to each element of some matrices of equal size: it may read and write elements,
/// with `K` constants for each column, and keeps `S` sums for each column.
pub(super) trait Step<const K: usize, const S: usize> {
    /// Constants, one a column.
    fn constants(&self) -> [&[f32]; K];

    /// Treats `W` elements, the first of them `at` floats after the matrices' beginnings.
    ///
    /// # Safety
    /// So many elements must be there.
    unsafe fn run<const W: usize>(
        &self,
        at: usize,
        constants: &[[f32; W]; K],
        sums: &mut [[f32; W]; S],
    );
}

/// `W` floats at an address.
///
/// # Safety
/// So many must be readable there.
#[inline(always)]
pub(super) unsafe fn load<const W: usize>(from: *const f32, at: usize) -> [f32; W] {
    // SAFETY: the caller's promise; an array of floats has the alignment of a float.
    unsafe { from.add(at).cast::<[f32; W]>().read() }
}

/// Writes `W` floats to an address.
///
/// # Safety
/// So many must be writable there.
#[inline(always)]
pub(super) unsafe fn store<const W: usize>(to: *mut f32, at: usize, floats: [f32; W]) {
    // SAFETY: the caller's promise; an array of floats has the alignment of a float.
    unsafe { to.add(at).cast::<[f32; W]>().write(floats) }
}

/// Takes `step` through `rows` × `columns` elements; in each column the rows in order, sums going
/// on from what `sums` holds.
///
/// # Safety
/// The matrices of `step` must have so many elements.
#[inline(always)]
pub(super) unsafe fn down<const K: usize, const S: usize>(
    rows: usize,
    columns: usize,
    step: &impl Step<K, S>,
    mut sums: [&mut [f32]; S],
) {
    let constants = step.constants();
    assert!(constants.iter().all(|constants| constants.len() >= columns));
    assert!(sums.iter().all(|sums| sums.len() >= columns));
    // Narrow matrices are one block: nothing is gained by turning to another.
    let turn = if columns <= 2 * LANES { rows.max(1) } else { ROWS };
    for first in (0..rows).step_by(turn) {
        let rows = first..rows.min(first + turn);
        let mut column = 0;
        let left = |column: usize| columns - column;
        // SAFETY: rows and columns are those that the caller vouches for, the assertions hold.
        unsafe {
            while left(column) >= 2 * LANES {
                block::<LANES, 2, K, S>(rows.clone(), columns, column, step, constants, &mut sums);
                column += 2 * LANES;
            }
            // What is left, ever narrower: 16, 8, 4, then one by one.
            macro_rules! rest {
                ($($width:expr),*) => {$(
                    while left(column) >= $width {
                        let rows = rows.clone();
                        block::<{ $width }, 1, K, S>(rows, columns, column, step, constants, &mut sums);
                        column += $width;
                    }
                )*};
            }
            rest!(LANES, 8, 4, 1);
        }
    }
}

/// `B` times `W` columns from `column` on.
///
/// # Safety
/// These rows and columns must be there, in the matrices, the constants and the sums.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "one index runs through several arrays")]
unsafe fn block<const W: usize, const B: usize, const K: usize, const S: usize>(
    rows: std::ops::Range<usize>,
    columns: usize,
    column: usize,
    step: &impl Step<K, S>,
    constants: [&[f32]; K],
    sums: &mut [&mut [f32]; S],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut kept = [[[0.0; W]; S]; B];
        let mut fixed = [[[0.0; W]; K]; B];
        for b in 0..B {
            for s in 0..S {
                kept[b][s] = load(sums[s].as_ptr(), column + b * W);
            }
            for k in 0..K {
                fixed[b][k] = load(constants[k].as_ptr(), column + b * W);
            }
        }
        for row in rows {
            for b in 0..B {
                step.run(row * columns + column + b * W, &fixed[b], &mut kept[b]);
            }
        }
        for b in 0..B {
            for s in 0..S {
                store(sums[s].as_mut_ptr(), column + b * W, kept[b][s]);
            }
        }
    }
}
