//! Features brought to mean 0 and variance 1. Knows nothing of images.

/// Mean and standard deviation of each feature.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standard {
    mean: Vec<f64>,
    sd: Vec<f64>,
}

impl Standard {
    /// Of rows of equal length, of which there is at least one; summed in their order.
    pub(super) fn of(rows: &[&[f64]]) -> Standard {
        let n = rows.len() as f64;
        let width = rows.first().map_or(0, |row| row.len());
        let column = |f: usize| rows.iter().map(move |row| row[f]);
        let mean: Vec<f64> = (0..width).map(|f| column(f).sum::<f64>() / n).collect();
        let spread = |f: usize| column(f).map(|x| (x - mean[f]) * (x - mean[f])).sum::<f64>() / n;
        let sd = (0..width).map(|f| spread(f).sqrt()).collect();
        Standard { mean, sd }
    }

    /// A row so scaled; a feature that never varies is left at 0.
    pub(super) fn scale(&self, row: &[f64]) -> Vec<f64> {
        let scaled = row.iter().zip(&self.mean).zip(&self.sd);
        scaled.map(|((x, mean), sd)| if *sd > 0.0 { (x - mean) / sd } else { 0.0 }).collect()
    }
}
