//! Eigenvectors of symmetric matrices of three rows.

/// The eigenvectors of the middle and of the largest eigenvalue, of length 1, by Jacobi's rotations
/// (Golub and Van Loan, "Matrix Computations", 8.5); only sums, products and square roots, so the
/// bits are the same everywhere.
pub(super) fn leading(mut a: [[f64; 3]; 3]) -> [[f64; 3]; 2] {
    // Columns are the eigenvectors.
    let mut v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    // It converges quadratically: a few sweeps reach the last bit.
    for _ in 0..20 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if a[p][q] != 0.0 {
                rotate(&mut a, &mut v, p, q);
            }
        }
    }
    let mut order = [0, 1, 2];
    order.sort_by(|&i, &j| a[i][i].total_cmp(&a[j][j]));
    [order[1], order[2]].map(|column| [v[0][column], v[1][column], v[2][column]])
}

/// Makes `a[p][q]` zero.
fn rotate(a: &mut [[f64; 3]; 3], v: &mut [[f64; 3]; 3], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for row in a.iter_mut().chain(v.iter_mut()) {
        (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
    }
    let (row_p, row_q) = (a[p], a[q]);
    a[p] = [0, 1, 2].map(|k| cosine * row_p[k] - sine * row_q[k]);
    a[q] = [0, 1, 2].map(|k| sine * row_p[k] + cosine * row_q[k]);
}
