//! The values of parameters as a few levels, so that what was tried at each can be averaged.

/// For each combination its level of one parameter, of `count`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    pub of: Vec<usize>,
    pub count: usize,
}

/// Numbers as at most `most` levels of about as many combinations each; equal numbers share one.
/// Levels ascend.
pub fn levels_of_numbers(numbers: &[f64], most: usize) -> Levels {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    // Where a level begins: at each value, or at the quantiles.
    let mut starts: Vec<f64> = if distinct.len() <= most {
        distinct
    } else {
        (0..most).map(|level| sorted[level * sorted.len() / most]).collect()
    };
    starts.dedup();
    let level = |x: &f64| starts.iter().rposition(|start| start <= x).unwrap_or(0);
    Levels { of: numbers.iter().map(level).collect(), count: starts.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_levels_and_many_are_quantiles() {
        let few = levels_of_numbers(&[0.1, 0.01, 0.1], 4);
        assert_eq!(few, Levels { of: vec![1, 0, 1], count: 2 });
        let many = levels_of_numbers(&[8.0, 1.0, 2.0, 7.0, 3.0, 4.0, 6.0, 5.0], 2);
        assert_eq!(many, Levels { of: vec![1, 0, 0, 1, 0, 0, 1, 1], count: 2 });
    }
}
