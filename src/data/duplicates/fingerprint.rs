//! The coarse pattern of light in an image, small enough to keep for every image of a data set.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::data::decode::Picture;
use crate::data::resize::resize;
use crate::data::symmetry::Symmetry;

/// The 64 lowest frequencies of an image's luma, without its mean: as the perceptual hash of
/// Zauner 2010 ("Implementation and benchmarking of perceptual image hash functions"), but with
/// magnitudes, which say how sure each sign is.
///
/// Mirroring changes the sign of some frequencies and a turn exchanges them, so the fingerprints of
/// the eight views of an image follow from one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fingerprint([i16; BITS]);

pub(super) const BITS: usize = 64;

/// Images are brought down to so many pixels a side; then 3 pixels of 96 make one.
const SIDE: usize = 32;
/// Frequencies up to this are looked at in each direction.
const HIGHEST: usize = 10;
/// Luma that varies by less than this many levels of 255 (standard deviation, low frequencies) has
/// no pattern to go by.
const LEAST_CONTRAST: f64 = 2.0;

/// `cos(π·(2i + 1)·u / 2·SIDE)`, orthonormal, by frequency.
static COSINES: LazyLock<[[f64; SIDE]; HIGHEST + 1]> = LazyLock::new(|| {
    std::array::from_fn(|u| {
        let norm = if u == 0 { 1.0 } else { 2.0 } / SIDE as f64;
        std::array::from_fn(|i| {
            norm.sqrt() * libm::cos(PI * ((2 * i + 1) * u) as f64 / (2 * SIDE) as f64)
        })
    })
});

/// The frequencies that are kept, down and across: all with a sum of at most [`HIGHEST`], low ones
/// taking turns between the four bands of the index. Without (5, 5) there are 64.
static FREQUENCIES: LazyLock<Vec<(usize, usize)>> = LazyLock::new(|| {
    let all = (1..=HIGHEST).flat_map(|sum| (0..=sum).map(move |u| (u, sum - u)));
    let kept: Vec<_> = all.filter(|&frequency| frequency != (5, 5)).collect();
    (0..4).flat_map(|band| kept.iter().copied().skip(band).step_by(4)).collect()
});

/// For each symmetry and place: where the frequency comes from, and whether its sign changes.
static VIEWS: LazyLock<[[(usize, bool); BITS]; 8]> = LazyLock::new(|| Symmetry::ALL.map(view));

fn view(symmetry: Symmetry) -> [(usize, bool); BITS] {
    let mut view = [(0, false); BITS];
    for (place, &(u, v)) in view.iter_mut().zip(FREQUENCIES.iter()) {
        let (odd_u, odd_v) = (u % 2 == 1, v % 2 == 1);
        let (from, changes) = match symmetry.turns {
            0 => ((u, v), false),
            1 => ((v, u), odd_u),
            2 => ((u, v), odd_u ^ odd_v),
            _ => ((v, u), odd_v),
        };
        let at = FREQUENCIES.iter().position(|&frequency| frequency == from).unwrap_or(0);
        *place = (at, changes ^ (symmetry.mirrored && odd_v));
    }
    view
}

impl Fingerprint {
    /// Of an image of `height`×`width`×3 bytes.
    pub fn of(image: &[u8], height: usize, width: usize) -> Fingerprint {
        let picture = Picture { height, width, pixels: image.to_vec() };
        let small = resize(picture, SIDE, SIDE).pixels;
        let (pixels, _) = small.as_chunks::<3>();
        let luma = |&[r, g, b]: &[u8; 3]| {
            0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)
        };
        let luma: Vec<f64> = pixels.iter().map(luma).collect();
        let cosines = &*COSINES;
        // Across: SIDE rows of HIGHEST + 1 frequencies.
        let mut across = [[0.0; HIGHEST + 1]; SIDE];
        for (line, out) in luma.chunks_exact(SIDE).zip(&mut across) {
            for (wave, out) in cosines.iter().zip(out) {
                *out = wave.iter().zip(line).map(|(w, x)| w * x).sum();
            }
        }
        let mut kept = [0; BITS];
        for (kept, &(u, v)) in kept.iter_mut().zip(FREQUENCIES.iter()) {
            let sum: f64 = cosines[u].iter().zip(&across).map(|(w, line)| w * line[v]).sum();
            // At most 32·255 in size, so half levels fit into 16 bits.
            *kept = libm::round(sum * 2.0) as i16;
        }
        Fingerprint(kept)
    }

    /// Whether there is no pattern to go by.
    pub fn is_blank(&self) -> bool {
        let energy: f64 = self.0.iter().map(|&x| f64::from(x) * f64::from(x) / 4.0).sum();
        energy < (LEAST_CONTRAST * SIDE as f64).powi(2)
    }

    /// The fingerprint of the image under a symmetry.
    pub fn seen(&self, symmetry: Symmetry) -> Fingerprint {
        let view = &VIEWS[usize::from(symmetry.turns) + 4 * usize::from(symmetry.mirrored)];
        let of = |&(from, changes): &(usize, bool)| {
            if changes { -self.0[from] } else { self.0[from] }
        };
        Fingerprint(view.each_ref().map(of))
    }

    /// Which frequencies are negative, the first in the lowest bit.
    pub fn signs(&self) -> u64 {
        let bits = self.0.iter().enumerate();
        bits.fold(0, |signs, (bit, &value)| signs | u64::from(value < 0) << bit)
    }

    pub fn values(&self) -> &[i16; BITS] {
        &self.0
    }

    /// Cosine of the angle between two fingerprints: 1 for the same pattern.
    pub fn likeness(&self, other: &Fingerprint) -> f64 {
        let dot = |a: &Fingerprint, b: &Fingerprint| -> i64 {
            a.0.iter().zip(&b.0).map(|(&a, &b)| i64::from(i32::from(a) * i32::from(b))).sum()
        };
        let norms = dot(self, self) as f64 * dot(other, other) as f64;
        dot(self, other) as f64 / norms.sqrt().max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::Random;

    #[test]
    fn the_views_of_a_fingerprint_are_those_of_the_image() {
        let mut random = Random::new(1, "test", 0, 0);
        let image: Vec<u8> = (0..50 * 50 * 3).map(|_| random.below(256) as u8).collect();
        let print = Fingerprint::of(&image, 50, 50);
        for symmetry in Symmetry::ALL {
            let mut seen = Vec::new();
            symmetry.append(&image, 50, 50, &mut seen);
            let (a, b) = (Fingerprint::of(&seen, 50, 50), print.seen(symmetry));
            // Sums in another order may round to another half level.
            let off = a.0.iter().zip(&b.0).map(|(a, b)| (a - b).abs()).max();
            assert!(off <= Some(1), "{symmetry}: {off:?}");
        }
        assert!(!print.is_blank());
        assert!(Fingerprint::of(&[200; 50 * 50 * 3], 50, 50).is_blank());
    }
}
