//! The five transforms of Winograd's convolution along one axis, and the exact order of each.
//!
//! They follow from interpolating at the points 0, ±5/8, ±3/2 and ∞ (Toom and Cook's scheme):
//! with A, B and G of Lavin and Gray, <https://arxiv.org/abs/1509.09308>, `y = Aᵀ[(Gg) ⊙ (Bᵀx)]`.
//! The usual points, ±1 and ±2, err two to four times more: ours err about twice as much as a plain
//! sum in f32 (Barabasz et al., <https://arxiv.org/abs/1803.10986>, say why points matter).

use super::super::lanes::Lanes;

const P: f32 = 0.625;
const Q: f32 = 1.5;
const P2: f32 = P * P;
const Q2: f32 = Q * Q;
/// The points' weights in Lagrange's formula: 1 over the product of the distances to the others.
const AT_ZERO: f32 = 1.0 / (P2 * Q2);
const AT_P: f32 = 1.0 / (2.0 * P2 * (P2 - Q2));
const AT_Q: f32 = 1.0 / (2.0 * Q2 * (Q2 - P2));

/// A linear map of `I` to `O` values.
pub(super) trait Axis<const I: usize, const O: usize> {
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn apply<V: Lanes>(x: [V; I]) -> [V; O];
}

/// `Bᵀ`: six neighbouring pixels to six frequencies.
pub(super) struct Input;
/// `G`: the three weights of a window to six frequencies.
pub(super) struct Weights;
/// `Aᵀ`: six frequencies to four pixels.
pub(super) struct Output;
/// `A`: the gradient of [`Output`].
pub(super) struct OutputGrad;
/// `Gᵀ`: the gradient of [`Weights`].
pub(super) struct WeightsGrad;
/// One frequency of another transform: the others are not computed.
pub(super) struct Only<A, const ROW: usize>(A);

impl Axis<6, 6> for Input {
    #[inline(always)]
    unsafe fn apply<V: Lanes>([x0, x1, x2, x3, x4, x5]: [V; 6]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_p, odd_p) = (x2.fused(-Q2, x4), x1.fused(-Q2, x3));
            let (even_q, odd_q) = (x2.fused(-P2, x4), x1.fused(-P2, x3));
            [
                x0.fused(P2 * Q2, x2.fused(-(P2 + Q2), x4)),
                odd_p.fused(P, even_p),
                odd_p.fused(-P, even_p),
                odd_q.fused(Q, even_q),
                odd_q.fused(-Q, even_q),
                x1.fused(P2 * Q2, x3.fused(-(P2 + Q2), x5)),
            ]
        }
    }
}

impl Axis<3, 6> for Weights {
    #[inline(always)]
    unsafe fn apply<V: Lanes>([g0, g1, g2]: [V; 3]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_p, even_q) = (g2.fused(P2, g0), g2.fused(Q2, g0));
            [
                g0.times(V::all(AT_ZERO)),
                g1.fused(P, even_p).times(V::all(AT_P)),
                g1.fused(-P, even_p).times(V::all(AT_P)),
                g1.fused(Q, even_q).times(V::all(AT_Q)),
                g1.fused(-Q, even_q).times(V::all(AT_Q)),
                g2,
            ]
        }
    }
}

impl Axis<6, 4> for Output {
    #[inline(always)]
    unsafe fn apply<V: Lanes>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_p, odd_p) = (m1.plus(m2), m1.minus(m2));
            let (even_q, odd_q) = (m3.plus(m4), m3.minus(m4));
            [
                m0.plus(even_p).plus(even_q),
                odd_p.fused(P, odd_q.times(V::all(Q))),
                even_p.fused(P2, even_q.times(V::all(Q2))),
                odd_p.fused(P * P2, odd_q.fused(Q * Q2, m5)),
            ]
        }
    }
}

impl Axis<4, 6> for OutputGrad {
    #[inline(always)]
    unsafe fn apply<V: Lanes>([y0, y1, y2, y3]: [V; 4]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_p, odd_p) = (y2.fused(P2, y0), y3.fused(P2, y1));
            let (even_q, odd_q) = (y2.fused(Q2, y0), y3.fused(Q2, y1));
            [
                y0,
                odd_p.fused(P, even_p),
                odd_p.fused(-P, even_p),
                odd_q.fused(Q, even_q),
                odd_q.fused(-Q, even_q),
                y3,
            ]
        }
    }
}

impl Axis<6, 3> for WeightsGrad {
    #[inline(always)]
    unsafe fn apply<V: Lanes>([u0, u1, u2, u3, u4, u5]: [V; 6]) -> [V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (at_p, at_q) = (V::all(AT_P), V::all(AT_Q));
            let (even_p, odd_p) = (u1.plus(u2).times(at_p), u1.minus(u2).times(at_p));
            let (even_q, odd_q) = (u3.plus(u4).times(at_q), u3.minus(u4).times(at_q));
            [
                u0.fused(AT_ZERO, even_p.plus(even_q)),
                odd_p.fused(P, odd_q.times(V::all(Q))),
                even_p.fused(P2, even_q.fused(Q2, u5)),
            ]
        }
    }
}

impl<A: Axis<I, 6>, const I: usize, const ROW: usize> Axis<I, 1> for Only<A, ROW> {
    #[inline(always)]
    unsafe fn apply<V: Lanes>(x: [V; I]) -> [V; 1] {
        // SAFETY: the caller's promise.
        unsafe { [A::apply(x)[ROW]] }
    }
}
