//! Vectors of floats as one trait, so that a kernel written once is compiled for each instruction
//! set. Lanes never meet: an operation gives the same bits at any width.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// One or more floats that are treated alike.
///
/// # Safety
/// Each method may only run where the implementor's instruction set is known to be there, within
/// a function that enables it; pointers must be good for [`Lanes::WIDTH`] floats.
pub(super) trait Lanes: Copy {
    const WIDTH: usize;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn all(value: f32) -> Self;
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    unsafe fn times(self, other: Self) -> Self;
    /// `self · factor + other`, rounded once.
    unsafe fn fused(self, factor: f32, other: Self) -> Self;
    /// What is less than `bound` becomes it; NaN stays NaN.
    unsafe fn at_least(self, bound: f32) -> Self;
    /// What is more than `bound` becomes it; NaN stays NaN.
    unsafe fn at_most(self, bound: f32) -> Self;
}

impl Lanes for f32 {
    const WIDTH: usize = 1;
    #[inline(always)]
    unsafe fn load(from: *const f32) -> f32 {
        // SAFETY: the trait's condition.
        unsafe { *from }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the trait's condition.
        unsafe { *to = self }
    }
    #[inline(always)]
    unsafe fn all(value: f32) -> f32 {
        value
    }
    #[inline(always)]
    unsafe fn plus(self, other: f32) -> f32 {
        self + other
    }
    #[inline(always)]
    unsafe fn minus(self, other: f32) -> f32 {
        self - other
    }
    #[inline(always)]
    unsafe fn times(self, other: f32) -> f32 {
        self * other
    }
    #[inline(always)]
    unsafe fn fused(self, factor: f32, other: f32) -> f32 {
        self.mul_add(factor, other)
    }
    #[inline(always)]
    unsafe fn at_least(self, bound: f32) -> f32 {
        if self < bound { bound } else { self }
    }
    #[inline(always)]
    unsafe fn at_most(self, bound: f32) -> f32 {
        if self > bound { bound } else { self }
    }
}

/// A vector register as [`Lanes`].
macro_rules! register {
    ($register:ty, $width:literal, $load:ident, $store:ident, $set:ident, $add:ident, $sub:ident,
     $mul:ident, $fma:ident, $max:ident, $min:ident) => {
        #[cfg(target_arch = "x86_64")]
        // SAFETY, for each: the trait's condition.
        impl Lanes for $register {
            const WIDTH: usize = $width;
            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn all(value: f32) -> Self {
                unsafe { $set(value) }
            }
            #[inline(always)]
            unsafe fn plus(self, other: Self) -> Self {
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn minus(self, other: Self) -> Self {
                unsafe { $sub(self, other) }
            }
            #[inline(always)]
            unsafe fn times(self, other: Self) -> Self {
                unsafe { $mul(self, other) }
            }
            #[inline(always)]
            unsafe fn fused(self, factor: f32, other: Self) -> Self {
                unsafe { $fma(self, $set(factor), other) }
            }
            // The second operand wins when either is NaN: NaN goes through.
            #[inline(always)]
            unsafe fn at_least(self, bound: f32) -> Self {
                unsafe { $max($set(bound), self) }
            }
            #[inline(always)]
            unsafe fn at_most(self, bound: f32) -> Self {
                unsafe { $min($set(bound), self) }
            }
        }
    };
}
register!(
    __m256,
    8,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_fmadd_ps,
    _mm256_max_ps,
    _mm256_min_ps
);
register!(
    __m512,
    16,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_fmadd_ps,
    _mm512_max_ps,
    _mm512_min_ps
);
