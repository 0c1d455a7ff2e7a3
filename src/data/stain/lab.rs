//! The colours of CIE 1976 L\*a\*b\*, in which distances are about as eyes see them.

use std::sync::LazyLock;

use super::bytes::Steps;

/// sRGB to XYZ of daylight D65, each row divided by its white (IEC 61966-2-1), so that white is
/// (1, 1, 1).
const XYZ: [[f64; 3]; 3] = [
    [0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047],
    [0.212671, 0.715160, 0.072169],
    [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
];

static BACK: LazyLock<[[f64; 3]; 3]> = LazyLock::new(|| inverse(XYZ));

/// Light of a byte on the scale 0 to 1.
static LIGHT: LazyLock<[f64; 256]> =
    LazyLock::new(|| std::array::from_fn(|byte| linear(byte as f64)));

static BYTES: LazyLock<Steps> = LazyLock::new(|| Steps::new(linear));

/// Undoes the gamma of sRGB.
fn linear(byte: f64) -> f64 {
    let share = byte / 255.0;
    if share > 0.04045 { libm::pow((share + 0.055) / 1.055, 2.4) } else { share / 12.92 }
}

/// Below this share of light the cube root gives way to a line.
const DARK: f64 = 0.008856;

/// L\* (0 to 100), a\* and b\* (about -100 to 100) of an sRGB pixel.
pub(super) fn lab(pixel: [u8; 3]) -> [f64; 3] {
    let light = pixel.map(|byte| LIGHT[usize::from(byte)]);
    let [x, y, z] =
        times(&XYZ, light).map(|t| if t > DARK { libm::cbrt(t) } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The sRGB pixel that is nearest to L\*, a\* and b\*; what no screen shows is held to its limits.
pub(super) fn pixel([l, a, b]: [f64; 3]) -> [u8; 3] {
    let y = (l + 16.0) / 116.0;
    let xyz = [y + a / 500.0, y, y - b / 200.0].map(|t| {
        let cube = t * t * t;
        if cube > DARK { cube } else { (t - 16.0 / 116.0) / 7.787 }
    });
    times(&BACK, xyz).map(|light| BYTES.byte(light))
}

fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|i| matrix[i][0] * v[0] + matrix[i][1] * v[1] + matrix[i][2] * v[2])
}

/// The inverse of a matrix that has one, by cofactors.
fn inverse(m: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let cofactor = |i: usize, j: usize| {
        let (a, b, c, d) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f64 = (0..3).map(|j| m[0][j] * cofactor(0, j)).sum();
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| cofactor(j, i) / determinant))
}
