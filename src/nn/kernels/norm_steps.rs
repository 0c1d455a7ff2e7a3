//! What batch normalisation does to each element, for [`super::norm`].

use super::columns::{Step, down, load, store};
use super::elementwise::{clamp, pass};
use super::isa::versions;
use super::norm::{Saved, Slopes};

/// Bounds of an activation ([`super::After::bounds`]).
type Bounds = (f32, f32);

/// What decides which part of a gradient an activation lets through.
#[derive(Clone, Copy)]
pub(super) enum Masked<'a> {
    Not,
    /// The affine map of the input, computed again.
    ByInput(Bounds),
    /// The output, as it is; the masked gradient is written back.
    ByOutput(Bounds, &'a [f32]),
}

/// Implements [`Step`] with named constants and sums.
macro_rules! step {
    ($name:ident, $k:literal, $s:literal, |$self:ident, $at:ident, $sums:ident| [$($constant:expr),*] [$($fixed:ident),*] $body:block) => {
        impl Step<$k, $s> for $name<'_> {
            #[inline(always)]
            fn constants(&$self) -> [&[f32]; $k] {
                [$($constant),*]
            }

            #[inline(always)]
            unsafe fn run<const W: usize>(
                &$self,
                $at: usize,
                [$($fixed),*]: &[[f32; W]; $k],
                $sums: &mut [[f32; W]; $s],
            ) {
                // SAFETY: the trait's condition, for each element that is read or written.
                unsafe { $body }
            }
        }
    };
}

struct Deviations<'a> {
    rows: &'a [f32],
    pivot: &'a [f32],
}
step!(Deviations, 1, 2, |self, at, sums| [self.pivot] [pivot] {
    let row: [f32; W] = load(self.rows.as_ptr(), at);
    let [sum, squares] = sums;
    for j in 0..W {
        let deviation = row[j] - pivot[j];
        sum[j] += deviation;
        squares[j] = deviation.mul_add(deviation, squares[j]);
    }
});
versions! {
    /// Sums of deviations from the pivot and of their squares.
    pub(super) fn add_deviations(rows: &[f32], columns: usize, pivot: &[f32], sums: &mut [f32], squares: &mut [f32]) {
        // SAFETY: as many elements as `rows` has.
        unsafe { down(rows.len() / columns, columns, &Deviations { rows, pivot }, [sums, squares]) }
    }
}

struct Affine<'a> {
    x: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    bounds: Bounds,
    y: *mut f32,
}
step!(Affine, 2, 0, |self, at, _sums| [self.scale, self.shift] [scale, shift] {
    let mut row: [f32; W] = load(self.x.as_ptr(), at);
    for j in 0..W {
        row[j] = clamp(row[j].mul_add(scale[j], shift[j]), self.bounds);
    }
    store(self.y, at, row);
});
versions! {
    pub(super) fn affine_rows(x: &[f32], map: (&[f32], &[f32]), bounds: Bounds, y: &mut [f32]) {
        assert_eq!(x.len(), y.len());
        let (scale, shift) = map;
        let step = Affine { x, scale, shift, bounds, y: y.as_mut_ptr() };
        // SAFETY: as many elements as `x` and `y` have.
        unsafe { down(x.len() / scale.len(), scale.len(), &step, []) }
    }
}

struct AffineAndResidual<'a> {
    affine: Affine<'a>,
    residual: &'a [f32],
}
step!(AffineAndResidual, 2, 0, |self, at, _sums| [self.affine.scale, self.affine.shift] [scale, shift] {
    let mut row: [f32; W] = load(self.affine.x.as_ptr(), at);
    let residual: [f32; W] = load(self.residual.as_ptr(), at);
    for j in 0..W {
        let sum = row[j].mul_add(scale[j], shift[j]) + residual[j];
        row[j] = clamp(sum, self.affine.bounds);
    }
    store(self.affine.y, at, row);
});
versions! {
    pub(super) fn affine_rows_and_residual(x: &[f32], map: (&[f32], &[f32]), residual: &[f32], bounds: Bounds, y: &mut [f32]) {
        assert_eq!((x.len(), residual.len()), (y.len(), y.len()));
        let (scale, shift) = map;
        let affine = Affine { x, scale, shift, bounds, y: y.as_mut_ptr() };
        // SAFETY: as many elements as `x`, `residual` and `y` have.
        unsafe { down(x.len() / scale.len(), scale.len(), &AffineAndResidual { affine, residual }, []) }
    }
}

/// The sums of the gradient and of its products with the deviations from the mean.
struct Sums<'a> {
    x: &'a [f32],
    d: *mut f32,
    saved: &'a Saved,
}
step!(Sums, 1, 2, |self, at, sums| [&self.saved.mean] [mean] {
    let (x, d): ([f32; W], [f32; W]) = (load(self.x.as_ptr(), at), load(self.d, at));
    let [sum, products] = sums;
    for j in 0..W {
        sum[j] += d[j];
        products[j] = d[j].mul_add(x[j] - mean[j], products[j]);
    }
});

struct SumsByInput<'a>(Sums<'a>, Bounds);
step!(SumsByInput, 3, 2, |self, at, sums| [&self.0.saved.mean, &self.0.saved.scale, &self.0.saved.shift] [mean, scale, shift] {
    let (x, mut d): ([f32; W], [f32; W]) = (load(self.0.x.as_ptr(), at), load(self.0.d, at));
    let [sum, products] = sums;
    for j in 0..W {
        d[j] = pass(x[j].mul_add(scale[j], shift[j]), d[j], self.1);
        sum[j] += d[j];
        products[j] = d[j].mul_add(x[j] - mean[j], products[j]);
    }
});

struct SumsByOutput<'a>(Sums<'a>, Bounds, &'a [f32]);
step!(SumsByOutput, 1, 2, |self, at, sums| [&self.0.saved.mean] [mean] {
    let (x, mut d): ([f32; W], [f32; W]) = (load(self.0.x.as_ptr(), at), load(self.0.d, at));
    let y: [f32; W] = load(self.2.as_ptr(), at);
    let [sum, products] = sums;
    for j in 0..W {
        d[j] = pass(y[j], d[j], self.1);
        sum[j] += d[j];
        products[j] = d[j].mul_add(x[j] - mean[j], products[j]);
    }
    store(self.0.d, at, d);
});
versions! {
    /// `sums` begins with Σ dy, then Σ dy · (x − mean), by channel.
    pub(super) fn sum_gradients(x: &[f32], d: &mut [f32], saved: &Saved, masked: Masked, sums: &mut [f32]) {
        let (columns, rows) = (saved.scale.len(), x.len() / saved.scale.len());
        assert_eq!(x.len(), d.len());
        let (first, second) = sums.split_at_mut(columns);
        let plain = Sums { x, d: d.as_mut_ptr(), saved };
        // SAFETY: as many elements as `x`, `d` and `y` have.
        unsafe {
            match masked {
                Masked::Not => down(rows, columns, &plain, [first, second]),
                Masked::ByInput(bounds) => down(rows, columns, &SumsByInput(plain, bounds), [first, second]),
                Masked::ByOutput(bounds, y) => {
                    assert_eq!(x.len(), y.len());
                    down(rows, columns, &SumsByOutput(plain, bounds, y), [first, second]);
                }
            }
        }
    }
}

/// dx from the (masked) gradient: `dy` may be where `dx` goes.
struct Grad<'a> {
    x: &'a [f32],
    dy: *const f32,
    saved: &'a Saved,
    slopes: &'a Slopes,
    dx: *mut f32,
}
step!(Grad, 4, 0, |self, at, _sums| [&self.saved.mean, &self.saved.scale, &self.slopes.constant, &self.slopes.slope] [mean, scale, constant, slope] {
    let (x, mut d): ([f32; W], [f32; W]) = (load(self.x.as_ptr(), at), load(self.dy, at));
    for j in 0..W {
        d[j] = (x[j] - mean[j]).mul_add(slope[j], d[j].mul_add(scale[j], constant[j]));
    }
    store(self.dx, at, d);
});

struct GradByInput<'a>(Grad<'a>, Bounds);
step!(GradByInput, 5, 0, |self, at, _sums| [&self.0.saved.mean, &self.0.saved.scale, &self.0.saved.shift, &self.0.slopes.constant, &self.0.slopes.slope] [mean, scale, shift, constant, slope] {
    let (x, mut d): ([f32; W], [f32; W]) = (load(self.0.x.as_ptr(), at), load(self.0.dy, at));
    for j in 0..W {
        d[j] = pass(x[j].mul_add(scale[j], shift[j]), d[j], self.1);
        d[j] = (x[j] - mean[j]).mul_add(slope[j], d[j].mul_add(scale[j], constant[j]));
    }
    store(self.0.dx, at, d);
});
versions! {
    /// The gradient of the input from `dy`, or in place where there is none.
    pub(super) fn grad_rows(x: &[f32], dy: Option<&[f32]>, saved: &Saved, masked: Masked, slopes: &Slopes, dx: &mut [f32]) {
        let (columns, rows) = (saved.scale.len(), x.len() / saved.scale.len());
        assert!(x.len() == dx.len() && dy.is_none_or(|dy| dy.len() == dx.len()));
        let to = dx.as_mut_ptr();
        let step = Grad { x, dy: dy.map_or(to.cast_const(), <[f32]>::as_ptr), saved, slopes, dx: to };
        // SAFETY: as many elements as `x`, `dy` and `dx` have.
        unsafe {
            match masked {
                Masked::ByInput(bounds) => down(rows, columns, &GradByInput(step, bounds), []),
                Masked::Not | Masked::ByOutput(..) => down(rows, columns, &step, []),
            }
        }
    }
}
