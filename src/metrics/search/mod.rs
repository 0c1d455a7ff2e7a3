//! Statistics of searches: which parameters mattered, and which combinations differ. Pure functions
//! of figures; they know nothing of networks.

mod divergence;
mod fanova;
mod level;
mod paired;
mod student;

pub use divergence::divergences;
pub use fanova::{Fanova, fanova};
pub use level::{Levels, levels_of_numbers};
pub use paired::{Overlap, Paired, paired};
pub use student::{quantile, two_sided};

/// The mean of figures; none of none.
pub fn mean(figures: &[f64]) -> Option<f64> {
    (!figures.is_empty()).then(|| figures.iter().sum::<f64>() / figures.len() as f64)
}

/// The standard deviation of a sample (divided by n − 1); none of fewer than two.
pub fn sd(figures: &[f64]) -> Option<f64> {
    let center = mean(figures).filter(|_| figures.len() > 1)?;
    let squares: f64 = figures.iter().map(|x| (x - center) * (x - center)).sum();
    Some((squares / (figures.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_sd_by_hand() {
        assert_eq!((mean(&[]), sd(&[3.0])), (None, None));
        assert_eq!((mean(&[2.0, 4.0]), sd(&[2.0, 4.0])), (Some(3.0), Some(2f64.sqrt())));
    }
}
