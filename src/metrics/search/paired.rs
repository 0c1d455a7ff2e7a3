//! Whether one combination is better than another, by their differences on the same seeds and folds.

use super::{mean, sd, student::two_sided};

/// What repeats have in common beyond the combination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Overlap {
    /// Repeats are independent: other seeds on the same data.
    None,
    /// Repeats learn from data that overlap, as folds do: the share of images that are scored to
    /// those that are learnt from, by which the variance of the mean is too small.
    Folds { scored_to_learnt: f64 },
}

/// A paired comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// How many pairs.
    pub n: usize,
    /// The mean difference, first less second.
    pub difference: f64,
    /// Two-sided.
    pub p: f64,
}

/// The paired t test (Student 1908); for folds with the variance corrected for their overlap
/// (Nadeau and Bengio 2003, "Inference for the generalization error"). None for fewer than two
/// pairs. Where all differences are equal it is certain: p is 1 if they are 0, else 0.
pub fn paired(differences: &[f64], overlap: Overlap) -> Option<Paired> {
    let n = differences.len();
    let (difference, spread) = (mean(differences)?, sd(differences)?);
    let share = match overlap {
        Overlap::None => 0.0,
        Overlap::Folds { scored_to_learnt } => scored_to_learnt,
    };
    let error = spread * (1.0 / n as f64 + share).sqrt();
    let p = match error {
        0.0 if difference == 0.0 => 1.0,
        0.0 => 0.0,
        error => two_sided((difference / error).abs(), (n - 1) as f64),
    };
    Some(Paired { n, difference, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differences 1, 2, 3: mean 2, sd 1, t = 2√3 with 2 degrees of freedom, where p has the closed
    /// form 1 − t / √(t² + 2).
    #[test]
    fn a_paired_test_by_hand() {
        let test = paired(&[1.0, 2.0, 3.0], Overlap::None).unwrap();
        let t = 12f64.sqrt();
        assert_eq!((test.n, test.difference), (3, 2.0));
        assert!((test.p - (1.0 - t / 14f64.sqrt())).abs() < 1e-12);
    }

    /// With a third of the images scored to each learnt from, the variance of the mean doubles.
    #[test]
    fn overlapping_folds_make_it_less_sure() {
        let overlap = Overlap::Folds { scored_to_learnt: 1.0 / 3.0 };
        let test = paired(&[1.0, 2.0, 3.0], overlap).unwrap();
        let t = 6f64.sqrt();
        assert!((test.p - (1.0 - t / 8f64.sqrt())).abs() < 1e-12);
    }

    #[test]
    fn certain_and_unknown_differences() {
        assert_eq!(paired(&[0.5], Overlap::None), None);
        assert_eq!(paired(&[0.0, 0.0], Overlap::None).unwrap().p, 1.0);
        assert_eq!(paired(&[0.5, 0.5], Overlap::None).unwrap().p, 0.0);
    }
}
