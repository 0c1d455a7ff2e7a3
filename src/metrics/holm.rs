//! Holm's correction for several tests at once.

/// The p-values such that rejecting those below α errs in any of them with a chance of α at most,
/// however the tests depend on one another (Holm 1979, "A simple sequentially rejective multiple
/// test procedure"). Tests that are undefined stay so and do not count.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        p.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; p.len()];
    let mut highest = 0.0_f64;
    for (rank, &(i, p)) in order.iter().enumerate() {
        highest = highest.max(p * (order.len() - rank) as f64).min(1.0);
        adjusted[i] = Some(highest);
    }
    adjusted
}
