//! A scene to pixels: how much of each stain is where, and what light comes through.

use super::cells::{Kind, Nucleus};
use super::noise::{noise, rough, step};
use super::scene::{SIDE, Scene};
use super::slide::Slide;
use crate::data::random::Random;

/// Amounts of haematoxylin and eosin, in units, for each pixel.
struct Stains {
    side: usize,
    amounts: Vec<[f32; 2]>,
}

/// The patch as side×side×3 bytes.
pub(super) fn paint(scene: &Scene, slide: &Slide, side: usize) -> Vec<u8> {
    let unit = SIDE / side as f32;
    let at =
        |i: usize| ((i % side) as f32 * unit + unit / 2.0, (i / side) as f32 * unit + unit / 2.0);
    let ground = Ground::of(scene);
    let amounts = (0..side * side).map(|i| ground.at(at(i).0, at(i).1)).collect();
    let mut stains = Stains { side, amounts };
    for nucleus in &scene.nuclei {
        stains.add(nucleus, unit, scene.seed);
    }
    stains.blur();
    develop(&stains, scene, slide)
}

/// What lies under the nuclei: fibres, cytoplasm, openings.
struct Ground<'a> {
    scene: &'a Scene,
    cos: f32,
    sin: f32,
}

impl Ground<'_> {
    fn of(scene: &Scene) -> Ground<'_> {
        Ground { scene, cos: libm::cosf(scene.along), sin: libm::sinf(scene.along) }
    }

    fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let scene = self.scene;
        let [mut blue, mut pink] = self.stroma(x, y);
        for nest in &scene.nests {
            let inside = 1.0 - step(0.85, 1.15, nest.reach(x, y));
            if inside > 0.0 {
                let [its_blue, its_pink] = self.cytoplasm(nest.kind, x, y);
                blue += (its_blue - blue) * inside;
                pink += (its_pink - pink) * inside;
            }
        }
        for lumen in &scene.lumina {
            let reach = lumen.reach(x, y);
            if reach < 1.3 {
                // A wall of denser eosin around, nothing or blood within.
                pink += 0.35 * step(0.85, 1.0, reach) * (1.0 - step(1.0, 1.3, reach));
                let inside = 1.0 - step(0.85, 1.0, reach);
                let within = if lumen.blood { blood(x, y, scene.seed) } else { 0.03 };
                blue -= blue * inside;
                pink += (within - pink) * inside;
            }
        }
        [blue, pink]
    }

    /// Wavy bundles of collagen with pale clefts.
    fn stroma(&self, x: f32, y: f32) -> [f32; 2] {
        let seed = self.scene.seed;
        let (wave_x, wave_y) =
            (noise(x / 24.0, y / 24.0, seed ^ 1), noise(x / 24.0, y / 24.0, seed ^ 2));
        let (x, y) = (x + 16.0 * wave_x, y + 16.0 * wave_y);
        let (along, across) = (x * self.cos + y * self.sin, y * self.cos - x * self.sin);
        let bundle = rough(along / 26.0, across / 5.5, seed ^ 3);
        let fibre = rough(along / 11.0, across / 1.9, seed ^ 4);
        let cleft = step(0.30 + 0.22 * self.scene.loose, 0.16 + 0.22 * self.scene.loose, bundle);
        let pink = (0.34 + 0.42 * bundle + 0.34 * (fibre - 0.5)) * (1.0 - 0.8 * cleft);
        [0.04 + 0.05 * bundle * (1.0 - cleft), pink.max(0.03)]
    }

    fn cytoplasm(&self, kind: Kind, x: f32, y: f32) -> [f32; 2] {
        let grain = rough(x / 4.0, y / 4.0, self.scene.seed ^ 5);
        match kind {
            Kind::Tumour => [0.13 + 0.07 * grain, 0.34 + 0.26 * grain],
            Kind::Lymphocyte => [0.14 + 0.07 * grain, 0.28 + 0.22 * grain],
            _ => [0.07 + 0.05 * grain, 0.36 + 0.28 * grain],
        }
    }
}

/// Red blood cells: discs of strong eosin, one to a cell of a grid but off its middle, in plasma.
fn blood(x: f32, y: f32, seed: u32) -> f32 {
    let (x, y) = (x / 4.4, y / 4.4);
    let mut nearest = f32::MAX;
    for (dx, dy) in [(0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
        let (column, row) = (x.floor() + dx, y.floor() + dy);
        let off = |salt: u32| 0.2 + 0.6 * noise(column, row, seed ^ salt);
        let (dx, dy) = (x - column - off(6), y - row - off(8));
        nearest = nearest.min(dx * dx + dy * dy);
    }
    0.14 + 0.66 * (1.0 - step(0.42, 0.56, nearest.sqrt()))
}

impl Stains {
    /// Lays a nucleus over what is there; `unit` is the width of a pixel.
    fn add(&mut self, nucleus: &Nucleus, unit: f32, seed: u32) {
        let extent = nucleus.extent() + unit;
        let pixels = |middle: f32| {
            let (low, high) = ((middle - extent) / unit, (middle + extent) / unit);
            low.max(0.0) as usize..(high.max(0.0) as usize + 1).min(self.side)
        };
        let soft = 0.7 * unit / nucleus.half[1];
        let (columns, rows) = (pixels(nucleus.x), pixels(nucleus.y));
        for row in rows {
            for column in columns.clone() {
                let (x, y) = ((column as f32 + 0.5) * unit, (row as f32 + 0.5) * unit);
                let reach = nucleus.reach(x, y);
                let cover = 1.0 - step(1.0 - soft, 1.0 + soft, reach);
                if cover > 0.0 {
                    let [blue, pink] = &mut self.amounts[row * self.side + column];
                    let its_blue = nucleus.density * chromatin(nucleus.kind, reach, x, y, seed);
                    *blue += (its_blue.max(*blue) - *blue) * cover;
                    *pink += (0.22 - *pink) * 0.75 * cover;
                }
            }
        }
    }

    /// The lens: a binomial blur over three pixels.
    fn blur(&mut self) {
        let side = self.side;
        for (next, stride) in [(1, side), (side, 1)] {
            for line in 0..side {
                let mut before = self.amounts[line * stride];
                for i in 0..side {
                    let here = line * stride + i * next;
                    let now = self.amounts[here];
                    let after = if i + 1 < side { self.amounts[here + next] } else { now };
                    self.amounts[here] =
                        [0, 1].map(|stain| (before[stain] + 2.0 * now[stain] + after[stain]) / 4.0);
                    before = now;
                }
            }
        }
    }
}

/// How the haematoxylin of a nucleus is spread over it, around 1.
fn chromatin(kind: Kind, reach: f32, x: f32, y: f32, seed: u32) -> f32 {
    let grain = |size: f32| rough(x / size, y / size, seed ^ 7) - 0.5;
    match kind {
        Kind::Tumour => 0.95 + 0.75 * grain(2.2) + 0.16 * step(0.6, 0.95, reach),
        Kind::Reactive => 0.9 + 0.45 * grain(2.0) + 0.3 * step(0.6, 0.95, reach),
        Kind::Lymphocyte => 1.0 + 0.25 * grain(1.6),
        Kind::Fibroblast => 1.0 + 0.2 * grain(2.0),
        Kind::Pale => 0.85 + 0.4 * grain(1.8) + 0.5 * step(0.65, 0.95, reach),
    }
}

/// Light falls off exponentially with optical density (Beer and Lambert); the camera adds noise.
fn develop(stains: &Stains, scene: &Scene, slide: &Slide) -> Vec<u8> {
    let mut grain = Random::new(u64::from(scene.seed), "synthetic camera", 0, 0);
    let mut pixels = Vec::with_capacity(stains.amounts.len() * 3);
    for &[blue, pink] in &stains.amounts {
        let shot = (grain.unit() + grain.unit() + grain.unit() - 1.5) * 5.0;
        for channel in 0..3 {
            let density = blue * slide.haematoxylin[channel] + pink * slide.eosin[channel];
            let light = slide.light[channel] * libm::expf(-density * std::f32::consts::LN_10);
            pixels.push((light + shot + 0.5).clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}
