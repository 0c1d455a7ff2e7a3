//! Colour deconvolution: the amounts of two dyes, and of what neither explains, in a pixel.

use super::density::{Densities, byte_of_density, optical_density};

/// The colours of haematoxylin, eosin and a residual, as unit vectors of optical density of red,
/// green and blue.
///
/// "Quantification of histochemical staining by color deconvolution", Ruifrok and Johnston 2001.
/// The residual stands at right angles to both dyes, so its amount says how far a colour is from
/// any mixture of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stains {
    /// By stain: haematoxylin, eosin, residual.
    vectors: [[f64; 3]; 3],
    /// Row `stain` turns a density into the amount of that stain.
    inverse: [[f64; 3]; 3],
}

impl Default for Stains {
    /// The colours that Ruifrok and Johnston measured.
    fn default() -> Stains {
        let known = Stains::new([0.650, 0.704, 0.286], [0.072, 0.990, 0.105]);
        // They are far from parallel.
        known.unwrap_or(Stains { vectors: IDENTITY, inverse: IDENTITY })
    }
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

impl Stains {
    /// The dyes with these densities of red, green and blue, of any length; none if they are
    /// parallel, zero or not numbers, so that they cannot be told apart.
    pub fn new(haematoxylin: [f64; 3], eosin: [f64; 3]) -> Option<Stains> {
        let haematoxylin = unit(haematoxylin)?;
        let eosin = unit(eosin)?;
        let residual = unit(cross(haematoxylin, eosin))?;
        let vectors = [haematoxylin, eosin, residual];
        // The rows of the inverse of a matrix are cross products of its columns over its
        // determinant; amounts · vectors = density, so amounts = density · vectors⁻¹.
        let inverse =
            [cross(eosin, residual), cross(residual, haematoxylin), cross(haematoxylin, eosin)];
        let determinant = dot(inverse[2], residual);
        Some(Stains { vectors, inverse: inverse.map(|row| row.map(|x| x / determinant)) })
    }

    /// The colours of haematoxylin, eosin and the residual: unit vectors of optical density.
    pub fn vectors(&self) -> [[f64; 3]; 3] {
        self.vectors
    }

    /// The amounts of haematoxylin, eosin and the residual that make up an optical density of red,
    /// green and blue; in units of optical density, 0 for white. They may be negative where a
    /// colour is no mixture of the dyes.
    pub fn amounts(&self, density: [f64; 3]) -> [f64; 3] {
        self.inverse.map(|row| dot(row, density))
    }

    /// The amounts in a pixel.
    pub fn of_pixel(&self, pixel: [u8; 3]) -> [f64; 3] {
        self.amounts(pixel.map(optical_density))
    }

    /// The pixel that these amounts make: the inverse of [`Stains::of_pixel`], up to rounding.
    pub fn to_pixel(&self, amounts: [f64; 3]) -> [u8; 3] {
        self.density(amounts).map(byte_of_density)
    }

    /// The optical density of red, green and blue that these amounts make.
    pub fn density(&self, amounts: [f64; 3]) -> [f64; 3] {
        let [h, e, r] = self.vectors;
        [0, 1, 2].map(|c| amounts[0] * h[c] + amounts[1] * e[c] + amounts[2] * r[c])
    }

    /// The mean amounts over an image of H×W×3 bytes, at a few nanoseconds a pixel: amounts are
    /// linear in density, so densities are averaged first.
    pub fn mean(&self, image: &[u8]) -> [f64; 3] {
        self.amounts(Densities::of(image).mean())
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The vector of length 1 in this direction; none for what has no direction.
fn unit(vector: [f64; 3]) -> Option<[f64; 3]> {
    let length = dot(vector, vector).sqrt();
    (length > 1e-6 && length.is_finite()).then(|| vector.map(|x| x / length))
}
