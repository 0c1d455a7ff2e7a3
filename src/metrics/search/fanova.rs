//! How much of the spread of a full grid each parameter explains, exactly.

use super::{level::Levels, mean};

/// The shares of a grid's variance.
#[derive(Clone, Debug, PartialEq)]
pub struct Fanova {
    /// Of each parameter alone, 0 to 1.
    pub main: Vec<f64>,
    /// Of each pair beyond what its two parameters do alone: `(first, second, share)`.
    pub pairs: Vec<(usize, usize, f64)>,
}

/// The functional analysis of variance (Hoeffding 1948; Hutter, Hoos and Leyton-Brown 2014, "An
/// efficient approach for assessing hyperparameter importance") of figures on a full grid, where
/// marginals are means and nothing has to be modelled: V_i = Var of the means at each level of i,
/// V_ij = Var of the means at each pair of levels less V_i and V_j, as shares of the whole variance.
///
/// `levels` has an entry a parameter, each as long as `figures`. None where that is no full grid
/// (every combination of levels exactly once), or where all figures are equal.
pub fn fanova(levels: &[Levels], figures: &[f64]) -> Option<Fanova> {
    let cells = levels.iter().map(|l| l.count).try_fold(1, usize::checked_mul)?;
    if figures.len() != cells || cells < 2 {
        return None;
    }
    let all: Vec<usize> = (0..levels.len()).collect();
    let whole = marginals(levels, &all, figures);
    if whole.iter().any(|(_, count)| *count != 1) {
        return None;
    }
    let total = variance(&means(&whole));
    if total <= 0.0 {
        return None;
    }
    let of = |parameters: &[usize]| variance(&means(&marginals(levels, parameters, figures)));
    let alone: Vec<f64> = all.iter().map(|&i| of(&[i])).collect();
    let mut pairs = Vec::new();
    for i in all.iter().copied() {
        for j in i + 1..levels.len() {
            // Rounding may leave a little less than nothing.
            let both = (of(&[i, j]) - alone[i] - alone[j]).max(0.0);
            pairs.push((i, j, both / total));
        }
    }
    Some(Fanova { main: alone.iter().map(|v| v / total).collect(), pairs })
}

/// The sum of the figures, and their number, in each cell of some of the parameters.
fn marginals(levels: &[Levels], parameters: &[usize], figures: &[f64]) -> Vec<(f64, usize)> {
    let cells = parameters.iter().map(|&p| levels[p].count).product();
    let mut sums = vec![(0.0, 0); cells];
    for (row, figure) in figures.iter().enumerate() {
        let cell = |cell, &p: &usize| cell * levels[p].count + levels[p].of[row];
        let (sum, count) = &mut sums[parameters.iter().fold(0, cell)];
        (*sum, *count) = (*sum + figure, *count + 1);
    }
    sums
}

fn means(sums: &[(f64, usize)]) -> Vec<f64> {
    sums.iter().filter(|(_, n)| *n > 0).map(|(sum, n)| sum / *n as f64).collect()
}

/// Of a whole population, not of a sample.
fn variance(figures: &[f64]) -> f64 {
    let Some(center) = mean(figures) else { return 0.0 };
    let squares: f64 = figures.iter().map(|x| (x - center) * (x - center)).sum();
    squares / figures.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(of: &[usize], count: usize) -> Levels {
        Levels { of: of.to_vec(), count }
    }

    /// y = 3a + b on {0, 1}²: variances 9/4 and 1/4 of 10/4, and no interaction.
    #[test]
    fn a_sum_has_no_interaction() {
        let (a, b) = (levels(&[0, 0, 1, 1], 2), levels(&[0, 1, 0, 1], 2));
        let found = fanova(&[a, b], &[0.0, 1.0, 3.0, 4.0]).unwrap();
        assert!((found.main[0] - 0.9).abs() < 1e-12 && (found.main[1] - 0.1).abs() < 1e-12);
        assert!(found.pairs[0].2.abs() < 1e-12);
    }

    /// Exclusive or: neither parameter alone, all of it together.
    #[test]
    fn exclusive_or_is_all_interaction() {
        let (a, b) = (levels(&[0, 0, 1, 1], 2), levels(&[0, 1, 0, 1], 2));
        let found = fanova(&[a, b], &[0.0, 1.0, 1.0, 0.0]).unwrap();
        assert_eq!((found.main, found.pairs), (vec![0.0, 0.0], vec![(0, 1, 1.0)]));
    }

    #[test]
    fn no_grid_or_no_spread_has_none() {
        let (a, b) = (levels(&[0, 0, 1], 2), levels(&[0, 1, 0], 2));
        assert_eq!(fanova(&[a, b], &[1.0, 2.0, 3.0]), None);
        let (a, b) = (levels(&[0, 0, 1, 1], 2), levels(&[0, 0, 0, 1], 2));
        assert_eq!(fanova(&[a, b], &[1.0, 2.0, 3.0, 4.0]), None);
        assert_eq!(fanova(&[levels(&[0, 1], 2)], &[5.0, 5.0]), None);
    }
}
