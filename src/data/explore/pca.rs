//! Principal components of standardised features (Pearson 1901). Knows nothing of images.

use super::standard::Standard;

/// The two directions in which standardised features vary most.
pub(super) struct Components {
    standard: Standard,
    /// Unit vectors over the features.
    pub axes: [Vec<f64>; 2],
    /// The share of all variance along each.
    pub explained: [f64; 2],
}

impl Components {
    /// Of rows of equal length; none with fewer than two rows or where nothing varies.
    ///
    /// A feature that never varies is left at 0. Each axis points to where its largest weight is
    /// positive, so that equal data make an equal map.
    pub(super) fn of(rows: &[Vec<f64>]) -> Option<Components> {
        let (n, width) = (rows.len() as f64, rows.first()?.len());
        let standard = Standard::of(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut found = Components { standard, axes: [vec![], vec![]], explained: [0.0; 2] };
        let mut covariance = vec![vec![0.0; width]; width];
        for row in rows {
            let row = found.standard.scale(row);
            for (f, line) in covariance.iter_mut().enumerate() {
                line.iter_mut().zip(&row).for_each(|(sum, other)| *sum += row[f] * other / n);
            }
        }
        let (values, vectors) = eigen(covariance);
        let total: f64 = values.iter().sum();
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        if total <= 1e-12 || width < 2 {
            return None;
        }
        for (axis, &place) in order.iter().take(2).enumerate() {
            let vector: Vec<f64> = vectors.iter().map(|line| line[place]).collect();
            let largest =
                vector.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a });
            let sign = if largest.is_some_and(|weight| weight < 0.0) { -1.0 } else { 1.0 };
            found.axes[axis] = vector.iter().map(|weight| sign * weight).collect();
            found.explained[axis] = (values[place] / total).max(0.0);
        }
        Some(found)
    }

    /// Where a row lies on the map.
    pub(super) fn place(&self, row: &[f64]) -> [f64; 2] {
        let row = self.standard.scale(row);
        self.axes.each_ref().map(|axis| axis.iter().zip(&row).map(|(w, x)| w * x).sum())
    }
}

/// Sweeps after which a matrix of a dozen columns is diagonal to the last bit.
const SWEEPS: usize = 50;

/// Eigenvalues of a symmetric matrix, and its eigenvectors as columns, by Jacobi's rotations
/// (Golub and Van Loan, "Matrix computations", section 8.5).
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut vectors: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..SWEEPS {
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), vectors)
}

/// Turns the axes p and q, p before q, so that they no longer vary together.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q].abs() <= 1e-300 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let sign = if theta < 0.0 { -1.0 } else { 1.0 };
    let tangent = sign / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for line in a.iter_mut().chain(vectors) {
        (line[p], line[q]) = (cosine * line[p] - sine * line[q], sine * line[p] + cosine * line[q]);
    }
    let (upper, lower) = a.split_at_mut(q);
    for (x, y) in upper[p].iter_mut().zip(&mut lower[0]) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_of_a_matrix_by_hand() {
        let (mut values, _) = eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-12 && (values[1] - 3.0).abs() < 1e-12);
    }

    #[test]
    fn features_that_rise_together_share_an_axis() {
        // The third falls as they rise, the fourth never varies.
        let rows: Vec<Vec<f64>> =
            [1.0, 2.0, 3.0].iter().map(|&x| vec![x, 10.0 * x, -x, 7.0]).collect();
        let found = Components::of(&rows).unwrap();
        assert!((found.explained[0] - 1.0).abs() < 1e-12);
        let third = (1.0f64 / 3.0).sqrt();
        for (weight, expected) in found.axes[0].iter().zip([third, third, -third, 0.0]) {
            assert!((weight.abs() - expected.abs()).abs() < 1e-9);
            assert!(weight * found.axes[0][0] * expected >= -1e-9);
        }
        // Three features of score ±1.2247, each of weight 0.5774.
        assert!((found.place(&rows[2])[0].abs() - 1.5f64.sqrt() * 3.0 * third).abs() < 1e-9);
        assert_eq!(found.place(&rows[1])[0], 0.0);
        assert!(Components::of(&[vec![1.0, 2.0]]).is_none());
    }
}
