//! Nuclei: their kinds and shapes. All lengths are in units of which a patch has 96.

use crate::data::random::Random;

/// What a nucleus belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Large, irregular, dark, with coarse chromatin.
    Tumour,
    /// Small, round, dark and even.
    Lymphocyte,
    /// A spindle along the fibres.
    Fibroblast,
    /// Enlarged but rounder and more even than tumour, as of irritated cells that are benign.
    Reactive,
    /// Round and pale with a clear rim, as of macrophages and benign epithelium.
    Pale,
}

/// An ellipse with a wavy outline.
#[derive(Clone, Debug)]
pub(super) struct Nucleus {
    pub kind: Kind,
    pub x: f32,
    pub y: f32,
    /// Half axes; the longer comes first.
    pub half: [f32; 2],
    /// Cosine and sine of the long axis' angle.
    pub axis: [f32; 2],
    /// For two, three and four waves around: how much of the radius, as cosine and sine parts.
    waves: [[f32; 2]; 3],
    /// Units of haematoxylin.
    pub density: f32,
}

impl Nucleus {
    pub(super) fn draw(kind: Kind, x: f32, y: f32, along: f32, random: &mut Random) -> Nucleus {
        let mut between = |low: f32, high: f32| low + (high - low) * random.unit();
        let (long, slim, wavy, density) = match kind {
            Kind::Tumour => (between(4.8, 7.6), between(0.66, 0.95), 0.11, between(0.72, 1.0)),
            Kind::Lymphocyte => (between(2.7, 3.6), between(0.88, 1.0), 0.02, between(0.85, 1.1)),
            Kind::Fibroblast => (between(4.5, 7.5), between(0.22, 0.36), 0.05, between(0.6, 0.9)),
            Kind::Reactive => (between(4.2, 5.9), between(0.76, 0.98), 0.04, between(0.52, 0.8)),
            Kind::Pale => (between(3.6, 4.9), between(0.72, 0.95), 0.03, between(0.36, 0.52)),
        };
        let turn = match kind {
            Kind::Fibroblast => along + between(-0.35, 0.35),
            _ => between(0.0, std::f32::consts::TAU),
        };
        let wave = |between: &mut dyn FnMut(f32, f32) -> f32, size: f32| {
            let (amount, phase) = (size * between(0.3, 1.0), between(0.0, std::f32::consts::TAU));
            [amount * libm::cosf(phase), amount * libm::sinf(phase)]
        };
        let waves = [wavy, wavy, wavy * 0.6].map(|size| wave(&mut between, size));
        let axis = [libm::cosf(turn), libm::sinf(turn)];
        Nucleus { kind, x, y, half: [long, long * slim], axis, waves, density }
    }

    /// How far out a point is: 0 in the middle, 1 on the outline.
    pub(super) fn reach(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.x, y - self.y);
        let [cos, sin] = self.axis;
        let (u, v) = ((dx * cos + dy * sin) / self.half[0], (dy * cos - dx * sin) / self.half[1]);
        let radius = (u * u + v * v).sqrt();
        if radius < 1e-3 {
            return 0.0;
        }
        // cos and sin of 2, 3 and 4 times the angle, by the addition theorem.
        let (c1, s1) = (u / radius, v / radius);
        let (mut c, mut s) = (c1, s1);
        let mut outline = 1.0;
        for [cosine, sine] in self.waves {
            (c, s) = (c * c1 - s * s1, s * c1 + c * s1);
            outline += cosine * c + sine * s;
        }
        radius / outline
    }

    /// No part of it is farther from its middle.
    pub(super) fn extent(&self) -> f32 {
        self.half[0] * 1.35
    }

    /// The radius of the disc of its size.
    pub(super) fn radius(&self) -> f32 {
        (self.half[0] * self.half[1]).sqrt()
    }

    /// The haematoxylin in it.
    pub(super) fn mass(&self) -> f32 {
        std::f32::consts::PI * self.half[0] * self.half[1] * self.density
    }
}
