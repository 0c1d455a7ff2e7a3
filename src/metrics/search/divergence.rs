//! How much the good combinations differ from all in each parameter, where the grid is not full.

/// For each parameter the share of importance by PED-ANOVA (Watanabe, Bansal and Hutter 2023,
/// "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces"): the
/// Pearson divergence of a parameter's distribution among the best quarter of the combinations from
/// that among all. Distributions are histograms over levels with one more count spread over them all,
/// instead of the paper's kernel densities. A combination that does not set a parameter (`None`)
/// does not count for it. Higher merits are better; equal merits go in order.
///
/// None for fewer than eight combinations, or where nothing differs.
pub fn divergences(levels: &[Vec<Option<usize>>], merits: &[f64]) -> Option<Vec<f64>> {
    const FEWEST: usize = 8;
    if merits.len() < FEWEST {
        return None;
    }
    let mut order: Vec<usize> = (0..merits.len()).collect();
    order.sort_by(|&a, &b| merits[b].total_cmp(&merits[a]));
    order.truncate(merits.len().div_ceil(4));
    let of = |of: &Vec<Option<usize>>| {
        let all: Vec<usize> = of.iter().flatten().copied().collect();
        let best: Vec<usize> = order.iter().filter_map(|&row| of[row]).collect();
        let count = all.iter().max().map_or(0, |most| most + 1);
        pearson(&shares(&best, count), &shares(&all, count))
    };
    let found: Vec<f64> = levels.iter().map(of).collect();
    let sum: f64 = found.iter().sum();
    (sum > 0.0).then(|| found.iter().map(|d| d / sum).collect())
}

/// The share of each level, as if one more had been tried, a bit at each.
fn shares(of: &[usize], count: usize) -> Vec<f64> {
    let mut shares = vec![1.0 / count.max(1) as f64; count];
    of.iter().for_each(|&level| shares[level] += 1.0);
    shares.iter().map(|share| share / (of.len() + 1) as f64).collect()
}

/// Σ q (p/q − 1)².
fn pearson(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| q * (p / q - 1.0) * (p / q - 1.0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best two of eight have a = 1 and both values of b. Of a: p = (1/6, 5/6), q = (1/2, 1/2),
    /// D = 2 · ½ · (2/3)² = 4/9; of b: p = q, D = 0.
    #[test]
    fn the_parameter_that_the_best_share_counts_alone() {
        let a = [1, 1, 1, 1, 0, 0, 0, 0].map(Some).to_vec();
        let b = [0, 1, 0, 1, 0, 1, 0, 1].map(Some).to_vec();
        let merits = [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        assert_eq!(divergences(&[a, b], &merits), Some(vec![1.0, 0.0]));
        assert!((pearson(&[1.0 / 6.0, 5.0 / 6.0], &[0.5, 0.5]) - 4.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn too_few_combinations_say_nothing() {
        assert_eq!(divergences(&[vec![Some(0), Some(1)]], &[1.0, 2.0]), None);
        assert_eq!(divergences(&[vec![Some(0); 8]], &[1.0; 8]), None);
    }
}
