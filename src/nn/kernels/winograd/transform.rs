//! A transform along both axes of a tile, for many images and channels at once.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

use super::super::After;
use super::super::isa::{Isa, Level};
use super::super::lanes::Lanes;
use super::axis::Axis;

/// Floats of each stream that go through both axes before the next: the values between the axes
/// stay in the nearest cache.
const STRETCH: usize = 128;
static ZEROS: Line = Line([0.0; STRETCH]);

/// A stretch of one stream. A vector that straddles two cache lines would take twice as long.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([f32; STRETCH]);

/// What is done to each result before it is stored.
pub(super) trait End<const O: usize> {
    /// # Safety
    /// As for [`Lanes`]; element `at` of the stream of `row` and `column` must exist.
    unsafe fn end<V: Lanes>(&self, value: V, row: usize, column: usize, at: usize) -> V;
}

/// Nothing more.
pub(super) struct Plain;

impl<const O: usize> End<O> for Plain {
    #[inline(always)]
    unsafe fn end<V: Lanes>(&self, value: V, _: usize, _: usize, _: usize) -> V {
        value
    }
}

/// `after(value + bias + residual)`, added in this order; what is null is left out.
pub(super) struct Finish {
    /// One stream for all pixels: a bias for each image and filter.
    pub bias: *const f32,
    /// One stream a pixel.
    pub residual: [[*const f32; 4]; 4],
    pub after: After,
}

impl End<4> for Finish {
    #[inline(always)]
    unsafe fn end<V: Lanes>(&self, mut value: V, row: usize, column: usize, at: usize) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            if !self.bias.is_null() {
                value = value.plus(V::load(self.bias.add(at)));
            }
            let residual = self.residual[row][column];
            if !residual.is_null() {
                value = value.plus(V::load(residual.add(at)));
            }
            match self.after {
                After::Nothing => value,
                After::Relu => value.at_least(0.0),
                After::Relu6 => value.at_least(0.0).at_most(6.0),
            }
        }
    }
}

/// `to = (A along columns, then B along rows) of from`: streams of `len` floats each, one for each
/// place in a tile. A stream of the input that is null is all zeros; one of the output that is
/// null is dropped.
///
/// # Safety
/// Streams are null or good for `len` floats; those of the output overlap no other. As for `end`.
pub(super) unsafe fn transform<A, B, E, const I: usize, const P: usize, const O: usize>(
    isa: Isa,
    from: &[[*const f32; I]; I],
    to: &[[*mut f32; O]; P],
    len: usize,
    end: &E,
) where
    A: Axis<I, P>,
    B: Axis<I, O>,
    E: End<O>,
{
    // SAFETY: an `Isa` exists only for an instruction set that was detected; the rest is the
    // caller's promise.
    unsafe {
        match isa.level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512::<A, B, E, I, P, O>(from, to, len, end),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2::<A, B, E, I, P, O>(from, to, len, end),
            _ => both::<f32, A, B, E, I, P, O>(from, to, len, end),
        }
    }
}

/// # Safety
/// As for [`transform`], on a machine with AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512<A, B, E, const I: usize, const P: usize, const O: usize>(
    from: &[[*const f32; I]; I],
    to: &[[*mut f32; O]; P],
    len: usize,
    end: &E,
) where
    A: Axis<I, P>,
    B: Axis<I, O>,
    E: End<O>,
{
    // SAFETY: handed on as it came.
    unsafe { both::<__m512, A, B, E, I, P, O>(from, to, len, end) }
}

/// # Safety
/// As for [`transform`], on a machine with AVX2 with FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<A, B, E, const I: usize, const P: usize, const O: usize>(
    from: &[[*const f32; I]; I],
    to: &[[*mut f32; O]; P],
    len: usize,
    end: &E,
) where
    A: Axis<I, P>,
    B: Axis<I, O>,
    E: End<O>,
{
    // SAFETY: handed on as it came.
    unsafe { both::<__m256, A, B, E, I, P, O>(from, to, len, end) }
}

/// # Safety
/// As for [`transform`], on a machine with the instructions of `V`.
#[inline(always)]
unsafe fn both<V: Lanes, A, B, E, const I: usize, const P: usize, const O: usize>(
    from: &[[*const f32; I]; I],
    to: &[[*mut f32; O]; P],
    len: usize,
    end: &E,
) where
    A: Axis<I, P>,
    B: Axis<I, O>,
    E: End<O>,
{
    let mut between = [[Line([0.0; STRETCH]); I]; P];
    let mut dropped = Line([0.0; STRETCH]);
    for first in (0..len).step_by(STRETCH) {
        let len = STRETCH.min(len - first);
        // SAFETY: streams are read and written within `len` as the caller vouches; a null one is
        // replaced by a block of our own that is as long as a stretch.
        unsafe {
            for column in 0..I {
                let mut x = [ZEROS.0.as_ptr(); I];
                for (x, from) in x.iter_mut().zip(from) {
                    if !from[column].is_null() {
                        *x = from[column].add(first);
                    }
                }
                let mut y = [std::ptr::null_mut(); P];
                for (y, between) in y.iter_mut().zip(&mut between) {
                    *y = between[column].0.as_mut_ptr();
                }
                along::<V, A, Plain, I, P>(&x, &y, len, &Plain, 0, 0);
            }
            for row in 0..P {
                let mut x = [ZEROS.0.as_ptr(); I];
                for (x, between) in x.iter_mut().zip(&between[row]) {
                    *x = between.0.as_ptr();
                }
                let mut y = [dropped.0.as_mut_ptr(); O];
                for (y, to) in y.iter_mut().zip(&to[row]) {
                    if !to.is_null() {
                        *y = to.add(first);
                    }
                }
                along::<V, B, E, I, O>(&x, &y, len, end, row, first);
            }
        }
    }
}

/// One axis, whole vectors and then what is left; `row` and `first` say where in the tile and in
/// its streams the output is.
///
/// # Safety
/// As for [`both`], with streams that are not null.
#[inline(always)]
unsafe fn along<V: Lanes, A: Axis<I, O>, E: End<O>, const I: usize, const O: usize>(
    from: &[*const f32; I],
    to: &[*mut f32; O],
    len: usize,
    end: &E,
    row: usize,
    first: usize,
) {
    let whole = len - len % V::WIDTH;
    // SAFETY: `at` stays below `len`.
    unsafe {
        for at in (0..whole).step_by(V::WIDTH) {
            step::<V, A, E, I, O>(from, to, end, row, first, at);
        }
        for at in whole..len {
            step::<f32, A, E, I, O>(from, to, end, row, first, at);
        }
    }
}

/// # Safety
/// As for [`along`], with `V::WIDTH` floats from `at` on.
#[inline(always)]
unsafe fn step<V: Lanes, A: Axis<I, O>, E: End<O>, const I: usize, const O: usize>(
    from: &[*const f32; I],
    to: &[*mut f32; O],
    end: &E,
    row: usize,
    first: usize,
    at: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut x = [V::all(0.0); I];
        for (x, from) in x.iter_mut().zip(from) {
            *x = V::load(from.add(at));
        }
        let y = A::apply(x);
        for column in 0..O {
            end.end(y[column], row, column, first + at).store(to[column].add(at));
        }
    }
}
