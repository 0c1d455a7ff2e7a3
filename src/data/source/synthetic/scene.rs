//! What is in a patch and where. Knows nothing of colours. Lengths are in units of which a patch
//! has 96; the central box, whose tumour makes a patch positive, runs from 32 to 64.

use std::f32::consts::TAU;

use super::cells::{Kind, Nucleus};
use super::noise::rough;
use crate::data::random::Random;

/// Height and width of a patch.
pub(super) const SIDE: f32 = 96.0;
/// The central box begins and ends here.
const BOX: [f32; 2] = [SIDE / 3.0, SIDE * 2.0 / 3.0];

/// A crowd of cells of one kind with an uneven border.
pub(super) struct Nest {
    pub kind: Kind,
    x: f32,
    y: f32,
    radius: f32,
    seed: u32,
}

impl Nest {
    /// How far out a point is: 0 in the middle, 1 on the border.
    pub(super) fn reach(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.x, y - self.y);
        // Far outside, the shape of the border does not matter.
        if dx * dx + dy * dy > 2.5 * self.radius * self.radius {
            return 1.5;
        }
        let uneven = 0.7 + 0.6 * rough(x / 13.0, y / 13.0, self.seed);
        (dx * dx + dy * dy).sqrt() / (self.radius * uneven)
    }
}

/// An opening in the tissue, round or long.
pub(super) struct Lumen {
    shape: Nucleus,
    /// Whether it is a vessel with red blood cells.
    pub blood: bool,
}

impl Lumen {
    /// How far out a point is: 0 in the middle, 1 on the wall.
    pub(super) fn reach(&self, x: f32, y: f32) -> f32 {
        self.shape.reach(x, y)
    }
}

/// How much tumour the central box holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tumour {
    None,
    /// One to three nuclei near its edge.
    Few,
    /// A nest that reaches into it.
    Nest,
}

/// Everything that a patch shows.
pub(super) struct Scene {
    /// Seeds the textures.
    pub seed: u32,
    /// The direction of the fibres, in radians.
    pub along: f32,
    /// How loose the stroma is, 0 to 1.
    pub loose: f32,
    pub nests: Vec<Nest>,
    pub lumina: Vec<Lumen>,
    pub nuclei: Vec<Nucleus>,
}

impl Scene {
    /// Patch `index` of the data set with this seed.
    pub(super) fn draw(seed: u64, index: u64, positive: bool) -> Scene {
        let mut random = Random::new(seed, "synthetic scene", 0, index);
        let mut scene = Scene {
            seed: random.below(1 << 32) as u32,
            along: random.unit() * TAU,
            loose: random.unit(),
            nests: Vec::new(),
            lumina: Vec::new(),
            nuclei: Vec::new(),
        };
        // Drawn before anything that depends on the label.
        let haematoxylin = between(&mut random, 1500.0, 2900.0);
        let radius = between(&mut random, 11.0, 32.0);
        let few = random.below(8) == 0;
        let tumour = match positive {
            true if few => Tumour::Few,
            true => Tumour::Nest,
            false => Tumour::None,
        };
        let outer = tumour != Tumour::Nest && random.below(2) == 0;
        let central = match random.below(100) {
            _ if tumour == Tumour::Nest => Some(Kind::Tumour),
            0..45 => Some(Kind::Lymphocyte),
            45..70 => Some(Kind::Reactive),
            70..85 => Some(Kind::Pale),
            _ => None,
        };
        scene.add_lumina(&mut random);
        if outer {
            scene.add_outer_nest(Kind::Tumour, radius, &mut random);
        }
        if let Some(kind) = central {
            let radius = if outer { radius * 0.7 } else { radius };
            scene.add_central_nest(kind, radius, &mut random);
        }
        match random.below(6) {
            0..2 => scene.add_outer_nest(Kind::Lymphocyte, radius * 0.8, &mut random),
            2 => scene.add_outer_nest(Kind::Reactive, radius * 0.8, &mut random),
            _ => (),
        }
        match tumour {
            Tumour::None => (),
            Tumour::Few => scene.add_few(&mut random),
            Tumour::Nest => scene.add_proof(&mut random),
        }
        scene.fill_nests(haematoxylin, tumour == Tumour::Nest, &mut random);
        scene.scatter(haematoxylin, &mut random);
        scene
    }

    fn add_lumina(&mut self, random: &mut Random) {
        for _ in 0..random.below(3) {
            let (x, y) = (random.unit() * SIDE, random.unit() * SIDE);
            let mut shape = Nucleus::draw(Kind::Tumour, x, y, 0.0, random);
            let scale = between(random, 0.8, 2.4);
            shape.half = shape.half.map(|half| half * scale);
            self.lumina.push(Lumen { shape, blood: random.below(2) == 0 });
        }
    }

    /// A nest that reaches into the central box.
    fn add_central_nest(&mut self, kind: Kind, radius: f32, random: &mut Random) {
        let (x, y) = (between(random, BOX[0], BOX[1]), between(random, BOX[0], BOX[1]));
        let (angle, far) = (random.unit() * TAU, random.unit() * 0.6 * radius);
        let (x, y) = (x + far * libm::cosf(angle), y + far * libm::sinf(angle));
        self.nests.push(Nest { kind, x, y, radius, seed: random.below(1 << 32) as u32 });
    }

    /// A nest that comes in from one side and ends before the central box.
    fn add_outer_nest(&mut self, kind: Kind, radius: f32, random: &mut Random) {
        let away = SIDE / 2.0 - BOX[0] + radius * between(random, 0.75, 1.0);
        let beside = between(random, -0.5, 0.5) * SIDE;
        let away = if random.below(2) == 0 { away } else { -away };
        let (x, y) = if random.below(2) == 0 { (away, beside) } else { (beside, away) };
        let (x, y) = (SIDE / 2.0 + x, SIDE / 2.0 + y);
        self.nests.push(Nest { kind, x, y, radius, seed: random.below(1 << 32) as u32 });
    }

    /// Cells in all nests in turn until the patch has most of its haematoxylin.
    fn fill_nests(&mut self, haematoxylin: f32, tumour_in_box: bool, random: &mut Random) {
        for nest in 0..self.nests.len() {
            for _ in 0..260 {
                if self.mass() > haematoxylin * 0.85 {
                    return;
                }
                let (kind, radius) = (self.nests[nest].kind, self.nests[nest].radius * 1.3);
                let x = self.nests[nest].x + between(random, -radius, radius);
                let y = self.nests[nest].y + between(random, -radius, radius);
                if !in_patch(x, y) || self.is_taken(x, y) || self.nests[nest].reach(x, y) > 1.0 {
                    continue;
                }
                let nucleus = Nucleus::draw(kind, x, y, self.along, random);
                let strays = !tumour_in_box && kind == Kind::Tumour && touches_box(&nucleus);
                if !strays && self.has_room(&nucleus) {
                    self.nuclei.push(nucleus);
                }
            }
        }
    }

    /// One to three tumour nuclei near the edge of the box.
    fn add_few(&mut self, random: &mut Random) {
        let (low, high) = (BOX[0] + 3.0, BOX[1] - 3.0);
        let edge = if random.below(2) == 0 { low } else { high };
        let beside = between(random, low, high);
        let turned = random.below(2) == 0;
        for cell in 0..=random.below(3) {
            // The others follow along the edge, towards the side that has room.
            let step = if beside > SIDE / 2.0 { -11.0 } else { 11.0 };
            let at = edge + between(random, 0.0, 3.0) * (SIDE / 2.0 - edge).signum();
            let (x, y) = (at, beside + step * cell as f32);
            let (x, y) = if turned { (y, x) } else { (x, y) };
            self.add_tumour(x, y, random);
        }
    }

    /// The tumour nucleus that makes a patch with a nest positive lies well inside the box.
    fn add_proof(&mut self, random: &mut Random) {
        let (low, high) = (BOX[0] + 3.0, BOX[1] - 3.0);
        let places = (0..40).map(|_| (between(random, low, high), between(random, low, high)));
        let reach = |&(x, y): &(f32, f32)| self.nests[0].reach(x, y);
        let best = places.min_by(|a, b| reach(a).total_cmp(&reach(b)));
        let (x, y) = best.unwrap_or((SIDE / 2.0, SIDE / 2.0));
        self.add_tumour(x, y, random);
    }

    fn add_tumour(&mut self, x: f32, y: f32, random: &mut Random) {
        // The opening that it would lie in gives way.
        self.lumina.retain(|lumen| lumen.reach(x, y) > 1.6);
        self.nuclei.push(Nucleus::draw(Kind::Tumour, x, y, self.along, random));
    }

    /// Single cells all over the patch until it has its haematoxylin.
    fn scatter(&mut self, haematoxylin: f32, random: &mut Random) {
        for _ in 0..900 {
            if self.mass() >= haematoxylin {
                return;
            }
            let kind = match random.below(20) {
                0..9 => Kind::Lymphocyte,
                9..15 => Kind::Fibroblast,
                15..19 => Kind::Pale,
                _ => Kind::Reactive,
            };
            let (x, y) = (random.unit() * SIDE, random.unit() * SIDE);
            if self.is_taken(x, y) {
                continue;
            }
            let nucleus = Nucleus::draw(kind, x, y, self.along, random);
            if self.has_room(&nucleus) {
                self.nuclei.push(nucleus);
            }
        }
    }

    fn mass(&self) -> f32 {
        self.nuclei.iter().map(Nucleus::mass).sum()
    }

    /// Whether there is a nucleus already.
    fn is_taken(&self, x: f32, y: f32) -> bool {
        self.nuclei.iter().any(|old| {
            let (dx, dy) = (old.x - x, old.y - y);
            dx * dx + dy * dy < old.half[0] * old.half[1]
        })
    }

    /// Nuclei do not lie in openings, and hardly on one another.
    fn has_room(&self, new: &Nucleus) -> bool {
        let apart = |old: &Nucleus| {
            let (dx, dy) = (old.x - new.x, old.y - new.y);
            let close = if old.kind == new.kind { 0.95 } else { 1.05 };
            let least = (old.radius() + new.radius()) * close;
            dx * dx + dy * dy > least * least
        };
        self.lumina.iter().all(|lumen| lumen.reach(new.x, new.y) > 1.25)
            && self.nuclei.iter().all(apart)
    }
}

fn in_patch(x: f32, y: f32) -> bool {
    let inside = -4.0..SIDE + 4.0;
    inside.contains(&x) && inside.contains(&y)
}

/// Whether a part of it may lie in the central box, with a pixel to spare.
fn touches_box(nucleus: &Nucleus) -> bool {
    let (dx, dy) = (distance(nucleus.x), distance(nucleus.y));
    dx * dx + dy * dy < (nucleus.extent() + 1.0) * (nucleus.extent() + 1.0)
}

/// From a coordinate to the box.
fn distance(at: f32) -> f32 {
    at - at.clamp(BOX[0], BOX[1])
}

fn between(random: &mut Random, low: f32, high: f32) -> f32 {
    low + (high - low) * random.unit()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the 32×32 pixels of the central box have tumour in their middle.
    fn tumour_in_box(scene: &Scene) -> usize {
        let tumour = |x: f32, y: f32| {
            let mut nuclei = scene.nuclei.iter().filter(|nucleus| nucleus.kind == Kind::Tumour);
            nuclei.any(|nucleus| nucleus.reach(x, y) <= 1.0)
        };
        let middles = || (32..64).map(|at| at as f32 + 0.5);
        middles().map(|y| middles().filter(|&x| tumour(x, y)).count()).sum()
    }

    #[test]
    fn a_patch_is_positive_if_and_only_if_its_central_box_holds_tumour() {
        for index in 0..300 {
            let found = tumour_in_box(&Scene::draw(7, index, true));
            assert!(found >= 20, "positive patch {index} has {found} pixels of tumour");
            assert_eq!(tumour_in_box(&Scene::draw(7, index, false)), 0, "negative patch {index}");
        }
    }

    #[test]
    fn there_are_decoys_of_both_kinds() {
        let negative: Vec<Scene> = (0..300).map(|index| Scene::draw(7, index, false)).collect();
        let with = |is: &dyn Fn(&Scene) -> bool| negative.iter().filter(|scene| is(scene)).count();
        let has = |scene: &Scene, kind: Kind| {
            scene.nuclei.iter().filter(|nucleus| nucleus.kind == kind).count()
        };
        let tumour = with(&|scene| has(scene, Kind::Tumour) >= 3);
        assert!((90..190).contains(&tumour), "{tumour} of 300 negatives hold tumour");
        let lymphocytes = with(&|scene| has(scene, Kind::Lymphocyte) >= 20);
        assert!(lymphocytes > 200, "{lymphocytes} of 300 negatives hold many lymphocytes");
    }

    #[test]
    fn the_amount_of_haematoxylin_does_not_tell_the_class() {
        let mean = |positive: bool| {
            (0..300).map(|index| Scene::draw(7, index, positive).mass()).sum::<f32>() / 300.0
        };
        assert!((mean(true) / mean(false) - 1.0).abs() < 0.03, "{} {}", mean(true), mean(false));
    }
}
