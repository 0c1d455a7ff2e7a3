//! Where pixels come from: turned, shifted, scaled, cropped. Sampling is in whole numbers.

use super::settings::{Affine, Crop};
use super::{Canvas, around_zero};
use crate::data::random::Random;

/// Places are counted in so many parts of a pixel (16 binary digits).
const ONE: f64 = 65536.0;

/// Turns, shifts and scales about the centre.
pub(super) fn affine(affine: &Affine, random: &mut Random, canvas: &mut Canvas) {
    let angle = around_zero(random, affine.rotate).to_radians();
    let scale = 1.0 + around_zero(random, affine.scale);
    let down = around_zero(random, affine.shift) * canvas.height as f64;
    let right = around_zero(random, affine.shift) * canvas.width as f64;
    let (cosine, sine) = (libm::cos(angle) / scale, libm::sin(angle) / scale);
    let rows = [[cosine, sine], [-sine, cosine]];
    sample(canvas, rows, [down, right]);
}

/// Cuts a part out and brings it back to the whole size.
pub(super) fn crop(crop: &Crop, random: &mut Random, canvas: &mut Canvas) {
    let part = crop.least + (1.0 - crop.least) * f64::from(random.unit());
    let down = around_zero(random, (1.0 - part) / 2.0) * canvas.height as f64;
    let right = around_zero(random, (1.0 - part) / 2.0) * canvas.width as f64;
    sample(canvas, [[part, 0.0], [0.0, part]], [down, right]);
}

/// Takes each pixel at `(y, x)` from the centre from `rows · (y, x) + shift` in the image, between
/// four pixels linearly; beyond its edges the image is mirrored.
fn sample(canvas: &mut Canvas, rows: [[f64; 2]; 2], shift: [f64; 2]) {
    let (height, width) = (canvas.height, canvas.width);
    let image = canvas.pixels.clone();
    let middle = [(height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0];
    let steps = rows.map(|row| row.map(|x| libm::round(x * ONE) as i64));
    let start = [0, 1].map(|axis| {
        let moved = rows[axis][0] * middle[0] + rows[axis][1] * middle[1];
        libm::round((middle[axis] + shift[axis] - moved) * ONE) as i64
    });
    let mirrored_y = Mirror::new(height);
    let mirrored_x = Mirror::new(width);
    for (y, line) in canvas.pixels.chunks_exact_mut(width * 3).enumerate() {
        let mut at = [0, 1].map(|axis| start[axis] + steps[axis][0] * y as i64);
        let (pixels, _) = line.as_chunks_mut::<3>();
        for pixel in pixels {
            let [y, x] = at.map(|at| at >> 16);
            // Eight binary digits of the way to the next pixel.
            let [down, right] = at.map(|at| (at >> 8 & 255) as u32);
            let [top, bottom] = [y, y + 1].map(|y| mirrored_y.at(y) * width);
            let [left, after] = [x, x + 1].map(|x| mirrored_x.at(x));
            let corners = [top + left, top + after, bottom + left, bottom + after].map(|at| at * 3);
            for c in 0..3 {
                let [a, b, d, e] = corners.map(|at| u32::from(image[at + c]));
                let above = a * (256 - right) + b * right;
                let below = d * (256 - right) + e * right;
                pixel[c] = ((above * (256 - down) + below * down + (1 << 15)) >> 16) as u8;
            }
            at = [0, 1].map(|axis| at[axis] + steps[axis][1]);
        }
    }
}

/// A side with its mirror image beyond the edges: `c b a | a b c | c b a`.
pub(super) struct Mirror(i64);

impl Mirror {
    pub fn new(side: usize) -> Mirror {
        Mirror(side as i64)
    }

    /// The place within that is seen at any place.
    pub fn at(&self, place: i64) -> usize {
        let Mirror(side) = *self;
        if (0..side).contains(&place) {
            return place as usize;
        }
        let place = place.rem_euclid(2 * side);
        (if place < side { place } else { 2 * side - 1 - place }) as usize
    }
}
