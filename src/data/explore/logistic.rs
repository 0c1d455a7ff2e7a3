//! Logistic regression with a small ridge, by Newton's method. Knows nothing of images.

use super::standard::Standard;

/// Weights of standardised features.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Logistic {
    standard: Standard,
    /// One a feature, and the intercept last.
    weights: Vec<f64>,
}

/// Keeps weights finite where a feature tells the classes apart without fault, and steps defined
/// where one feature follows from others; too small to matter otherwise.
const RIDGE: f64 = 1.0;
/// Newton's steps. Five or six suffice; more change nothing.
const STEPS: usize = 25;

impl Logistic {
    /// Fits the chance of class 1: minimises Σ log-loss + ½·`RIDGE`·|w|² over the rows, features
    /// standardised, the intercept not penalised ("Iteratively reweighted least squares", Hastie,
    /// Tibshirani and Friedman, section 4.4.1). None where a class is absent.
    pub(super) fn fit(rows: &[(&[f64], u8)]) -> Option<Logistic> {
        let positive = rows.iter().filter(|row| row.1 == 1).count();
        if positive == 0 || positive == rows.len() {
            return None;
        }
        let features: Vec<&[f64]> = rows.iter().map(|row| row.0).collect();
        let (standard, width) = (Standard::of(&features), features[0].len());
        let mut model = Logistic { standard, weights: vec![0.0; width + 1] };
        let rows: Vec<(Vec<f64>, f64)> =
            rows.iter().map(|(row, label)| (model.standardised(row), f64::from(*label))).collect();
        for _ in 0..STEPS {
            model.step(&rows);
        }
        Some(model)
    }

    /// Solves (XᵀSX + R)·d = Xᵀ(y − p) − R·w and takes the step d.
    fn step(&mut self, rows: &[(Vec<f64>, f64)]) {
        let width = self.weights.len();
        let mut hessian = vec![vec![0.0; width]; width];
        let mut gradient = vec![0.0; width];
        for (row, label) in rows {
            let chance = sigmoid(dot(row, &self.weights));
            let weight = chance * (1.0 - chance);
            for (i, line) in hessian.iter_mut().enumerate() {
                gradient[i] += row[i] * (label - chance);
                let scale = weight * row[i];
                line.iter_mut().zip(row).for_each(|(sum, x)| *sum += scale * x);
            }
        }
        for i in 0..width - 1 {
            hessian[i][i] += RIDGE;
            gradient[i] -= RIDGE * self.weights[i];
        }
        let step = solve(hessian, gradient);
        // A step that overshoots where the loss is flat is cut short.
        let longest = step.iter().fold(0.0, |longest: f64, s| longest.max(s.abs()));
        let scale = if longest > 5.0 { 5.0 / longest } else { 1.0 };
        self.weights.iter_mut().zip(step).for_each(|(w, s)| *w += scale * s);
    }

    /// The features around 0 with variance 1, and a 1 for the intercept.
    fn standardised(&self, row: &[f64]) -> Vec<f64> {
        self.standard.scale(row).into_iter().chain([1.0]).collect()
    }

    /// The chance that a row is of class 1.
    pub(super) fn chance(&self, row: &[f64]) -> f64 {
        sigmoid(dot(&self.standardised(row), &self.weights))
    }

    /// What one standard deviation of each feature adds to the log-odds.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights[..self.weights.len() - 1]
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Solves a·x = b for a positive definite `a` by Gaussian elimination; 0 for what a singular one
/// leaves open.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for p in 0..n {
        let pivot = a[p][p];
        if pivot.abs() < 1e-12 {
            continue;
        }
        for i in p + 1..n {
            let (above, below) = a.split_at_mut(i);
            let factor = below[0][p] / pivot;
            let lines = below[0][p..].iter_mut().zip(&above[p][p..]);
            lines.for_each(|(x, y)| *x -= factor * y);
            b[i] -= factor * b[p];
        }
    }
    let mut x = vec![0.0; n];
    for i in (0..n).rev() {
        let known = dot(&a[i][i + 1..], &x[i + 1..]);
        x[i] = if a[i][i].abs() < 1e-12 { 0.0 } else { (b[i] - known) / a[i][i] };
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_by_hand() {
        let x = solve(vec![vec![4.0, 2.0], vec![2.0, 3.0]], vec![8.0, 8.0]);
        assert_eq!(x, [1.0, 2.0]);
    }

    #[test]
    fn a_feature_that_says_nothing_gets_the_share_of_the_class() {
        let rows: Vec<(&[f64], u8)> = vec![(&[1.0], 1), (&[1.0], 0), (&[1.0], 0), (&[1.0], 0)];
        let model = Logistic::fit(&rows).unwrap();
        assert!((model.chance(&[1.0]) - 0.25).abs() < 1e-12);
        assert!(Logistic::fit(&rows[1..]).is_none());
    }

    #[test]
    fn the_weight_stands_where_the_slope_is_zero() {
        // Scores ±1 with three of four right: Σ (y - p)·x = 4·(¾ - p)·2 = w, p = σ(w).
        let rows: Vec<(&[f64], u8)> = vec![
            (&[-1.0], 0),
            (&[-1.0], 0),
            (&[-1.0], 0),
            (&[-1.0], 1),
            (&[1.0], 1),
            (&[1.0], 1),
            (&[1.0], 1),
            (&[1.0], 0),
        ];
        let model = Logistic::fit(&rows).unwrap();
        let w = model.weights()[0];
        assert!((8.0 * (0.75 - sigmoid(w)) - w).abs() < 1e-12 && w > 0.5);
    }

    #[test]
    fn classes_apart_leave_weights_finite() {
        let rows: Vec<(&[f64], u8)> = vec![(&[0.0, 0.0], 0), (&[1.0, 1.0], 1)];
        let model = Logistic::fit(&rows).unwrap();
        assert!(model.chance(&[1.0, 1.0]) > 0.6 && model.weights().iter().all(|w| w.is_finite()));
    }
}
