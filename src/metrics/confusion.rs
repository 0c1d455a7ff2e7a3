//! The confusion matrix at a threshold, and the ratios read from it.

use serde::{Deserialize, Serialize};

use super::error::{MetricError, check};

/// Counts of images by label and decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    pub true_negatives: u64,
    pub false_positives: u64,
    pub false_negatives: u64,
    pub true_positives: u64,
}

impl Confusion {
    /// Decides "positive" where the probability is at least `threshold`, and counts.
    ///
    /// # Errors
    /// Lengths that differ, a label that is not 0 or 1, a probability outside 0 to 1.
    pub fn at(labels: &[u8], probabilities: &[f32], threshold: f32) -> Result<Self, MetricError> {
        check(labels, probabilities)?;
        let mut counts = Self::default();
        for (&label, &probability) in labels.iter().zip(probabilities) {
            let cell = match (label, probability >= threshold) {
                (0, false) => &mut counts.true_negatives,
                (0, true) => &mut counts.false_positives,
                (_, false) => &mut counts.false_negatives,
                (_, true) => &mut counts.true_positives,
            };
            *cell += 1;
        }
        Ok(counts)
    }

    /// Images whose label is 1.
    pub fn positives(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Images whose label is 0.
    pub fn negatives(&self) -> u64 {
        self.true_negatives + self.false_positives
    }

    /// All images.
    pub fn images(&self) -> u64 {
        self.positives() + self.negatives()
    }

    /// Share of images decided rightly; `None` without images.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.true_positives + self.true_negatives, self.images())
    }

    /// Share of the positive images found (recall); `None` without positive images.
    pub fn sensitivity(&self) -> Option<f64> {
        ratio(self.true_positives, self.positives())
    }

    /// Share of the negative images left alone; `None` without negative images.
    pub fn specificity(&self) -> Option<f64> {
        ratio(self.true_negatives, self.negatives())
    }

    /// Share of the images called positive that are, the positive predictive value; `None` if none
    /// was called positive.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Harmonic mean of precision and sensitivity; `None` if there is neither a positive image
    /// nor one called so.
    pub fn f1(&self) -> Option<f64> {
        let found = 2 * self.true_positives;
        ratio(found, found + self.false_positives + self.false_negatives)
    }

    /// Share of the images called negative that are, the negative predictive value; `None` if none
    /// was called negative.
    pub fn npv(&self) -> Option<f64> {
        ratio(self.true_negatives, self.true_negatives + self.false_negatives)
    }

    /// The correlation of labels and decisions, −1 to 1 (Matthews 1975, "Comparison of the
    /// predicted and observed secondary structure of T4 phage lysozyme"); `None` unless both labels
    /// and both decisions are there.
    pub fn mcc(&self) -> Option<f64> {
        let called = [
            self.true_positives + self.false_positives,
            self.true_negatives + self.false_negatives,
        ];
        let margins = [self.positives(), self.negatives(), called[0], called[1]];
        // A root of each factor, since their product may not fit where each of them does.
        let scale: f64 = margins.iter().map(|&margin| (margin as f64).sqrt()).product();
        let right = i128::from(self.true_positives) * i128::from(self.true_negatives);
        let wrong = i128::from(self.false_positives) * i128::from(self.false_negatives);
        (scale > 0.0).then(|| ((right - wrong) as f64 / scale).clamp(-1.0, 1.0))
    }

    /// Mean of sensitivity and specificity; `None` unless both classes are there.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some((self.sensitivity()? + self.specificity()?) / 2.0)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
